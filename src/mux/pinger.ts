import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { PING_INTERVAL_MS, PING_TIMEOUT_MS, PROBE_TIMEOUT_MS } from '../protocol/limits.ts';

/** A timer that fires this much late was held up by our own event loop, so its verdict does not count. */
const STALL_MS = 1000;

export interface PingerEvents {
  /** Send PING{token}. */
  sendPing(token: number): void;
  onRoundTrip(rttMs: number): void;
  /** The far end did not answer in time. */
  onSilent(): void;
}

/** Proves the far end alive by PING and PONG, and measures the round trip. */
export class Pinger implements Disposable {
  readonly #clock: Clock;
  readonly #events: PingerEvents;
  #token = 0;
  #sentAt: number | undefined;
  /** Monotonic, ms: when the last PING that was answered, or may yet be, was sent. */
  #askedAt: number | undefined;
  #interval: Disposable | undefined;
  #deadline: Disposable | undefined;

  constructor(clock: Clock, events: PingerEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /**
   * Pings every 15 s until stopped; the first time now, unless the far end has answered within that time: requests that follow one another
   * would else pay for a PING each, at both ends.
   */
  start(): void {
    if (this.#interval) return;
    const wait = this.#askedAt === undefined ? 0 : this.#askedAt + PING_INTERVAL_MS - this.#clock.monotonic();
    if (wait <= 0) this.#ping(PING_TIMEOUT_MS);
    else this.#pingIn(wait);
  }

  stop(): void {
    this.#interval?.dispose();
    this.#interval = undefined;
    this.#deadline?.dispose();
    this.#deadline = undefined;
    if (this.#sentAt !== undefined) this.#askedAt = undefined; // what was not answered proves nothing
    this.#sentAt = undefined;
  }

  /** Another session: what was proved on the last one counts no more. */
  forget(): void {
    this.stop();
    this.#askedAt = undefined;
  }

  /** Asks at once, with 3 s to answer: after sleep, a network change, or when a page becomes visible. */
  probe(): void {
    if (!this.#interval) return;
    this.#interval.dispose();
    this.#ping(PROBE_TIMEOUT_MS);
  }

  onPong(token: number): void {
    if (token !== this.#token || this.#sentAt === undefined) return;
    const rttMs = this.#clock.monotonic() - this.#sentAt;
    this.#sentAt = undefined;
    this.#deadline?.dispose();
    this.#deadline = undefined;
    this.#events.onRoundTrip(rttMs);
  }

  dispose(): void {
    this.stop();
  }

  #ping(timeoutMs: number): void {
    this.#token = (this.#token + 1) >>> 0;
    this.#sentAt = this.#clock.monotonic();
    this.#askedAt = this.#sentAt;
    this.#pingIn(PING_INTERVAL_MS);
    this.#armDeadline(timeoutMs);
    this.#events.sendPing(this.#token);
  }

  #pingIn(ms: number): void {
    this.#interval = this.#clock.after(ms, () => {
      this.#ping(PING_TIMEOUT_MS);
    });
  }

  #armDeadline(timeoutMs: number): void {
    this.#deadline?.dispose();
    const due = this.#clock.monotonic() + timeoutMs;
    this.#deadline = this.#clock.after(timeoutMs, () => {
      if (this.#clock.monotonic() - due > STALL_MS) this.#armDeadline(PROBE_TIMEOUT_MS);
      else this.#events.onSilent();
    });
  }
}
