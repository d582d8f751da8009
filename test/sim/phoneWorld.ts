import { DETACHED_MUX_LIFETIME_MS } from '../../src/protocol/limits.ts';
import { ChatWorld } from './chatWorld.ts';
import type { SimPage } from './simPage.ts';

/** What the phone's network adds to each message, in each direction, ms. */
const LATENCY_MS = 300;
const CUT_EVERY_MS = 10_000;
const BACKGROUND_MS = 20 * 60_000;
/** How long somebody holds the phone before it goes into the pocket, and after, ms. */
const HELD_MS = 45_000;

/**
 * A phone on a bad line, by a script: every message takes 300 ms more, the line is cut every 10 s, the page is reloaded in the middle, and for
 * 20 minutes the phone lies in a pocket with its page frozen, longer than the device keeps what a page could come back to.
 */
export class PhoneWorld extends ChatWorld {
  constructor(seed: number, trace?: (line: string) => void) {
    super(seed, trace);
    for (const name of ['page0', 'page1']) this.network.extraLatencyMs.set(name, LATENCY_MS);
  }

  protected override get isStruckAtQuestions(): boolean {
    return false;
  }

  protected override chooseWindow(): number {
    return 2 * HELD_MS + BACKGROUND_MS;
  }

  protected override befall(): void {
    const [phone] = this.pages;
    if (!phone) return;
    const pocketAt = this.chance.int(HELD_MS);
    const thenAt = pocketAt + BACKGROUND_MS;
    for (const from of [0, thenAt]) {
      for (let at = CUT_EVERY_MS; at <= HELD_MS; at += CUT_EVERY_MS) this.#at(from + at, 'cut', () => this.#cut(phone));
    }
    this.#at(pocketAt, 'in the pocket', () => this.#pocket(phone));
    // As often before the pocket as after it.
    const reloadAt = this.chance.float() < 0.5 ? this.chance.int(Math.max(1, pocketAt)) : thenAt + this.chance.int(HELD_MS);
    this.#at(reloadAt, 'reload', () => this.#reload(phone));
  }

  /** @param deed says whether it could be done */
  #at(ms: number, name: string, deed: () => boolean): void {
    this.in(ms, () => {
      if (deed()) this.countFault(name);
    });
  }

  #cut(phone: SimPage): boolean {
    const process = phone.process();
    const line = this.network.live.find(({ near }) => near.process === process);
    if (!line || process?.isAsleep !== false) return false;
    if (this.chance.float() < 0.5) this.network.cut(line);
    else this.network.blackHole(line);
    return true;
  }

  #pocket(phone: SimPage): boolean {
    const process = phone.process();
    if (process?.isAsleep !== false) return false;
    phone.setVisible(false);
    if (BACKGROUND_MS < DETACHED_MUX_LIFETIME_MS) throw new Error('the pocket is too short');
    process.sleep({ ms: BACKGROUND_MS, monotonicGoesOn: this.chance.float() < 0.5 });
    this.healAfter(BACKGROUND_MS, () => {
      phone.setVisible(true);
    });
    return true;
  }

  #reload(phone: SimPage): boolean {
    if (phone.process()?.isAsleep !== false) return false;
    phone.kill(false);
    this.healAfter(this.between(20, 1_500), () => {
      phone.start();
    });
    return true;
  }
}
