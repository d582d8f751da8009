import type { Clock } from '../../src/base/clock.ts';
import { toDisposable, type Disposable } from '../../src/base/disposable.ts';
import type { SimEvent, SimTime } from './simTime.ts';

const EPOCH_MS = Date.UTC(2026, 0, 1);
/** Nothing in the product needs nearly as many at once. */
const MAX_TIMERS = 200;

interface Timer {
  readonly task: () => void;
  event: SimEvent;
}

export interface SleepOptions {
  readonly ms: number;
  /** Does the monotonic clock go on meanwhile, as on Windows or when only our event loop stands still? On Linux and macOS it stops. */
  readonly monotonicGoesOn: boolean;
}

/** One process of the world, seen as its clock: it can sleep and be killed, and then none of its timers is ever heard of again. */
export class SimProcess implements Clock {
  readonly name: string;
  /** Its machine cannot be reached. */
  isOffline = false;
  readonly #time: SimTime;
  #wallOffsetMs: number;
  readonly #startedAt: number;
  readonly #timers = new Set<Timer>();
  #state: 'running' | 'asleep' | 'dead' = 'running';
  /** Slept while the monotonic clock stood still. */
  #uncountedMs = 0;
  #sleptMs = 0;
  #sleptAt = 0;
  #awakeMsAtDeath: number | undefined;
  #inbox: (() => void)[] = [];

  constructor(time: SimTime, name: string, wallOffsetMs = 0) {
    this.#time = time;
    this.name = name;
    this.#wallOffsetMs = wallOffsetMs;
    this.#startedAt = time.now;
  }

  get isAlive(): boolean {
    return this.#state !== 'dead';
  }

  get isAsleep(): boolean {
    return this.#state === 'asleep';
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** How long it has been running, or had been at its end, without sleep. */
  get awakeMs(): number {
    if (this.#awakeMsAtDeath !== undefined) return this.#awakeMsAtDeath;
    const asleep = this.isAsleep ? this.#time.now - this.#sleptAt : 0;
    return this.#time.now - this.#startedAt - this.#sleptMs - asleep;
  }

  now(): number {
    return EPOCH_MS + this.#wallOffsetMs + this.#time.now;
  }

  monotonic(): number {
    return this.#time.now - this.#startedAt - this.#uncountedMs;
  }

  after(delayMs: number, task: () => void): Disposable {
    if (this.#state === 'dead') return toDisposable(() => undefined);
    if (this.isAsleep) this.#time.fail(new Error(`${this.name} does something in its sleep`));
    if (this.#timers.size >= MAX_TIMERS) throw new Error(`${this.name} has set ${String(MAX_TIMERS)} timers`);
    const timer: Timer = { task, event: this.#plan(Math.max(0, delayMs), () => timer) };
    this.#timers.add(timer);
    return toDisposable(() => {
      this.#timers.delete(timer);
      this.#time.cancel(timer.event);
    });
  }

  defer(task: () => void): void {
    this.#time.defer(() => {
      if (this.isAsleep) this.#inbox.push(task);
      else if (this.isAlive) task();
    });
  }

  nextTurn(task: () => void): void {
    this.after(0, task);
  }

  /** Something comes from outside: it waits while the process sleeps, and reaches nobody once it is dead. */
  deliver(task: () => void): void {
    if (this.#state === 'running' && this.#inbox.length === 0) task();
    else if (this.isAlive) this.#inbox.push(task);
  }

  /** Somebody, or a time server, sets the clock. */
  jumpClock(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  sleep({ ms, monotonicGoesOn }: SleepOptions): void {
    if (this.#state !== 'running') return;
    this.#state = 'asleep';
    this.#sleptAt = this.#time.now;
    const frozen = [...this.#timers].sort((a, b) => a.event.at - b.event.at || a.event.order - b.event.order);
    for (const { event } of frozen) this.#time.cancel(event);
    this.#time.at(this.#time.now + ms, () => {
      this.#wake(ms, frozen, monotonicGoesOn);
    });
  }

  /** Ends it without a word. */
  kill(): void {
    this.#awakeMsAtDeath ??= this.awakeMs;
    this.#state = 'dead';
    for (const { event } of this.#timers) this.#time.cancel(event);
    this.#timers.clear();
    this.#inbox = [];
  }

  #wake(ms: number, frozen: readonly Timer[], monotonicGoesOn: boolean): void {
    if (this.#state !== 'asleep') return;
    this.#state = 'running';
    this.#sleptMs += ms;
    if (!monotonicGoesOn) this.#uncountedMs += ms;
    for (const timer of frozen) {
      if (!this.#timers.has(timer)) continue;
      const dueAt = timer.event.at + (monotonicGoesOn ? 0 : ms);
      timer.event = this.#plan(dueAt - this.#time.now, () => timer);
    }
    this.#takeNext();
  }

  /** What came meanwhile, one a turn and ahead of what comes now. */
  #takeNext(): void {
    if (this.#inbox.length === 0) return;
    this.#time.at(this.#time.now, () => {
      if (this.#state !== 'running') return;
      const task = this.#inbox[0];
      task?.();
      this.#inbox.shift();
      this.#takeNext();
    });
  }

  #plan(delayMs: number, timer: () => Timer): SimEvent {
    return this.#time.at(this.#time.now + delayMs, () => {
      this.#timers.delete(timer());
      timer().task();
    });
  }
}
