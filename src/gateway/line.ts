import { deferred } from '../base/deferred.ts';
import { DisposableStore, toDisposable, type Disposable } from '../base/disposable.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_STREAMS } from '../protocol/limits.ts';
import { ClientTunnel, type ClientTunnelOptions } from '../tunnel/clientTunnel.ts';
import { isLive, type ConnectionState } from '../tunnel/connectionState.ts';

/** How long calls wait for a tunnel that was lost: as long as the device holds their requests. */
const OUTAGE_MS = 60_000;
/** How long a new call waits for a tunnel: a device that restarts is back within this. */
const CONNECT_MS = 3_000;

export interface LineOptions extends ClientTunnelOptions {
  /** After this long without a call the line ends. Infinity keeps it. */
  readonly idleMs: number;
  readonly onState?: (state: ConnectionState) => void;
}

/** One tunnel of one key, and the calls on it. It dials at once and ends by itself: idle, out too long, or refused for good. */
export class Line implements Disposable {
  readonly tunnel: ClientTunnel;
  readonly #options: LineOptions;
  readonly #onEnd: (reason: ErrorCode) => void;
  readonly #store = new DisposableStore();
  /** Who waits for the tunnel; each hears of it once. */
  readonly #waiting = new Set<(failure?: ErrorCode) => void>();
  #calls = 0;
  #idle: Disposable | undefined;
  #outage: Disposable | undefined;
  /** Monotonic, ms: since when the tunnel is not up. */
  #outSince: number;
  #isOver = false;

  /** @param onEnd called once, after its calls have failed for the same reason; not after `dispose` */
  constructor(options: LineOptions, onEnd: (reason: ErrorCode) => void) {
    this.#options = options;
    this.#onEnd = onEnd;
    this.#outSince = options.clock.monotonic();
    this.tunnel = this.#store.add(new ClientTunnel(options));
    this.tunnel.isVisible = false;
    this.#store.add(
      this.tunnel.supervisor.onDidChange((state) => {
        options.onState?.(state);
        this.#onState(state);
      }),
    );
    this.#watchIdle();
    this.tunnel.supervisor.start();
  }

  get isLive(): boolean {
    return isLive(this.tunnel.supervisor.state);
  }

  get calls(): number {
    return this.#calls;
  }

  get hasRoom(): boolean {
    // A stream that was reset counts until the device has confirmed it.
    return Math.max(this.#calls, this.tunnel.mux.streamCount) < MAX_STREAMS;
  }

  /** Takes a place for one call; disposing gives it back. */
  hold(): Disposable {
    this.#calls++;
    this.#idle?.dispose();
    return toDisposable(() => {
      this.#calls--;
      this.#watchIdle();
    });
  }

  /** Resolves when the tunnel is up. @throws TunnelError why it is not, at once when it has not been for long */
  async whenLive(): Promise<void> {
    if (this.isLive) return;
    const { clock } = this.#options;
    const { supervisor } = this.tunnel;
    const { state } = supervisor;
    const isParked = 'error' in state && state.error === 'deviceOffline' && !('retryAt' in state);
    if (isParked && clock.monotonic() - this.#outSince >= CONNECT_MS) throw new TunnelError('deviceOffline');
    const outcome = deferred<undefined>();
    const settle = (failure?: ErrorCode): void => {
      if (failure === undefined) outcome.resolve(undefined);
      else outcome.reject(new TunnelError(failure));
    };
    this.#waiting.add(settle);
    const due = clock.after(CONNECT_MS, () => {
      const now = supervisor.state;
      settle('error' in now ? now.error : 'relayUnreachable');
    });
    if ('retryAt' in state) supervisor.wake(); // somebody wants it now: no more waiting between two tries
    try {
      await outcome.promise;
    } finally {
      this.#waiting.delete(settle);
      due.dispose();
    }
  }

  dispose(): void {
    this.#finish('closed');
  }

  #onState(state: ConnectionState): void {
    if (isLive(state)) {
      this.#outage?.dispose();
      this.#outage = undefined;
      this.#settle();
    } else if (state.kind === 'error') {
      this.#end(state.error);
    } else if (!this.#outage) {
      this.#outSince = this.#options.clock.monotonic();
      this.#outage = this.#options.clock.after(OUTAGE_MS, () => {
        if (this.#calls > 0) this.#end('deviceOffline');
      });
    }
  }

  #watchIdle(): void {
    this.#idle?.dispose();
    if (this.#calls > 0 || this.#isOver || this.#options.idleMs === Infinity) return;
    this.#idle = this.#options.clock.after(this.#options.idleMs, () => {
      this.#end('closed');
    });
  }

  #end(reason: ErrorCode): void {
    if (this.#isOver) return;
    this.#finish(reason);
    this.#onEnd(reason);
  }

  #finish(reason: ErrorCode): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#idle?.dispose();
    this.#outage?.dispose();
    this.tunnel.mux.dispose(reason); // its calls fail for this reason, and give back their places
    this.#store.dispose();
    this.#settle(reason);
  }

  #settle(failure?: ErrorCode): void {
    for (const settle of [...this.#waiting]) settle(failure);
    this.#waiting.clear();
  }
}
