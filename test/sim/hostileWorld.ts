import { SeededRandom } from '../fakes/seededRandom.ts';
import { ChatWorld } from './chatWorld.ts';
import { HostileRelay } from './hostileRelay.ts';

/** After so long somebody who is told of an error presses *Reconnect*, ms. */
const PRESS_AFTER_MS = 2_000;

/**
 * The chat through a relay that means harm for a while. What a view shows is what the model said, all the time, or there is an error that
 * can be seen; and once the relay is honest again all is as it should be.
 */
export class HostileWorld extends ChatWorld {
  readonly #relay = new HostileRelay(this.seed, new SeededRandom(this.seed * 2 + 0xe71_0000), this.crypto);
  /** Those who were told of an error and will press a button. */
  readonly #pressing = new Set<string>();

  constructor(seed: number, trace?: (line: string) => void) {
    super(seed, trace);
    this.network.relay = this.#relay;
  }

  protected override onWindow(windowMs: number): void {
    this.in(this.chance.int(windowMs), () => {
      this.note('relay', `begins: ${this.#relay.name}`);
      this.#relay.isHostile = true;
      this.healAfter(this.between(500, 20_000), () => {
        this.#relay.isHostile = false;
        this.faults.set(this.#relay.name, this.#relay.deeds);
        if (this.#relay.hasLied) for (const line of this.network.live) this.network.cut(line);
      });
    });
  }

  /** Nothing that a relay can bring about is impossible here. */
  override isPossible(): boolean {
    return true;
  }

  /** An error that needs a person: it is loud, and the person presses *Reconnect* until it helps. */
  override bearsError(who: string): boolean {
    if (this.#pressing.has(who)) return true;
    this.#pressing.add(who);
    this.in(PRESS_AFTER_MS, () => {
      this.#pressing.delete(who);
      const one = who === 'device' ? this.device : this.pages.find(({ name }) => name === who);
      one?.process()?.deliver(() => {
        one.reconnect();
      });
    });
    this.healAfter(PRESS_AFTER_MS + 1);
    return true;
  }
}
