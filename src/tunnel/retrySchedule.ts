import { backoffDelayMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Random } from '../base/random.ts';

/** While somebody watches, a try begins at least this often, ms. */
const WATCHED_INTERVAL_MS = 5_000;
/** Time for DNS, TCP, TLS and the upgrade, ms. */
const DIAL_PATIENCE_MS = 10_000;
/** How long a link must hold before the waits begin small again: a random time between the two, ms. */
const STABLE_MIN_MS = 20_000;
const STABLE_MAX_MS = 40_000;

/** How long a relay that has said that it goes is expected back at once, and how far apart tries are meanwhile, at most, ms. */
const RESTART_MS = 5_000;
const RESTART_INTERVAL_MS = 250;

/**
 * When to try again. The first try comes within 250 ms, three more under a second each, then uniform(0, min(30 s, 0.5 s * 2^n)), or
 * min(5 s, …) while somebody watches. It begins anew once a link that the relay accepted has held for 20 to 40 s, and not before: a relay
 * that accepts and drops would be stormed. After waking, or in another network, it begins anew too, at most every 20 s. For 5 s after the
 * end of a relay that had said that it goes, a try follows the last within 250 ms, at most once in 20 s too: a restart takes a second or two.
 */
export class RetrySchedule implements Disposable {
  readonly #clock: Clock;
  readonly #random: Random;
  #tries = 0;
  #stable: Disposable | undefined;
  #hasTimedOut = false;
  /** Monotonic, ms. */
  #renewedAt = -Infinity;
  #expectedSince = -Infinity;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** How long the next dial may take. After one that took too long the next gets the full time: some name servers answer only after 5 s. */
  patienceMs(isWatched: boolean): number {
    return isWatched && !this.#hasTimedOut ? WATCHED_INTERVAL_MS : DIAL_PATIENCE_MS;
  }

  /** Ms until the next try. @param triedMs how long the last one took, if it came to nothing; 0 if it had come up */
  next(isWatched: boolean, triedMs: number): number {
    // A dial that took long tells more than the farewell: this is no restart.
    const isExpected = this.#clock.monotonic() - this.#expectedSince < RESTART_MS && triedMs < WATCHED_INTERVAL_MS;
    if (isExpected) return this.#random.float() * RESTART_INTERVAL_MS;
    this.#hasTimedOut = triedMs >= WATCHED_INTERVAL_MS && !this.#hasTimedOut;
    const delayMs = backoffDelayMs(++this.#tries, this.#random, isWatched ? { capMs: WATCHED_INTERVAL_MS } : {});
    return isWatched ? Math.min(delayMs, Math.max(0, WATCHED_INTERVAL_MS - triedMs)) : delayMs;
  }

  /** The link is up and accepted, or no longer. */
  setUp(isUp: boolean): void {
    if (!isUp) {
      this.#stable?.dispose();
      this.#stable = undefined;
      return;
    }
    this.#stable ??= this.#clock.after(STABLE_MIN_MS + this.#random.float() * (STABLE_MAX_MS - STABLE_MIN_MS), () => {
      this.reset();
    });
  }

  /** The user begins anew. */
  reset(): void {
    this.#tries = 0;
    this.#hasTimedOut = false;
  }

  /** What made us wait may be gone: the machine woke up, or is in another network. */
  renew(): void {
    const now = this.#clock.monotonic();
    if (now - this.#renewedAt < STABLE_MIN_MS) return;
    this.#renewedAt = now;
    this.reset();
  }

  /** The relay has gone as it said, and nobody took its place: it is probably started again. */
  expectBack(): void {
    const now = this.#clock.monotonic();
    if (now - this.#expectedSince < STABLE_MIN_MS) return;
    this.#expectedSince = now;
    this.reset();
  }

  dispose(): void {
    this.setUp(false);
  }
}
