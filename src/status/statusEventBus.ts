import { toDisposable, type Disposable } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import type { ConnectionStatusEvent, StatusEventBus } from '../protocol/status.ts';

interface Subscriber {
  readonly listener: (event: ConnectionStatusEvent) => void;
  /** Number of the last event it was given. */
  seen: number;
}

const neverConnected: ConnectionStatusEvent = { state: 'disconnected', timestamp: 0 };

/**
 * The status bus. A subscriber first hears the current event, whenever it comes, then each later one once and in order, also when events are
 * published or subscriptions made from inside a listener. Timestamps never go back, even if the wall clock does.
 */
export class StatusBus implements StatusEventBus, Disposable {
  readonly #subscribers = new Set<Subscriber>();
  readonly #waiting: { readonly number: number; readonly event: ConnectionStatusEvent }[] = [];
  readonly #onError: (error: unknown) => void;
  #current: ConnectionStatusEvent;
  #number = 0;
  #delivering = false;

  /** @param onError hears what a subscriber threw; the others hear their event all the same. */
  constructor(initial: ConnectionStatusEvent = neverConnected, onError: (error: unknown) => void = () => undefined) {
    this.#current = initial;
    this.#onError = onError;
  }

  get current(): ConnectionStatusEvent {
    return this.#current;
  }

  readonly statusStream: Event<ConnectionStatusEvent> = (listener) => {
    const subscriber: Subscriber = { listener, seen: this.#number };
    this.#subscribers.add(subscriber);
    this.#tell(subscriber, this.#current);
    return toDisposable(() => this.#subscribers.delete(subscriber));
  };

  publishStatus(event: ConnectionStatusEvent): void {
    const timestamp = Math.max(event.timestamp, this.#current.timestamp);
    this.#current = { ...event, timestamp };
    this.#waiting.push({ number: ++this.#number, event: this.#current });
    if (this.#delivering) return;
    this.#delivering = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#deliver(next.number, next.event);
    this.#delivering = false;
  }

  /** Ends all subscriptions. */
  dispose(): void {
    this.#subscribers.clear();
  }

  #deliver(number: number, event: ConnectionStatusEvent): void {
    for (const subscriber of [...this.#subscribers]) {
      if (subscriber.seen >= number || !this.#subscribers.has(subscriber)) continue;
      subscriber.seen = number;
      this.#tell(subscriber, event);
    }
  }

  #tell(subscriber: Subscriber, event: ConnectionStatusEvent): void {
    try {
      subscriber.listener(event);
    } catch (error) {
      this.#onError(error);
    }
  }
}
