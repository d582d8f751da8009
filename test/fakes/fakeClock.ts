import type { Clock } from '../../src/base/clock.ts';
import { toDisposable, type Disposable } from '../../src/base/disposable.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

/** What asks for a turn in each turn does not hold up its test. */
const MAX_TURNS = 100;

/** Time that moves only when told. Timers run in order of their due time, then of their making. */
export class FakeClock implements Clock {
  #now: number;
  #monotonic = 0;
  #order = 0;
  /** Asked for and not yet begun. */
  #turns = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(delayMs: number, task: () => void): Disposable {
    const timer: Timer = { at: this.#monotonic + Math.max(0, delayMs), order: this.#order++, task };
    this.#timers.add(timer);
    return toDisposable(() => this.#timers.delete(timer));
  }

  defer(task: () => void): void {
    queueMicrotask(task);
  }

  nextTurn(task: () => void): void {
    this.#turns++;
    setImmediate(() => {
      this.#turns--;
      task();
    });
  }

  /** Timers not yet due: a suite that ends asserts zero. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Lets microtasks, promises and the turns that were asked for run to their end without moving time. */
  async settle(): Promise<void> {
    let left = MAX_TURNS;
    do await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#turns > 0 && --left > 0);
  }

  /** Moves time on, running what falls due, with promises settled in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await this.settle();
    for (let next = this.#due(end); next; next = this.#due(end)) {
      this.#timers.delete(next);
      const late = Math.max(next.at, this.#monotonic);
      this.#now += late - this.#monotonic;
      this.#monotonic = late;
      next.task();
      await this.settle();
    }
    this.#now += end - this.#monotonic;
    this.#monotonic = end;
  }

  /** Time goes by and nothing runs: what is due fires late, as when a program’s own work holds up its event loop. */
  stall(ms: number): void {
    this.#now += ms;
    this.#monotonic += ms;
  }

  /** Moves the wall clock alone: what a program sees after sleep, when its timers stood still. */
  jumpWallClock(ms: number): void {
    this.#now += ms;
  }

  #due(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}
