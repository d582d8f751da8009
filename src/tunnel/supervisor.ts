import type { Clock } from '../base/clock.ts';
import { deferred } from '../base/deferred.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { Random } from '../base/random.ts';
import { TunnelError } from '../protocol/errors.ts';
import { initialConnectionState, isLive, isTrying, transition, type ConnectionEvent, type ConnectionState } from './connectionState.ts';
import { Handover, type StartAttempt } from './handover.ts';
import { RetrySchedule } from './retrySchedule.ts';
import { onWake } from './wakeWatch.ts';

/** A dial this old, ms, has had to repeat its SYN (RFC 6298, section 2.1): when the network changes, a new one is quicker. */
const OLD_DIAL_MS = 1_000;

export interface SupervisorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly start: StartAttempt;
  /** Somebody is looking or waiting for bytes. */
  isWatched(): boolean;
}

/**
 * Owns the connection: one loop, whatever happens. Every end that the user did not ask for schedules a retry or stops with an error that
 * needs the user; there is no third way.
 */
export class Supervisor implements Disposable {
  readonly #options: SupervisorOptions;
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<ConnectionState>());
  readonly #schedule: RetrySchedule;
  readonly #handover: Handover;
  #state: ConnectionState = initialConnectionState;
  /** Monotonic, ms. */
  #dialledAt = 0;
  #isDisposed = false;
  #streams = 0;
  #retry: Disposable | undefined;
  #sleepWatch: Disposable | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#schedule = this.#store.add(new RetrySchedule(options.clock, options.random));
    this.#handover = this.#store.add(
      new Handover(
        { ...options, isWatched: () => options.isWatched(), schedule: this.#schedule },
        {
          established: () => {
            this.#dispatch({ type: 'established', streams: this.#streams });
          },
          waiting: () => {
            this.#dispatch({ type: 'waiting' });
          },
          failed: (error) => {
            this.#dispatch({ type: 'failed', error });
          },
        },
      ),
    );
  }

  /** After each change of state. */
  readonly onDidChange = this.#changed.event;

  get state(): ConnectionState {
    return this.#state;
  }

  get streams(): number {
    return this.#streams;
  }

  /** Wants a connection and resolves when it is up. @throws TunnelError when it needs the user, or `cancelled` */
  async connect(signal?: AbortSignal): Promise<void> {
    const outcome = deferred<undefined>();
    const onAbort = (): void => {
      outcome.reject(new TunnelError('cancelled'));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const subscription = this.#changed.event((state) => {
      if (isLive(state)) outcome.resolve(undefined);
      else if (state.kind === 'error') outcome.reject(new TunnelError(state.error));
      else if (state.kind === 'disconnected') outcome.reject(new TunnelError('cancelled'));
    });
    try {
      if (isLive(this.#state)) return;
      if (signal?.aborted || this.#isDisposed) throw new TunnelError('cancelled');
      this.#dispatch({ type: 'connect' });
      await outcome.promise;
    } finally {
      subscription.dispose();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Wants a connection; the state tells the rest. */
  start(): void {
    this.#dispatch({ type: 'connect' });
  }

  disconnect(): void {
    this.#schedule.reset();
    this.#dispatch({ type: 'disconnect' });
  }

  /** Dials now, giving up a wait or a connection. */
  reconnect(): void {
    this.#dispatch({ type: 'retryNow' });
  }

  /**
   * The network changed, or the machine woke up: look now. What only waits, for its time or for the device, is dialled anew; so is a dial
   * that is not quite new, for it is probably lost.
   */
  wake(): void {
    const state = this.#state;
    this.#schedule.renew();
    const isDialOld = this.#options.clock.monotonic() - this.#dialledAt >= OLD_DIAL_MS;
    if (isLive(state)) this.#handover.probe();
    else if (isTrying(state) && (isDialOld || 'retryAt' in state)) this.#dispatch({ type: 'retryNow' });
  }

  setStreams(count: number): void {
    this.#streams = count;
    this.#dispatch({ type: 'streams', count });
  }

  dispose(): void {
    this.disconnect();
    this.#isDisposed = true;
    this.#store.dispose();
  }

  #dispatch(event: ConnectionEvent): void {
    if (this.#isDisposed) return;
    const before = this.#state;
    const { diallingMs } = this.#handover;
    const { state, effects } = transition(before, event);
    this.#state = state;
    for (const effect of effects) {
      switch (effect.type) {
        case 'dial':
          this.#cancelRetry();
          this.#dialledAt = this.#options.clock.monotonic();
          this.#handover.dial();
          break;
        case 'hangUp':
          this.#handover.hangUp();
          break;
        case 'scheduleRetry':
          this.#scheduleRetry(diallingMs);
          break;
        case 'cancelRetry':
          this.#cancelRetry();
          break;
      }
    }
    this.#schedule.setUp(this.#handover.isUp);
    this.#watchSleep();
    if (!isSame(before, this.#state)) this.#changed.fire(this.#state);
  }

  #cancelRetry(): void {
    this.#retry?.dispose();
    this.#retry = undefined;
  }

  #scheduleRetry(diallingMs: number): void {
    const { clock } = this.#options;
    const delayMs = this.#schedule.next(this.#options.isWatched(), diallingMs);
    this.#retry = clock.after(delayMs, () => {
      this.#retry = undefined;
      this.#dispatch({ type: 'retryDue' });
    });
    this.#state = transition(this.#state, { type: 'retryScheduled', at: clock.now() + delayMs }).state;
  }

  #watchSleep(): void {
    if (this.#state.kind === 'disconnected' || this.#state.kind === 'error') {
      this.#sleepWatch?.dispose();
      this.#sleepWatch = undefined;
    } else {
      this.#sleepWatch ??= onWake(this.#options.clock, () => {
        this.wake();
      });
    }
  }
}

function isSame(a: ConnectionState, b: ConnectionState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
