import { appendFileSync } from 'node:fs';
import type { Measured } from './measure.ts';
import { spreadOf, type Spread } from './stats.ts';

/** Others used more than this of a processor: the repetition is noisy. */
export const MAX_FOREIGN = 0.2;
/** Noisy repetitions are dropped where so many quiet ones are left. */
const MIN_QUIET = 3;

export interface RunRecord {
  readonly scenario: string;
  readonly path: string;
  readonly repetition: number;
  readonly measured: Measured;
}

/** A figure of a path in a scenario. */
export interface Figure {
  readonly scenario: string;
  readonly path: string;
  readonly name: string;
}

/** All runs, and what follows from them. */
export class Results {
  readonly runs: RunRecord[] = [];
  readonly faults: string[] = [];
  readonly #file: string | undefined;

  /** @param file where each run is written as one line of JSON */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  add(record: RunRecord): void {
    this.runs.push(record);
    for (const fault of record.measured.faults) this.faults.push(`${record.scenario}, ${record.path}: ${fault}`);
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify({ event: 'run', ...record })}\n`);
  }

  /** Answers did not come in time there, as was to be expected of that path. */
  starve(scenario: string, path: string, repetition: number): void {
    const measured: Measured = { figures: { starved: 1 }, faults: [], groups: [], cpu: {}, noise: { waitMs: 0, foreign: 0 } };
    this.add({ scenario, path, repetition, measured });
  }

  fail(scenario: string, path: string, error: unknown): void {
    this.faults.push(`${scenario}, ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }

  /** One value a repetition, or that of the quiet ones where they suffice. */
  spread({ scenario, path, name }: Figure): Spread {
    return spreadOf([...this.#values(scenario, path, name).values()]);
  }

  /** The ratio of two figures within each repetition. */
  ratio(figure: Figure, base: Figure): Spread {
    const bases = this.#values(base.scenario, base.path, base.name);
    const ratios = [...this.#values(figure.scenario, figure.path, figure.name)].map(
      ([repetition, value]) => value / (bases.get(repetition) ?? NaN),
    );
    return spreadOf(ratios);
  }

  /** Repetitions of a scenario in which others used the machine, and whether they are left out. */
  noisy(scenario: string): { readonly repetitions: readonly number[]; readonly isDropped: boolean; readonly all: number } {
    const all = new Set<number>();
    const noisy = new Set<number>();
    for (const run of this.runs) {
      if (run.scenario !== scenario) continue;
      all.add(run.repetition);
      if (run.measured.noise.foreign > MAX_FOREIGN) noisy.add(run.repetition);
    }
    return { repetitions: [...noisy], isDropped: all.size - noisy.size >= MIN_QUIET, all: all.size };
  }

  #values(scenario: string, path: string, name: string): Map<number, number> {
    const { repetitions, isDropped } = this.noisy(scenario);
    const values = new Map<number, number>();
    for (const run of this.runs) {
      if (run.scenario !== scenario || run.path !== path) continue;
      if (isDropped && repetitions.includes(run.repetition)) continue;
      const value = run.measured.figures[name];
      if (value !== undefined) values.set(run.repetition, value);
    }
    return values;
  }
}
