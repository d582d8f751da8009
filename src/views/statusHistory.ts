import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { ConnectionStatusEvent, StatusEventBus } from '../protocol/status.ts';

/** Enough to see a flapping line, and short enough to read. */
const MAX_EVENTS = 30;

/** The last changes of the connection's state, newest last. */
export class StatusHistory implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #events: ConnectionStatusEvent[] = [];

  constructor(bus: StatusEventBus) {
    this.#owned.add(
      bus.statusStream((event) => {
        this.#events.push(event);
        if (this.#events.length > MAX_EVENTS) this.#events.shift();
      }),
    );
  }

  get events(): readonly ConnectionStatusEvent[] {
    return this.#events;
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
