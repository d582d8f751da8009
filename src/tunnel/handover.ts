import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Random } from '../base/random.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { leaveDelayMs } from './leaveTime.ts';
import type { RetrySchedule } from './retrySchedule.ts';

/** A client whose device has left a relay that goes follows it within this time, ms. */
const FOLLOW_DEVICE_MS = 250;

/** One try to connect and, when it succeeds, the connection. */
export interface Attempt extends Disposable {
  /** Prove now that the far side is there, or fail. */
  probe(): void;
}

export interface AttemptEvents {
  /** Proven as far as this end can; it carries the connection from now on. */
  established(): void;
  /** The relay has accepted us, the device is not there. */
  waiting(): void;
  /** About to take what only one try can carry: an earlier one has to let go of it first. */
  takesOver(): void;
  /** The relay ends this link within `delayMs`; until then it is as good as ever. */
  leaving(delayMs: number): void;
  failed(error: ErrorCode): void;
}

/**
 * Starts try number `attempt`; its link must be open within `patienceMs`. Callbacks come later, never from inside. What it throws ends the
 * try.
 */
export type StartAttempt = (attempt: number, events: AttemptEvents, patienceMs: number) => Attempt;

/** What tries come to, whichever of them it is. */
export type HandoverEvents = Pick<AttemptEvents, 'established' | 'waiting' | 'failed'>;

export interface HandoverOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly schedule: RetrySchedule;
  readonly start: StartAttempt;
  isWatched(): boolean;
}

interface Try {
  readonly since: number;
  attempt: Attempt | undefined;
  /** `up`: the relay has accepted it, the device is not there. `live`: established. */
  stage: 'dialling' | 'up' | 'live';
}

/**
 * The try that carries the connection and, once its relay has said that it goes, another one made beside it. The old one ends when the new
 * one is established, or when its relay ends it. What a relay that restarts refuses meanwhile costs nothing.
 */
export class Handover implements Disposable {
  readonly #options: HandoverOptions;
  readonly #events: HandoverEvents;
  #current: Try | undefined;
  #successor: Try | undefined;
  /** Until a successor is tried. */
  #move: Disposable | undefined;
  /** The relay of the current try has said that it goes. */
  #isLeaving = false;
  #dials = 0;

  constructor(options: HandoverOptions, events: HandoverEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** A relay has accepted us. */
  get isUp(): boolean {
    return this.#current !== undefined && this.#current.stage !== 'dialling';
  }

  /** How long the current try has been dialling, ms; 0 once it is up. */
  get diallingMs(): number {
    return this.#current?.stage === 'dialling' ? this.#options.clock.monotonic() - this.#current.since : 0;
  }

  dial(): void {
    this.#current = this.#begin();
  }

  probe(): void {
    this.#current?.attempt?.probe();
  }

  /** Gives up what there is. It is heard no more. */
  hangUp(): void {
    const tries = [this.#successor, this.#current];
    this.#current = undefined;
    this.#successor = undefined;
    this.#isLeaving = false;
    this.#move?.dispose();
    this.#move = undefined;
    for (const old of tries) old?.attempt?.dispose();
  }

  dispose(): void {
    this.hangUp();
  }

  #begin(): Try {
    const { clock, start, schedule } = this.#options;
    const mine: Try = { since: clock.monotonic(), attempt: undefined, stage: 'dialling' };
    const ifMine = <A extends unknown[]>(action: (...args: A) => void) => {
      return (...args: A): void => {
        if (mine === this.#current || mine === this.#successor) action(...args);
      };
    };
    const events: AttemptEvents = {
      established: ifMine(() => {
        mine.stage = 'live';
        this.#promote(mine);
        this.#events.established();
      }),
      waiting: ifMine(() => {
        this.#onWaiting(mine);
      }),
      takesOver: ifMine(() => {
        this.#promote(mine);
      }),
      leaving: ifMine((delayMs: number) => {
        this.#onLeaving(mine, delayMs);
      }),
      failed: ifMine((error: ErrorCode) => {
        this.#onFailed(mine, error);
      }),
    };
    try {
      mine.attempt = start(++this.#dials, events, schedule.patienceMs(this.#options.isWatched()));
    } catch (error) {
      clock.defer(() => {
        events.failed(TunnelError.from(error).code);
      });
    }
    return mine;
  }

  #onWaiting(mine: Try): void {
    mine.stage = 'up';
    if (mine === this.#successor) {
      // Parked at the new relay, while the device is still at the old one, as we are.
      if (this.#current?.stage === 'live') return;
      this.#promote(mine);
    } else if (this.#successor?.stage === 'up') {
      // The device has left the old relay; we wait for it at the new one.
      this.#promote(this.#successor);
    } else if (this.#move) {
      this.#moveIn(this.#options.random.float() * FOLLOW_DEVICE_MS);
    }
    this.#events.waiting();
  }

  #onLeaving(mine: Try, delayMs: number): void {
    if (mine === this.#successor) {
      this.#onFailed(mine, 'relayDraining');
      return;
    }
    this.#isLeaving = true;
    if (!this.#move && !this.#successor) this.#moveIn(leaveDelayMs(delayMs, this.#options.random));
  }

  #onFailed(mine: Try, error: ErrorCode): void {
    if (mine === this.#successor) {
      // The old link still stands. What is wrong with the new one is the user's matter once there is no other.
      this.#successor = undefined;
      mine.attempt?.dispose();
      this.#moveIn(this.#options.schedule.next(this.#options.isWatched(), 0));
    } else if (this.#successor?.stage === 'up') {
      this.#promote(this.#successor);
      this.#events.waiting();
    } else {
      if (this.#isLeaving) this.#options.schedule.expectBack();
      this.#isLeaving = false;
      this.#events.failed(error);
    }
  }

  #moveIn(delayMs: number): void {
    this.#move?.dispose();
    this.#move = this.#options.clock.after(delayMs, () => {
      this.#move = undefined;
      this.#successor = this.#begin();
    });
  }

  #promote(mine: Try): void {
    if (mine !== this.#successor) return;
    const old = this.#current;
    this.#current = mine;
    this.#successor = undefined;
    this.#isLeaving = false;
    old?.attempt?.dispose();
  }
}
