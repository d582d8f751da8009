import assert from 'node:assert/strict';
import type { Bus } from '../../src/relay/bus.ts';
import { InProcessMedium } from '../../src/relay/inProcessBus.ts';
import { defaultRelayLimits, type RelayLimits } from '../../src/relay/relayConfig.ts';
import { RelayCore, type RelayCounts } from '../../src/relay/relayCore.ts';
import type { CryptoPort } from '../../src/secure/crypto.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { NodeBus, SimMedium } from './simBus.ts';
import { watchedCrypto } from './simCrypto.ts';
import { simLog } from './simLog.ts';
import { SIM_RELAY_ORIGIN, SimNetwork, type RelayNode } from './simNetwork.ts';
import { SimProcess } from './simProcess.ts';
import { SimTime } from './simTime.ts';
import { checkBounds, watchSides } from './bounds.ts';

const LITTLE_ROOM = { deviceQueueBytes: 16_384, deviceSocketBytes: 16_384 };
const MAX_CLOCK_ERROR_MS = 300_000;
/** How long the bus takes to notice that a node has lost its power, ms. */
const MAX_INTEREST_MS = 10_000;

/** What every simulated world has: time, chance, a network, and a relay of one to three nodes that can go away. */
export class SimWorld {
  readonly seed: number;
  readonly time = new SimTime();
  /** Decides what befalls the world. */
  readonly chance: SeededRandom;
  /** What the product draws from. */
  readonly entropy: SeededRandom;
  readonly crypto: CryptoPort;
  readonly network: SimNetwork;
  /** Between the nodes; undefined where there is only one. */
  readonly medium: SimMedium | undefined;
  /** How often each kind of fault was done. */
  readonly faults = new Map<string, number>();
  /** Every fault that has begun will be over at this time, ms. */
  healedAt = 0;
  /** A relay with little room shows what each end does when there is none. */
  readonly #relayLimits: Pick<RelayLimits, 'deviceQueueBytes' | 'deviceSocketBytes'>;
  readonly #trace: ((line: string) => void) | undefined;
  #fingerprint = 0;

  constructor(seed: number, trace?: (line: string) => void) {
    this.seed = seed;
    this.#trace = trace;
    this.crypto = watchedCrypto(seed);
    this.chance = new SeededRandom(seed * 2 + 1);
    this.entropy = new SeededRandom(seed * 2 + 0x5eed_0000);
    this.#relayLimits = seed % 3 === 0 ? LITTLE_ROOM : defaultRelayLimits;
    this.network = new SimNetwork(this.time, new SeededRandom(seed * 2 + 0x1e7_0000));
    this.time.onStep = () => {
      checkBounds(this);
    };
    const nodes = this.chance.float() < 0.6 ? 1 : this.between(2, 3);
    watchSides(this.#relayLimits.deviceQueueBytes, nodes > 1, (what) => {
      this.complain(what);
    });
    if (nodes > 1) this.medium = new SimMedium(this.time, new SeededRandom(seed * 2 + 0xb05_0000));
    for (let place = 0; place < nodes; place++) this.startRelay(place);
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

  /** May this code come about in this world? A bus that lost a message has broken a session; nothing else here does. */
  isPossible(code: unknown): boolean {
    return code === 'sessionBroken' && (this.medium?.lost ?? 0) > 0;
  }

  /** May somebody be told of an error that needs a person? */
  bearsError(_who: string): boolean {
    return false;
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
    this.healedAt = Math.max(this.healedAt, this.time.now);
  }

  /** What was begun ends after so long: `task` ends it. */
  healAfter(ms: number, task: () => void = () => undefined): void {
    this.healedAt = Math.max(this.healedAt, this.time.now + ms);
    this.in(ms, task);
  }

  /** A new process on a machine whose clock is somewhat off. */
  newProcess(name: string): SimProcess {
    return new SimProcess(this.time, name, Math.floor((this.chance.float() - 0.5) * 2 * MAX_CLOCK_ERROR_MS));
  }

  startRelay(place: number): void {
    if (this.network.nodes[place]) return;
    const name = `relay${String(place)}`;
    const process = this.newProcess(name);
    const bus = new NodeBus(this.#join(process, `${name} since ${String(this.time.now)}`), process);
    const core = new RelayCore({
      clock: process,
      random: this.entropy,
      crypto: this.crypto,
      bus,
      log: simLog(this, name),
      config: { origins: [SIM_RELAY_ORIGIN], admission: { kind: 'open' }, limits: this.#relayLimits },
    });
    this.network.nodes[place] = { process, core, bus };
    this.note(name, 'starts');
  }

  /** @param quietly its machine lost the power: no line is told */
  killRelay(node: RelayNode, quietly: boolean): void {
    const place = this.network.nodes.indexOf(node);
    if (place === -1) return;
    this.network.nodes[place] = undefined;
    node.process.kill();
    this.network.leave(node.process, quietly);
    if (quietly)
      this.in(this.chance.int(MAX_INTEREST_MS), () => {
        node.bus.dispose();
      });
    else node.bus.dispose();
    this.note(node.process.name, quietly ? 'loses its power' : 'is killed');
  }

  /** Of all nodes that live. */
  get relayCounts(): RelayCounts {
    const sum = { devices: 0, deviceLinks: 0, clientLinks: 0, circuits: 0, parkedDials: 0, backlogBytes: 0 };
    for (const { core } of this.network.liveNodes) {
      const { counts } = core;
      sum.devices += counts.devices;
      sum.deviceLinks += counts.deviceLinks;
      sum.clientLinks += counts.clientLinks;
      sum.circuits += counts.circuits;
      sum.parkedDials += counts.parkedDials;
      sum.backlogBytes += counts.backlogBytes;
    }
    return sum;
  }

  /** Ends all nodes as programs do. @throws when anything is left */
  endRelays(): void {
    const { circuits, clientLinks, deviceLinks, parkedDials, backlogBytes } = this.relayCounts;
    assert.deepEqual([circuits, clientLinks, deviceLinks, parkedDials, backlogBytes], [0, 0, 0, 0, 0], 'the relay keeps who has left');
    for (const { core, bus, process } of this.network.liveNodes) {
      core.dispose();
      assert.equal(bus.held, 0, `${process.name} does not give back what it asked of the bus`);
      assert.equal(process.pendingTimers, 0, `${process.name} leaves timers behind`);
    }
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

  #join(process: SimProcess, node: string): Bus {
    if (this.medium) return this.medium.join(node);
    const medium = new InProcessMedium(process, (error) => {
      this.time.fail(error);
    });
    return medium.join(node);
  }
}
