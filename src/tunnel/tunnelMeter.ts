import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { TunnelConnection, TunnelMetrics } from '../protocol/status.ts';
import { connectionStateName, isLive, type ConnectionState } from './connectionState.ts';
import type { LinkTraffic } from './link.ts';
import { gradeOf, MIN_GRADED_SAMPLES, nextQuality, unknownQuality } from './quality.ts';
import { RoundTrips } from './roundTrips.ts';
import type { Supervisor } from './supervisor.ts';

const MISS_COUNTS_MS = 60_000;

/**
 * What is known of a tunnel by measuring. Only pings that were answered, or that found no answer while our own event loop kept time, count
 * as measured; the rest is counting. Samples end with the connection that the user asked for: the next one may go elsewhere.
 */
export class TunnelMeter implements LinkTraffic {
  readonly #clock: Clock;
  readonly #streams: () => number;
  readonly #roundTrips = new RoundTrips();
  /** Monotonic times of pings missed in the last minute; a connection hardly outlives one, so there are few. */
  #recentMisses: number[] = [];
  #quality = unknownQuality;
  #missedPings = 0;
  #reconnects = 0;
  #bytesSent = 0;
  #bytesReceived = 0;
  #lastActivity: number | undefined;
  #lastRttMs: number | undefined;
  /** Monotonic, ms. */
  #upSince: number | undefined;
  /** It has been up since the user asked for it. */
  #wasUp = false;
  #state: ConnectionState = { kind: 'disconnected' };

  /** @param streams how many are open now */
  constructor(clock: Clock, streams: () => number) {
    this.#clock = clock;
    this.#streams = streams;
  }

  /** Wall clock of the last frame, ms. */
  get lastActivity(): number | undefined {
    return this.#lastActivity;
  }

  /** Last measured round trip, ms. */
  get rttMs(): number | undefined {
    return this.#lastRttMs;
  }

  get metrics(): TunnelMetrics {
    const now = this.#clock.monotonic();
    const roundTrip = this.#roundTrips.summary(now);
    const isKnown = isLive(this.#state) && (roundTrip?.samples ?? 0) >= MIN_GRADED_SAMPLES;
    return {
      quality: isKnown ? this.#quality.shown : 'unknown',
      roundTrip,
      missedPings: this.#missedPings,
      reconnects: this.#reconnects,
      uptimeMs: this.#upSince === undefined ? undefined : now - this.#upSince,
      nextTryAt: this.#state.kind === 'reconnecting' ? this.#state.retryAt : undefined,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
      streams: this.#streams(),
      tokensPerSecond: undefined,
    };
  }

  /** The roadmap's snapshot. */
  connection(endpoint: string | undefined): TunnelConnection {
    return {
      state: connectionStateName(this.#state),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(this.#lastActivity === undefined ? {} : { lastActivity: this.#lastActivity }),
      reconnectAttempts: this.#state.kind === 'reconnecting' ? this.#state.attempt : 0,
      latency: isLive(this.#state) ? this.#lastRttMs : undefined,
    };
  }

  /** Counts from the supervisor's changes of state. */
  follow(supervisor: Pick<Supervisor, 'onDidChange'>): Disposable {
    return supervisor.onDidChange((state) => {
      this.#enter(state);
    });
  }

  onRoundTrip(rttMs: number): void {
    this.#lastRttMs = rttMs;
    this.#roundTrips.add(rttMs, this.#clock.monotonic());
    this.#grade();
  }

  /** A ping found no answer in its time. */
  onMissed(): void {
    this.#missedPings++;
    this.#recentMisses.push(this.#clock.monotonic());
    this.#grade();
  }

  onSent(bytes: number): void {
    this.#bytesSent += bytes;
  }

  onReceived(bytes: number): void {
    this.#bytesReceived += bytes;
    this.#lastActivity = this.#clock.now();
  }

  #grade(): void {
    const now = this.#clock.monotonic();
    this.#recentMisses = this.#recentMisses.filter((at) => now - at < MISS_COUNTS_MS);
    const summary = this.#roundTrips.summary(now);
    const isEnough = summary !== undefined && summary.samples >= MIN_GRADED_SAMPLES;
    this.#quality = nextQuality(this.#quality, isEnough ? gradeOf(summary.p95Ms, this.#recentMisses.length) : undefined);
  }

  #enter(state: ConnectionState): void {
    const isUp = isLive(state);
    if (isUp && !isLive(this.#state)) {
      if (this.#wasUp) this.#reconnects++;
      this.#wasUp = true;
      this.#upSince = this.#clock.monotonic();
    }
    if (!isUp) this.#upSince = undefined;
    if (state.kind === 'disconnected' || state.kind === 'error') this.#forget();
    this.#state = state;
  }

  #forget(): void {
    this.#wasUp = false;
    this.#roundTrips.clear();
    this.#recentMisses = [];
    this.#quality = unknownQuality;
    this.#lastRttMs = undefined;
  }
}
