/** Something that will happen; without a task it has been called off. */
export interface SimEvent {
  readonly at: number;
  readonly order: number;
  task: (() => void) | undefined;
}

/** Enough for the longest chain of promises in the product; what is left over goes on behind the next event. */
const PROMISE_TURNS = 6;
/** A world that needs more has a storm in it. */
const MAX_EVENTS = 100_000;
const oneTurn = Promise.resolve();

/** The world's time in ms: one queue for everybody, run in order of due time, then of making. The same seed makes the same run. */
export class SimTime {
  #now = 0;
  #order = 0;
  #executed = 0;
  #alive = 0;
  /** A binary heap, the next event first. */
  #heap: SimEvent[] = [];
  readonly #deferred: (() => void)[] = [];
  #failure: unknown;
  /** Looks at the world after each event; what it throws ends the run. */
  onStep: () => void = () => undefined;

  get now(): number {
    return this.#now;
  }

  /** Events that have happened so far. */
  get executed(): number {
    return this.#executed;
  }

  at(time: number, task: () => void): SimEvent {
    const event: SimEvent = { at: Math.max(time, this.#now), order: this.#order++, task };
    this.#alive++;
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1);
    return event;
  }

  cancel(event: SimEvent): void {
    if (!event.task) return;
    event.task = undefined;
    this.#alive--;
    if (this.#heap.length > 2 * this.#alive + 256) this.#forgetCancelled();
  }

  /** Runs `task` behind what is running now, before any other event. */
  defer(task: () => void): void {
    this.#deferred.push(task);
  }

  /** Something is not as it should be: the run ends with this error, whoever would have caught it. The first one counts. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** Lets things happen until `end`, or until `isDone` says so between two events. @throws what was told to {@link fail} */
  async run(end: number, isDone: () => boolean = () => false): Promise<void> {
    await this.settle();
    while (!isDone()) {
      const next = this.#next(end);
      if (!next) {
        this.#now = Math.max(this.#now, end);
        return;
      }
      this.#now = next.at;
      this.#executed++;
      next.task();
      await this.settle();
      this.onStep();
      if (this.#executed > MAX_EVENTS) throw new Error(`more than ${String(MAX_EVENTS)} events`);
    }
  }

  /** Ends the turn: deferred tasks and promises, time standing still. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < PROMISE_TURNS; turn++) {
      for (let at = 0; at < this.#deferred.length; at++) {
        this.#deferred[at]?.();
        if (at > MAX_EVENTS) throw new Error('a turn that never ends');
      }
      this.#deferred.length = 0;
      await oneTurn;
    }
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  #next(end: number): { readonly at: number; readonly task: () => void } | undefined {
    for (let first = this.#heap[0]; first && (!first.task || first.at <= end); first = this.#heap[0]) {
      const { at, task } = first;
      first.task = undefined;
      this.#pop();
      if (!task) continue;
      this.#alive--;
      return { at, task };
    }
    return undefined;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #forgetCancelled(): void {
    this.#heap = this.#heap.filter(({ task }) => task).sort((a, b) => a.at - b.at || a.order - b.order);
  }

  #rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfLess(at, parent)) return;
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ;) {
      const left = 2 * at + 1;
      const least = isLess(this.#heap[left + 1], this.#heap[left]) ? left + 1 : left;
      if (!this.#swapIfLess(least, at)) return;
      at = least;
    }
  }

  /** Puts the event at `child` above the one at `parent` when it comes before it. */
  #swapIfLess(child: number, parent: number): boolean {
    const [a, b] = [this.#heap[child], this.#heap[parent]];
    if (!a || !b || !isLess(a, b)) return false;
    this.#heap[child] = b;
    this.#heap[parent] = a;
    return true;
  }
}

function isLess(a: SimEvent | undefined, b: SimEvent | undefined): boolean {
  if (!a || !b) return false;
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
