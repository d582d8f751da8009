import type { Clock } from '../../src/base/clock.ts';
import { toDisposable, type Disposable } from '../../src/base/disposable.ts';
import type { ClusterLine, LineMessage } from '../../src/relay/cluster/clusterLine.ts';
import type { SeededRandom } from './seededRandom.ts';

interface Subscription {
  readonly line: FakeLine;
  readonly subject: string;
  readonly heard: (message: LineMessage) => void;
}

/**
 * A NATS server in memory, as far as nodes of a relay use one: subjects with a last part that may be `*`, no echo, word when nobody listens, and
 * one order for what a line publishes. It may take its time and may lose.
 */
export class FakeNats {
  readonly clock: Pick<Clock, 'after' | 'monotonic'>;
  /** Of a hundred messages so many are lost, if there is chance. */
  lossPercent = 0;
  /** Messages so far, by subject; `data` as sent. */
  readonly seen: { readonly subject: string; readonly data: Uint8Array }[] = [];
  readonly #random: SeededRandom | undefined;
  readonly #lines = new Set<FakeLine>();
  readonly #subscriptions = new Set<Subscription>();
  #lastArrival = 0;
  isUp = true;

  constructor(clock: Pick<Clock, 'after' | 'monotonic'>, random?: SeededRandom) {
    this.clock = clock;
    this.#random = random;
  }

  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  line(): FakeLine {
    const line = new FakeLine(this);
    this.#lines.add(line);
    return line;
  }

  /** Ends all connections; what is under way is lost. */
  stop(): void {
    this.isUp = false;
    for (const line of this.#lines) line.cut();
  }

  start(): void {
    this.isUp = true;
    for (const line of this.#lines) line.heal();
  }

  forget(line: FakeLine): void {
    this.#lines.delete(line);
    for (const one of this.#subscriptions) if (one.line === line) this.#subscriptions.delete(one);
  }

  subscribe(subscription: Subscription): Disposable {
    if (/[\s>]/.test(subscription.subject)) throw new Error(`illegal subject: ${subscription.subject}`);
    this.#subscriptions.add(subscription);
    return toDisposable(() => this.#subscriptions.delete(subscription));
  }

  publish(from: FakeLine, subject: string, data: Uint8Array, reply: string | undefined): void {
    const copy = data.slice();
    this.seen.push({ subject, data: copy });
    if (this.#random && this.#random.int(100) < this.lossPercent) return;
    this.#arrive(() => {
      const hearers = this.#hearersOf(subject).filter(({ line }) => line !== from);
      for (const { line, heard } of hearers) line.deliver(heard, { subject, data: copy, reply, isNobody: false });
      if (hearers.length > 0 || reply === undefined) return;
      for (const { line, heard } of this.#hearersOf(reply)) {
        if (line === from) line.deliver(heard, { subject: reply, data: new Uint8Array(0), reply: undefined, isNobody: true });
      }
    });
  }

  #hearersOf(subject: string): Subscription[] {
    const family = `${subject.slice(0, subject.lastIndexOf('.'))}.*`;
    return [...this.#subscriptions].filter((one) => one.line.isUp && (one.subject === subject || one.subject === family));
  }

  /** In the order of publishing, for all lines alike. */
  #arrive(task: () => void): void {
    const now = this.clock.monotonic();
    this.#lastArrival = Math.max(this.#lastArrival, now + (this.#random?.int(4) ?? 0));
    this.clock.after(this.#lastArrival - now, task);
  }
}

export class FakeLine implements ClusterLine {
  readonly #nats: FakeNats;
  readonly #listeners = new Set<(isUp: boolean) => void>();
  isUp: boolean;
  #isDisposed = false;

  constructor(nats: FakeNats) {
    this.#nats = nats;
    this.isUp = nats.isUp;
  }

  publish(subject: string, data: Uint8Array, reply?: string): void {
    if (this.isUp) this.#nats.publish(this, subject, data, reply);
  }

  subscribe(subject: string, heard: (message: LineMessage) => void): Disposable {
    return this.#nats.subscribe({ line: this, subject, heard });
  }

  onChange(listener: (isUp: boolean) => void): Disposable {
    this.#listeners.add(listener);
    return toDisposable(() => this.#listeners.delete(listener));
  }

  deliver(heard: (message: LineMessage) => void, message: LineMessage): void {
    if (this.isUp) heard(message);
  }

  /** The connection of this line alone. */
  cut(): void {
    this.#change(false);
  }

  heal(): void {
    if (this.#nats.isUp && !this.#isDisposed) this.#change(true);
  }

  /** As when the process was killed: nobody says anything. */
  vanish(): void {
    this.isUp = false;
    this.#isDisposed = true;
    this.#listeners.clear();
    this.#nats.forget(this);
  }

  dispose(): void {
    this.vanish();
  }

  #change(isUp: boolean): void {
    if (this.isUp === isUp) return;
    this.isUp = isUp;
    for (const listener of [...this.#listeners]) listener(isUp);
  }
}
