import { nowUs } from '../lib/monotonic.ts';

interface Entry {
  readonly due: number;
  readonly task: () => void;
}

/** Runs tasks at absolute times: a binary heap and one timer for all. */
export class Schedule {
  readonly #heap: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Infinity;
  #isRunning = false;

  /** @param due µs of {@link nowUs} */
  at(due: number, task: () => void): void {
    this.#push({ due, task });
    if (!this.#isRunning && due < this.#armedFor) this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const first = this.#heap[0];
    this.#armedFor = first?.due ?? Infinity;
    if (first) this.#timer = setTimeout(this.#run, Math.max(0, Math.floor((first.due - nowUs()) / 1000)));
  }

  readonly #run = (): void => {
    this.#isRunning = true;
    const now = nowUs();
    for (let first = this.#heap[0]; first && first.due <= now; first = this.#heap[0]) {
      this.#pop();
      first.task();
    }
    this.#isRunning = false;
    this.#arm();
  };

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || above.due <= entry.due) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      const right = heap[child + 1];
      if (!left) break;
      let smaller = left;
      if (right && right.due < left.due) {
        child++;
        smaller = right;
      }
      if (smaller.due >= last.due) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = last;
  }
}
