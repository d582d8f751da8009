import { every, type Clock } from '../base/clock.ts';
import { deadline } from '../base/deadline.ts';
import type { Disposable } from '../base/disposable.ts';
import { TunnelError } from '../protocol/errors.ts';
import { PING_INTERVAL_MS, PING_TIMEOUT_MS, PROBE_TIMEOUT_MS } from '../protocol/limits.ts';
import type { LinkFrame } from '../protocol/linkFrames.ts';

interface Round {
  readonly sentAt: number;
  readonly due: Disposable;
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
  #isOver = false;

  constructor(clock: Clock, events: TokenRoundsEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#interval = every(clock, PING_INTERVAL_MS, () => {
      this.#measure(PING_TIMEOUT_MS);
    });
  }

  /** Replaces the hashes that the relay knows; resolves once it has confirmed them. @throws TunnelError when the link ends before */
  publish(hashes: readonly Uint8Array[]): Promise<void> {
    return this.#send(hashes, true, PING_TIMEOUT_MS);
  }

  /** Asks the relay now, with 3 s to answer: after sleep, or in another network. */
  probe(): void {
    this.#measure(PROBE_TIMEOUT_MS);
  }

  confirm(seq: number): void {
    const round = this.#open.get(seq);
    if (!round) return;
    this.#open.delete(seq);
    round.due.dispose();
    this.#events.onRoundTrip(this.#clock.monotonic() - round.sentAt);
    round.resolve();
  }

  dispose(): void {
    this.#isOver = true;
    this.#interval.dispose();
    for (const round of this.#open.values()) {
      round.due.dispose();
      round.reject(new TunnelError('relayUnreachable'));
    }
    this.#open.clear();
  }

  /** An empty TOKENS changes nothing and is confirmed: a round trip to the relay. */
  #measure(timeoutMs: number): void {
    this.#send([], false, timeoutMs).catch(() => undefined);
  }

  #send(add: readonly Uint8Array[], replace: boolean, timeoutMs: number): Promise<void> {
    if (this.#isOver) return Promise.reject(new TunnelError('relayUnreachable'));
    const seq = ++this.#seq;
    const confirmed = new Promise<void>((resolve, reject) => {
      const due = deadline(this.#clock, timeoutMs, () => {
        this.#events.onSilent();
      });
      this.#open.set(seq, { sentAt: this.#clock.monotonic(), due, resolve, reject });
    });
    this.#events.send({ type: 'tokens', seq, replace, add, remove: [] });
    return confirmed;
  }
}
