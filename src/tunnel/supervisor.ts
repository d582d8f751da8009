import { backoffDelayMs } from '../base/backoff.ts';
import { every, type Clock } from '../base/clock.ts';
import { deferred } from '../base/deferred.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { Random } from '../base/random.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { PROBE_TIMEOUT_MS, SLEEP_GAP_MS } from '../protocol/limits.ts';
import { initialConnectionState, isLive, isTrying, transition, type ConnectionEvent, type ConnectionState } from './connectionState.ts';

/** A watched connection tries at least this often. */
const WATCHED_MAX_DELAY_MS = 5_000;
/** How long a connection must hold before the waits begin small again: a random time between the two. */
const STABLE_MIN_MS = 20_000;
const STABLE_MAX_MS = 40_000;
const SLEEP_TICK_MS = 5_000;

/** One try to connect and, when it succeeds, the connection. */
export interface Attempt extends Disposable {
  /** Prove now that the far side is there, or fail. */
  probe(): void;
}

export interface AttemptEvents {
  established(): void;
  waiting(): void;
  failed(error: ErrorCode): void;
}

export interface SupervisorOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Starts try number `attempt` of this supervisor's life. Callbacks come later, never from inside. What it throws ends the try. */
  start(attempt: number, events: AttemptEvents): Attempt;
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
  #state: ConnectionState = initialConnectionState;
  #current: Attempt | undefined;
  #generation = 0;
  #dials = 0;
  /** Monotonic, ms. */
  #dialledAt = 0;
  #isDisposed = false;
  /** Feeds the backoff; unlike the state's attempt it survives a short success. */
  #tries = 0;
  #streams = 0;
  #retry: Disposable | undefined;
  #stable: Disposable | undefined;
  #sleepWatch: Disposable | undefined;
  #lastTick = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
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
    this.#tries = 0;
    this.#dispatch({ type: 'disconnect' });
  }

  /** Dials now, giving up a wait or a connection. */
  reconnect(): void {
    this.#dispatch({ type: 'retryNow' });
  }

  /**
   * The network changed, or the machine woke up: look now. What only waits, for its time or for the device, is dialled anew; so is a dial
   * as old as a probe may be, for it is probably lost.
   */
  wake(): void {
    const state = this.#state;
    const isDialOld = this.#options.clock.monotonic() - this.#dialledAt >= PROBE_TIMEOUT_MS;
    if (isLive(state)) this.#current?.probe();
    else if (isTrying(state) && (isDialOld || 'retryAt' in state)) this.#dispatch({ type: 'retryNow' });
  }

  setStreams(count: number): void {
    this.#streams = count;
    this.#dispatch({ type: 'streams', count });
  }

  /** The connection is of no more use, as the layer above found out. */
  fail(error: ErrorCode): void {
    this.#dispatch({ type: 'failed', error });
  }

  dispose(): void {
    this.disconnect();
    this.#isDisposed = true;
    this.#store.dispose();
  }

  #dispatch(event: ConnectionEvent): void {
    if (this.#isDisposed) return;
    const before = this.#state;
    const { state, effects } = transition(before, event);
    this.#state = state;
    for (const effect of effects) {
      switch (effect.type) {
        case 'dial':
          this.#dial();
          break;
        case 'hangUp':
          this.#hangUp();
          break;
        case 'scheduleRetry':
          this.#scheduleRetry();
          break;
        case 'cancelRetry':
          this.#retry?.dispose();
          this.#retry = undefined;
          break;
      }
    }
    this.#updateTimers();
    if (!isSame(before, this.#state)) this.#changed.fire(this.#state);
  }

  #dial(): void {
    const generation = ++this.#generation;
    this.#retry?.dispose();
    this.#retry = undefined;
    this.#dialledAt = this.#options.clock.monotonic();
    const ifCurrent = (event: () => ConnectionEvent): void => {
      if (generation === this.#generation) this.#dispatch(event());
    };
    const failed = (error: ErrorCode): void => {
      ifCurrent(() => ({ type: 'failed', error }));
    };
    try {
      this.#current = this.#options.start(++this.#dials, {
        established: () => {
          ifCurrent(() => ({ type: 'established', streams: this.#streams }));
        },
        waiting: () => {
          ifCurrent(() => ({ type: 'waiting' }));
        },
        failed,
      });
    } catch (error) {
      this.#options.clock.defer(() => {
        failed(TunnelError.from(error).code);
      });
    }
  }

  #hangUp(): void {
    this.#generation++;
    this.#current?.dispose();
    this.#current = undefined;
  }

  #scheduleRetry(): void {
    const { clock, random } = this.#options;
    const wanted = backoffDelayMs(++this.#tries, random);
    const delayMs = this.#options.isWatched() ? Math.min(wanted, WATCHED_MAX_DELAY_MS) : wanted;
    this.#retry = clock.after(delayMs, () => {
      this.#retry = undefined;
      this.#dispatch({ type: 'retryDue' });
    });
    this.#state = transition(this.#state, { type: 'retryScheduled', at: clock.now() + delayMs }).state;
  }

  #updateTimers(): void {
    const { clock, random } = this.#options;
    if (!isLive(this.#state)) {
      this.#stable?.dispose();
      this.#stable = undefined;
    } else {
      this.#stable ??= clock.after(STABLE_MIN_MS + random.float() * (STABLE_MAX_MS - STABLE_MIN_MS), () => {
        this.#tries = 0;
      });
    }
    if (this.#state.kind === 'disconnected' || this.#state.kind === 'error') {
      this.#sleepWatch?.dispose();
      this.#sleepWatch = undefined;
    } else if (!this.#sleepWatch) {
      this.#lastTick = clock.now();
      this.#sleepWatch = every(clock, SLEEP_TICK_MS, () => {
        this.#tick();
      });
    }
  }

  /** Timers stand still while a machine sleeps; the wall clock does not. */
  #tick(): void {
    const now = this.#options.clock.now();
    const gap = now - this.#lastTick;
    this.#lastTick = now;
    if (gap > SLEEP_TICK_MS + SLEEP_GAP_MS) this.wake();
  }
}

function isSame(a: ConnectionState, b: ConnectionState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
