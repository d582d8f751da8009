import { InProcessMedium } from '../../src/relay/inProcessBus.ts';
import { RelayCore } from '../../src/relay/relayCore.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { watchedCrypto } from './simCrypto.ts';
import { simLog } from './simLog.ts';
import { SIM_RELAY_ORIGIN, SimNetwork } from './simNetwork.ts';
import { SimProcess } from './simProcess.ts';
import { SimTime } from './simTime.ts';

const MAX_CLOCK_ERROR_MS = 300_000;

/** What every simulated world has: time, chance, a network, and a relay that can go away. */
export class SimWorld {
  readonly seed: number;
  readonly time = new SimTime();
  /** Decides what befalls the world. */
  readonly chance: SeededRandom;
  /** What the product draws from. */
  readonly entropy: SeededRandom;
  readonly crypto = watchedCrypto();
  readonly network: SimNetwork;
  /** How often each kind of fault was done. */
  readonly faults = new Map<string, number>();
  readonly #trace: ((line: string) => void) | undefined;
  #fingerprint = 0;

  constructor(seed: number, trace?: (line: string) => void) {
    this.seed = seed;
    this.#trace = trace;
    this.chance = new SeededRandom(seed * 2 + 1);
    this.entropy = new SeededRandom(seed * 2 + 0x5eed_0000);
    this.network = new SimNetwork(this.time, new SeededRandom(seed * 2 + 0x1e7_0000));
    this.startRelay();
  }

  /** One number for everything that was noted and when: equal for two runs of one seed. */
  get fingerprint(): number {
    return this.#fingerprint;
  }

  note(who: string, what: string): void {
    const line = `${this.time.now.toFixed(3).padStart(11)} ${who.padEnd(7)} ${what}`;
    for (let at = 0; at < line.length; at++) this.#fingerprint = (Math.imul(this.#fingerprint, 31) + line.charCodeAt(at)) | 0;
    this.#trace?.(line);
  }

  /** Something is not as it should be. */
  complain(what: string): void {
    this.time.fail(new Error(what));
  }

  /** Runs `task` where the product would catch what it throws: here it ends the run. */
  check<A extends unknown[]>(task: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      try {
        task(...args);
      } catch (error) {
        this.time.fail(error);
      }
    };
  }

  countFault(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    this.note('fault', kind);
  }

  /** A new process on a machine whose clock is somewhat off. */
  newProcess(name: string): SimProcess {
    return new SimProcess(this.time, name, Math.floor((this.chance.float() - 0.5) * 2 * MAX_CLOCK_ERROR_MS));
  }

  startRelay(): void {
    if (this.network.relay) return;
    const process = this.newProcess('relay');
    const medium = new InProcessMedium(process, (error) => {
      throw error;
    });
    const core = new RelayCore({
      clock: process,
      random: this.entropy,
      crypto: this.crypto,
      bus: medium.join('sim'),
      log: simLog(this, 'relay'),
      config: { origins: [SIM_RELAY_ORIGIN], admission: { kind: 'open' } },
    });
    this.network.relay = { process, core };
    this.note('relay', 'starts');
  }

  /** @param quietly its machine lost the power: no line is told */
  killRelay(quietly: boolean): void {
    const relay = this.network.relay;
    if (!relay) return;
    this.network.relay = undefined;
    relay.process.kill();
    this.network.dropAll(relay.process, quietly);
    this.note('relay', quietly ? 'loses its power' : 'is killed');
  }

  in(delayMs: number, task: () => void): void {
    this.time.at(this.time.now + delayMs, task);
  }

  /** A whole number from `least` up to and with `most`. */
  between(least: number, most: number): number {
    return least + this.chance.int(most - least + 1);
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.chance.int(items.length)];
  }
}
