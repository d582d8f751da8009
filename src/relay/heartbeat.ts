import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Random } from '../base/random.ts';
import { HEARTBEAT_ANSWER_MS, LINK_DEAD_AFTER_MS } from '../protocol/limits.ts';

/** A timer later than this means that our own event loop stood still, and silence then proves nothing. */
const STALL_MS = 1_000;
/** What already waits in our own socket is read before a link is called dead. */
const LAST_LOOK_MS = 100;

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly intervalMs: number;
  /** Sends HEARTBEAT. */
  readonly beat: () => void;
  /** True while we ourselves do not read this link: then silence is our own doing. */
  readonly isDeaf: () => boolean;
  readonly onDead: () => void;
}

/**
 * Proves a link alive: asks every interval, the first time at a random part of it so that a crowd does not answer at once, and calls the
 * link dead when nothing at all was heard for 10 s after asking, or for 24 s.
 */
export class Heartbeat implements Disposable {
  readonly #options: HeartbeatOptions;
  #timer: Disposable | undefined;
  /** Begin of the silence, for the limit of 24 s. */
  #silentSince: number;
  #askedAt = 0;
  #heardSinceAsked = true;
  #asked = 0;
  #answered = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#silentSince = options.clock.monotonic();
    this.#after(options.random.float() * options.intervalMs, () => {
      this.#ask();
    });
  }

  /** Any frame is a sign of life; so is the moment when we begin to read again. */
  heard(): void {
    this.#silentSince = this.#options.clock.monotonic();
    this.#heardSinceAsked = true;
  }

  /** HEARTBEAT_ACK arrived. @returns whether it answers anything: one that nobody asked for counts for nothing */
  answered(): boolean {
    if (this.#answered === this.#asked) return false;
    this.#answered++;
    return true;
  }

  /** Asks now, besides the rhythm. The result tells whether the answer to exactly this question has arrived: all sent before it has too. */
  fence(): () => boolean {
    this.#asked++;
    const mark = this.#asked;
    this.#options.beat();
    return () => this.#answered >= mark;
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
  }

  #ask(): void {
    this.#asked++;
    this.#askedAt = this.#options.clock.monotonic();
    this.#heardSinceAsked = false;
    const deadAfterMs = Math.min(HEARTBEAT_ANSWER_MS, this.#silentSince + LINK_DEAD_AFTER_MS - this.#askedAt);
    this.#options.beat();
    this.#after(deadAfterMs, (lateMs) => {
      this.#judge(lateMs);
    });
  }

  #judge(lateMs: number): void {
    if (this.#seemsAlive()) {
      this.#after(this.#options.intervalMs - (this.#options.clock.monotonic() - this.#askedAt), () => {
        this.#ask();
      });
    } else if (lateMs > STALL_MS) {
      this.#askAgain();
    } else {
      this.#after(LAST_LOOK_MS, (lookLateMs) => {
        if (this.#seemsAlive() || lookLateMs > STALL_MS) this.#askAgain();
        else this.#options.onDead();
      });
    }
  }

  /** The silence may have been ours: it is measured anew. */
  #askAgain(): void {
    this.#silentSince = this.#options.clock.monotonic();
    this.#ask();
  }

  #seemsAlive(): boolean {
    return this.#options.isDeaf() || this.#heardSinceAsked;
  }

  #after(delayMs: number, task: (lateMs: number) => void): void {
    const { clock } = this.#options;
    const dueAt = clock.monotonic() + Math.max(delayMs, 0);
    this.#timer = clock.after(Math.max(delayMs, 0), () => {
      task(clock.monotonic() - dueAt);
    });
  }
}
