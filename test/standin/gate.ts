import { deferred, type Deferred } from '../../src/base/deferred.ts';

/** Thrown inside a handler whose client has gone, or whose server is closing. */
export class Gone extends Error {
  override readonly name = 'Gone';
}

/** First come, first served; leaving the queue costs nothing. */
export class Semaphore {
  #free: number;
  readonly #waiting = new Set<Deferred<undefined>>();

  constructor(slots: number) {
    this.#free = slots;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  async acquire(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new Gone();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    const turn = deferred<undefined>();
    this.#waiting.add(turn);
    const leave = (): void => {
      if (this.#waiting.delete(turn)) turn.reject(new Gone());
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  release(count = 1): void {
    for (let i = 0; i < count; i++) {
      const [next] = this.#waiting;
      if (!next) {
        this.#free++;
        continue;
      }
      this.#waiting.delete(next);
      next.resolve(undefined);
    }
  }
}

/** Holds pieces of text back until a test lets them out. */
export class Gate {
  #permits = new Semaphore(0);
  #open = true;

  /** Pieces that wait now. */
  get waiting(): number {
    return this.#permits.waiting;
  }

  setOpen(open: boolean): void {
    if (open === this.#open) return;
    this.#open = open;
    if (open) this.#permits.release(this.#permits.waiting);
    else this.#permits = new Semaphore(0);
  }

  release(count: number): void {
    this.#permits.release(count);
  }

  async pass(signal: AbortSignal): Promise<void> {
    if (!this.#open) await this.#permits.acquire(signal);
  }
}
