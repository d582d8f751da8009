import type { Clock } from '../base/clock.ts';
import {
  CREDIT_STEP_BYTES,
  CROWDED_MUX_BYTES,
  INITIAL_STREAM_WINDOW_BYTES,
  MAX_MUX_GROWTH_BYTES,
  MAX_RECORD_PLAINTEXT_BYTES,
  MAX_STREAM_WINDOW_BYTES,
} from '../protocol/limits.ts';

/** Shorter intervals say more about records and socket reads than about the line, ms. */
const MIN_INTERVAL_MS = 10;
/** More than one round trip's bytes, or a stream whose window holds it back could never show that it can do more. */
const GAIN = 1.25;
/** A record under way at either end is in flight, and in nobody's hands. */
const RECORDS_UNDER_WAY_BYTES = 2 * MAX_RECORD_PLAINTEXT_BYTES;
/** A window shrinks by this part of itself in an interval: a pause of the writer is not a slower line. */
const SHRINK = 1 / 8;

/** Part of a new window for which CREDIT is said: the other half fills any line for which this window is enough. */
const NEW_WINDOW_STEP = 1 / 2;
/** The same of a window that has grown: it was cut to its line, which would run empty while much of it is kept back. */
const GROWN_WINDOW_STEP = 1 / 8;

/** What the windows of a mux have in common: a clock, the round trip, how much they may grow in all, and how much of them is in use. */
export class WindowPool {
  readonly clock: Clock;
  #roundTripMs: number | undefined;
  #grownBytes = 0;
  #untoldBytes = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** The shortest round trip on this attachment: what is longer is queues, which a window must not feed. Undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  noteRoundTrip(rttMs: number): void {
    this.#roundTripMs = Math.min(this.#roundTripMs ?? Infinity, rttMs);
  }

  /** Another attachment may go another way. */
  forgetRoundTrip(): void {
    this.#roundTripMs = undefined;
  }

  /** So many bytes more were received, or so many were said to be consumed (negative): the rest is what the sender counts as in flight. */
  addUntold(bytes: number): void {
    this.#untoldBytes += bytes;
  }

  /** Is so much in flight that the sender may hold streams to their least? */
  get isCrowded(): boolean {
    return this.#untoldBytes >= CROWDED_MUX_BYTES;
  }

  /** Takes up to `bytes` of what is left for growth; a negative number gives back. Returns what was taken. */
  take(bytes: number): number {
    const taken = Math.min(bytes, MAX_MUX_GROWTH_BYTES - this.#grownBytes);
    this.#grownBytes += taken;
    return taken;
  }
}

/**
 * How far ahead of its reader the sender of one stream may be: as much as the reader consumes in a round trip, and a little more. So one
 * stream fills a long line, and does not queue up before its neighbours on a short one.
 */
export class StreamWindow {
  readonly #pool: WindowPool;
  #bytes = INITIAL_STREAM_WINDOW_BYTES;
  /** Where and when the interval began in which consumption is measured. */
  #from: { readonly consumed: number; readonly at: number } | undefined;

  constructor(pool: WindowPool) {
    this.#pool = pool;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Consumed bytes that are worth a CREDIT. */
  get stepBytes(): number {
    if (this.#pool.isCrowded) return CREDIT_STEP_BYTES;
    return this.#bytes * (this.#bytes === INITIAL_STREAM_WINDOW_BYTES ? NEW_WINDOW_STEP : GROWN_WINDOW_STEP);
  }

  /** See {@link WindowPool.addUntold}. */
  addUntold(bytes: number): void {
    this.#pool.addUntold(bytes);
  }

  /** The reader has consumed so much in all. */
  measure(consumed: number): void {
    const { roundTripMs, clock } = this.#pool;
    if (roundTripMs === undefined) return;
    const at = clock.monotonic();
    const from = (this.#from ??= { consumed, at });
    const elapsedMs = at - from.at;
    if (elapsedMs < Math.max(roundTripMs, MIN_INTERVAL_MS)) return;
    this.#from = { consumed, at };
    this.#aim(GAIN * ((consumed - from.consumed) / elapsedMs) * roundTripMs + RECORDS_UNDER_WAY_BYTES);
  }

  /** Gives back what it has grown by. */
  release(): void {
    this.#pool.take(INITIAL_STREAM_WINDOW_BYTES - this.#bytes);
    this.#bytes = INITIAL_STREAM_WINDOW_BYTES;
  }

  #aim(wanted: number): void {
    const floor = Math.max(INITIAL_STREAM_WINDOW_BYTES, Math.floor(this.#bytes * (1 - SHRINK)));
    const next = Math.min(MAX_STREAM_WINDOW_BYTES, Math.max(floor, Math.floor(wanted)));
    this.#bytes += this.#pool.take(next - this.#bytes);
  }
}
