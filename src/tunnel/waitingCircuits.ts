import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { HANDSHAKE_TIMEOUT_MS, MAX_WAITING_HANDSHAKES } from '../protocol/limits.ts';
import type { CircuitMatch } from './circuitMatch.ts';

export interface WaitingCircuit {
  readonly number: number;
  readonly match: CircuitMatch;
  /** Message 1, if it has come. */
  message1: Uint8Array | undefined;
  readonly expiry: Disposable;
}

/** Circuits whose handshake has to wait its turn, with what has arrived for them. */
export class WaitingCircuits implements Disposable {
  readonly #clock: Clock;
  readonly #onExpired: (number: number) => void;
  readonly #byNumber = new Map<number, WaitingCircuit>();

  /** @param onExpired hears of a circuit that has waited 5 s and no longer does */
  constructor(clock: Clock, onExpired: (number: number) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  has(number: number): boolean {
    return this.#byNumber.has(number);
  }

  /** @returns whether there was room */
  add(number: number, match: CircuitMatch): boolean {
    if (this.#byNumber.size >= MAX_WAITING_HANDSHAKES) return false;
    const expiry = this.#clock.after(HANDSHAKE_TIMEOUT_MS, () => {
      this.#byNumber.delete(number);
      this.#onExpired(number);
    });
    this.#byNumber.set(number, { number, match, message1: undefined, expiry });
    return true;
  }

  /** Keeps what can honestly come before our answer: message 1. Returns whether the circuit waits here. */
  receive(number: number, record: Uint8Array): boolean {
    const waiting = this.#byNumber.get(number);
    if (waiting) waiting.message1 ??= record.slice();
    return waiting !== undefined;
  }

  /** Takes out the one that has waited longest. */
  next(): WaitingCircuit | undefined {
    const [first] = this.#byNumber.values();
    if (first) this.remove(first.number);
    return first;
  }

  remove(number: number): void {
    this.#byNumber.get(number)?.expiry.dispose();
    this.#byNumber.delete(number);
  }

  dispose(): void {
    for (const number of [...this.#byNumber.keys()]) this.remove(number);
  }
}
