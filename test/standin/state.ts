import type { Clock } from '../../src/base/clock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { Gate } from './gate.ts';
import { GoTime } from './goJson.ts';
import { fakeModel, type FakeModel } from './models.ts';
import { Scheduler } from './scheduler.ts';

/** Everything that outlives one request. */
export class StandInState {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly gate = new Gate();
  readonly time = new GoTime();
  readonly scheduler: Scheduler;
  /** By lower-case full name, newest first. */
  readonly models = new Map<string, FakeModel>();
  /** Blobs that were uploaded, by digest. */
  readonly blobs = new Set<string>();
  /** Generating requests that were valid so far. */
  asked = 0;

  constructor(clock: Clock, seed: number, models: readonly (string | ({ readonly name: string } & Partial<FakeModel>))[]) {
    this.clock = clock;
    this.random = new SeededRandom(seed);
    this.scheduler = new Scheduler(clock);
    this.setModels(models);
  }

  setModels(models: readonly (string | ({ readonly name: string } & Partial<FakeModel>))[]): void {
    this.models.clear();
    for (const [i, model] of models.entries()) {
      const made = fakeModel(model, i);
      this.models.set(made.name.toLowerCase(), made);
    }
  }

  now(): string {
    return this.time.format(this.clock.now());
  }
}
