import type { MaybePromise } from '../base/maybePromise.ts';
import { TunnelError } from '../protocol/errors.ts';

type Phase = { readonly kind: 'before'; readonly step: number } | { readonly kind: 'running' } | { readonly kind: 'over' };

/** Runs the steps of one handshake, each once and in order. */
export class OrderedSteps {
  readonly #count: number;
  #phase: Phase = { kind: 'before', step: 0 };

  constructor(count: number) {
    this.#count = count;
  }

  /** @throws Error out of order, which is a bug. @throws TunnelError `handshakeFailed` when `run` fails, and then no step may follow */
  run<T>(step: number, run: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#phase.kind !== 'before' || this.#phase.step !== step) throw new Error(`handshake step ${String(step)} out of order`);
    this.#phase = { kind: 'running' };
    try {
      const value = run();
      return value instanceof Promise ? value.then(this.#succeeded(step), this.#failed) : this.#succeeded<T>(step)(value);
    } catch (error) {
      return this.#failed(error);
    }
  }

  #succeeded<T>(step: number): (value: T) => T {
    return (value) => {
      this.#phase = step + 1 < this.#count ? { kind: 'before', step: step + 1 } : { kind: 'over' };
      return value;
    };
  }

  readonly #failed = (error: unknown): never => {
    this.#phase = { kind: 'over' };
    throw error instanceof TunnelError ? error : new TunnelError('handshakeFailed', undefined, { cause: error });
  };
}
