import type { Path } from '../peers/peer.ts';
import type { PathScenario } from '../scenarios/pathScenarios.ts';
import type { BenchOptions } from './options.ts';
import { setRealtime } from './realtime.ts';
import type { Results } from './results.ts';
import type { LinkShape, Site } from './site.ts';
import { short } from './stats.ts';

/** A home's uplink. 40 ms there and back. */
export const HOME_LINK: LinkShape = { bitsPerSecond: 20e6, delayMs: 20 };

/** Runs of a path before anything counts: code is compiled, connections are there. */
const WARM_UP_REQUESTS = 2_500;
const WARM_UP_TOKENS = 60_000;
const WARM_UP_STREAMS = 128;

/** Runs every scenario on every path in turn, in the reverse order each time. */
export class ScenarioRunner {
  readonly #site: Site;
  readonly #paths: readonly Path[];
  readonly #scenarios: readonly PathScenario[];
  readonly #results: Results;
  readonly #options: BenchOptions;

  constructor(site: Site, paths: readonly Path[], scenarios: readonly PathScenario[], results: Results, options: BenchOptions) {
    this.#site = site;
    this.#paths = paths;
    this.#scenarios = scenarios;
    this.#results = results;
    this.#options = options;
  }

  /** Starts what the scenarios need. */
  async start(): Promise<void> {
    for (const path of this.#paths) {
      if (this.#scenarios.some((scenario) => scenario.isOnLink !== true && scenario.paths.includes(path.name))) await this.#site.add(path);
      if (this.#scenarios.some((scenario) => scenario.isOnLink === true && scenario.paths.includes(path.name)))
        await this.#site.add(path, HOME_LINK);
    }
  }

  async warmUp(): Promise<void> {
    for (const { name } of this.#paths) {
      const measured = this.#site.get(name);
      if (!measured) continue;
      console.log(`warming ${name}`);
      await measured.prepare(1);
      await measured.run({ kind: 'firstToken', requests: WARM_UP_REQUESTS, gapMs: 1, cold: false }, 60_000);
      // A view that falls far behind is given a snapshot instead of tokens.
      if (!this.#scenarios.some((scenario) => scenario.spec.kind === 'streams' && scenario.streams > 1 && scenario.paths.includes(name)))
        continue;
      const flatOut = { name: 'warm', streams: 1, rate: 0, count: WARM_UP_TOKENS, rampMs: 0 };
      await measured.run({ kind: 'streams', groups: [flatOut], settleMs: 0 }, 60_000);
      await measured.prepare(WARM_UP_STREAMS);
      const many = { name: 'warm', streams: WARM_UP_STREAMS, rate: 50, count: 75, rampMs: 200 };
      await measured.run({ kind: 'streams', groups: [many], settleMs: 0 }, 60_000);
    }
  }

  async repeat(repetition: number): Promise<void> {
    const order = repetition % 2 === 0 ? this.#paths : [...this.#paths].reverse();
    for (const scenario of this.#scenarios) {
      for (const { name } of order) if (scenario.paths.includes(name)) await this.#runOne(scenario, name, repetition);
    }
  }

  async #runOne(scenario: PathScenario, name: string, repetition: number): Promise<void> {
    const link = scenario.isOnLink === true ? HOME_LINK : undefined;
    const path = this.#site.get(name, link);
    if (!path) return;
    const isRealtime = this.#options.realtime && scenario.leavesProcessorsIdle === true;
    try {
      await path.prepare(scenario.streams);
      const pids = this.#site.pidsOn(path);
      if (isRealtime) setRealtime(pids, true);
      try {
        const measured = await path.run(scenario.spec, scenario.limitMs);
        this.#results.add({ scenario: scenario.name, path: name, repetition, measured });
        const { firstTokenP50, p50, p99, rate, hopsCpu } = measured.figures;
        const told = { firstTokenP50, p50, p99, rate, hopsCpu };
        const figures = Object.entries(told).map(([key, value]) => `${key} ${short(value ?? NaN)}`);
        const faults = measured.faults.length > 0 ? ` FAULT ${measured.faults.join('; ')}` : '';
        console.log(`${String(repetition + 1)} ${scenario.name.padEnd(15)} ${name.padEnd(7)} ${figures.join(', ')}${faults}`);
      } finally {
        if (isRealtime) setRealtime(pids, false);
      }
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error);
      console.log(`${String(repetition + 1)} ${scenario.name.padEnd(15)} ${name.padEnd(7)} FAILED ${told}`);
      if (scenario.mayStarve?.includes(name)) this.#results.starve(scenario.name, name, repetition);
      else this.#results.fail(scenario.name, name, error);
      await this.#site.restart(name, link);
      return;
    }
    if (scenario.disturbs?.includes(name)) await this.#site.restart(name, link);
  }
}
