import { toDisposable, type Disposable } from './disposable.ts';

/** Subscribes a listener; disposing the result ends the subscription. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/**
 * Delivers values to listeners in order. A `fire` from inside a listener waits until the current value has
 * reached everyone. A listener that throws does not keep the others from hearing.
 */
export class Emitter<T> implements Disposable {
  #listeners: readonly ((value: T) => void)[] = [];
  readonly #queue: T[] = [];
  #delivering = false;
  #disposed = false;
  readonly #onError: (error: unknown) => void;

  /** @param onError hears what a listener threw; by default it is thrown again in a turn of its own. */
  constructor(onError: (error: unknown) => void = rethrowLater) {
    this.#onError = onError;
  }

  readonly event: Event<T> = (listener) => {
    if (this.#disposed) return toDisposable(() => undefined);
    const own = (value: T): void => {
      listener(value);
    };
    this.#listeners = [...this.#listeners, own];
    return toDisposable(() => {
      this.#listeners = this.#listeners.filter((one) => one !== own);
    });
  };

  get listenerCount(): number {
    return this.#listeners.length;
  }

  fire(value: T): void {
    if (this.#delivering) {
      this.#queue.push(value);
      return;
    }
    this.#delivering = true;
    this.#deliver(value);
    while (this.#queue.length > 0) this.#deliver(this.#queue.shift() as T);
    this.#delivering = false;
  }

  dispose(): void {
    this.#disposed = true;
    this.#listeners = [];
    this.#queue.length = 0;
  }

  #deliver(value: T): void {
    const listeners = this.#listeners;
    for (const listener of listeners) {
      if (this.#listeners !== listeners && !this.#listeners.includes(listener)) continue; // it has left meanwhile
      try {
        listener(value);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}

function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
