import { every, type Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { TunnelError } from '../protocol/errors.ts';
import { PING_INTERVAL_MS, PING_TIMEOUT_MS } from '../protocol/limits.ts';
import type { LinkFrame } from '../protocol/linkFrames.ts';

/** A look that comes this late was held up by our own event loop, and so may the answer have been: it judges nothing. */
const STALL_MS = 1000;

interface Round {
  readonly sentAt: number;
  resolve(): void;
  reject(error: TunnelError): void;
}

export interface TokenRoundsEvents {
  send(frame: LinkFrame): void;
  /** Ms from a TOKENS to its TOKENS_OK. */
  onRoundTrip(rttMs: number): void;
  /** The relay keeps the link alive and confirms nothing. */
  onSilent(): void;
}

/** TOKENS and their TOKENS_OK on one admitted link: what the relay knows of us, and a measure of the way to it. */
export class TokenRounds implements Disposable {
  readonly #clock: Clock;
  readonly #events: TokenRoundsEvents;
  readonly #open = new Map<number, Round>();
  readonly #interval: Disposable;
  #seq = 0;
  /** Monotonic, ms: when the next look is due. */
  #lookDue: number;
  #isOver = false;

  constructor(clock: Clock, events: TokenRoundsEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#lookDue = clock.monotonic() + PING_INTERVAL_MS;
    this.#interval = every(clock, PING_INTERVAL_MS, () => {
      this.#look();
    });
  }

  /** Replaces the hashes that the relay knows; resolves once it has confirmed them. @throws TunnelError when the link ends before */
  publish(hashes: readonly Uint8Array[]): Promise<void> {
    return this.#send(hashes, true);
  }

  /** An empty TOKENS changes nothing and is confirmed: a round trip to the relay. */
  measure(): void {
    this.#send([], false).catch(() => undefined);
  }

  confirm(seq: number): void {
    const round = this.#open.get(seq);
    if (!round) return;
    this.#open.delete(seq);
    this.#events.onRoundTrip(this.#clock.monotonic() - round.sentAt);
    round.resolve();
  }

  dispose(): void {
    this.#isOver = true;
    this.#interval.dispose();
    for (const round of this.#open.values()) round.reject(new TunnelError('relayUnreachable'));
    this.#open.clear();
  }

  #look(): void {
    const now = this.#clock.monotonic();
    const isLate = now - this.#lookDue > STALL_MS;
    this.#lookDue = now + PING_INTERVAL_MS;
    const [oldest] = this.#open.values();
    if (oldest && !isLate && now - oldest.sentAt > PING_TIMEOUT_MS) this.#events.onSilent();
    else this.measure();
  }

  #send(add: readonly Uint8Array[], replace: boolean): Promise<void> {
    if (this.#isOver) return Promise.reject(new TunnelError('relayUnreachable'));
    const seq = ++this.#seq;
    const confirmed = new Promise<void>((resolve, reject) => {
      this.#open.set(seq, { sentAt: this.#clock.monotonic(), resolve, reject });
    });
    this.#events.send({ type: 'tokens', seq, replace, add, remove: [] });
    return confirmed;
  }
}
