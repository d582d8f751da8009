import type { Clock } from '../../src/base/clock.ts';
import { Semaphore } from './gate.ts';
import type { FakeOllamaKnobs } from './knobs.ts';
import { psEntry, type FakeModel } from './models.ts';
import { pause } from './pause.ts';
import { Refusal } from './refusal.ts';

/** What a model gets without `num_ctx` on a machine with little graphics memory. */
const DEFAULT_CONTEXT = 4096;

/** A loaded model and its slots. */
interface Runner {
  readonly model: FakeModel;
  /** The load-time options it was loaded with. */
  readonly loadOptions: string;
  readonly contextLength: number;
  readonly gpuShare: number;
  readonly slots: Semaphore;
  running: number;
  expiresAt: number;
}

export interface Lease {
  /** How long waiting and load took, ms. */
  readonly waitedMs: number;
  /** @param keepAliveMs how long the model stays, from now */
  release(keepAliveMs: number): void;
}

/** Loads are one at a time and their queue is bounded; waiting for a slot of a loaded model is neither. */
export class Scheduler {
  readonly #clock: Clock;
  readonly #runners = new Map<string, Runner>();
  readonly #loader = new Semaphore(1);
  #pending = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async acquire(model: FakeModel, loadOptions: string, knobs: FakeOllamaKnobs, signal: AbortSignal): Promise<Lease> {
    const startedAt = this.#clock.monotonic();
    const runner = this.#find(model.name, loadOptions) ?? (await this.#load(model, loadOptions, knobs, signal));
    await runner.slots.acquire(signal);
    runner.running++;
    return {
      waitedMs: this.#clock.monotonic() - startedAt,
      release: (keepAliveMs) => {
        runner.running--;
        runner.expiresAt = this.#clock.now() + keepAliveMs;
        runner.slots.release();
      },
    };
  }

  /** Body of `/api/ps`, the one that stays longest first. */
  list(): object[] {
    return [...this.#runners.values()]
      .filter((runner) => this.#isAlive(runner))
      .sort((a, b) => b.expiresAt - a.expiresAt)
      .map((runner) => psEntry(runner.model, runner));
  }

  unload(name?: string): void {
    if (name === undefined) this.#runners.clear();
    else this.#runners.delete(name);
  }

  #find(name: string, loadOptions: string): Runner | undefined {
    const runner = this.#runners.get(name);
    return runner?.loadOptions === loadOptions && this.#isAlive(runner) ? runner : undefined;
  }

  #isAlive(runner: Runner): boolean {
    return runner.running > 0 || runner.expiresAt > this.#clock.now();
  }

  async #load(model: FakeModel, loadOptions: string, knobs: FakeOllamaKnobs, signal: AbortSignal): Promise<Runner> {
    if (this.#pending >= knobs.maxQueue) throw Refusal.queueFull();
    this.#pending++;
    try {
      await this.#loader.acquire(signal);
    } finally {
      this.#pending--;
    }
    try {
      const loaded = this.#find(model.name, loadOptions);
      if (loaded) return loaded;
      // a client that goes away meanwhile aborts the load
      await pause(this.#clock, knobs.loadMs, signal);
      const [numCtx] = JSON.parse(loadOptions) as (number | null)[];
      const contextLength = Math.min(numCtx ?? DEFAULT_CONTEXT, model.contextLength);
      const runner = {
        model,
        loadOptions,
        contextLength,
        gpuShare: knobs.gpuShare,
        slots: new Semaphore(knobs.numParallel),
        running: 0,
        expiresAt: Infinity,
      };
      this.#runners.set(model.name, runner);
      return runner;
    } finally {
      this.#loader.release();
    }
  }
}
