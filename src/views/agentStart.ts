import type { Clock } from '../base/clock.ts';
import { deferred } from '../base/deferred.ts';
import { toDisposable, type Disposable } from '../base/disposable.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { ConnectionStatusEvent, StatusEventBus } from '../protocol/status.ts';

/** How soon a window takes over from one that has gone, ms. */
const TRY_AGAIN_MS = 1_000;

export interface AgentStartOptions<T> {
  /** Starts the agent. @throws TunnelError `anotherLeads` while another window of this OS user has it */
  readonly start: () => T;
  readonly clock: Clock;
  readonly bus: StatusEventBus;
}

/** Starts the agent in a turn of its own, or as soon as the window that has it is gone. How that stands is on the bus. */
export class AgentStart<T> implements Disposable {
  readonly #options: AgentStartOptions<T>;
  readonly #result = deferred<T>();
  #next: Disposable = toDisposable(() => undefined);

  constructor(options: AgentStartOptions<T>) {
    this.#options = options;
    this.#tryAfter(0);
  }

  /** Rejects with a TunnelError when the agent cannot run here; settles never when disposed before. */
  get result(): Promise<T> {
    return this.#result.promise;
  }

  dispose(): void {
    this.#next.dispose();
  }

  #tryAfter(delayMs: number): void {
    this.#next = this.#options.clock.after(delayMs, () => {
      this.#try();
    });
  }

  #try(): void {
    const { start, bus } = this.#options;
    try {
      const started = start();
      if (bus.current.error === 'anotherLeads') this.#publish({ state: 'disconnected' });
      this.#result.resolve(started);
    } catch (error) {
      const known = TunnelError.from(error);
      if (known.code !== 'anotherLeads') {
        this.#publish({ state: 'error', error: known.code });
        this.#result.reject(known);
        return;
      }
      if (bus.current.error !== 'anotherLeads') this.#publish({ state: 'disconnected', error: 'anotherLeads' });
      this.#tryAfter(TRY_AGAIN_MS);
    }
  }

  #publish(event: Omit<ConnectionStatusEvent, 'timestamp'>): void {
    this.#options.bus.publishStatus({ ...event, timestamp: this.#options.clock.now() });
  }
}
