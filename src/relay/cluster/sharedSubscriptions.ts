import { toDisposable, type Disposable } from '../../base/disposable.ts';
import type { ClusterLine, LineMessage } from './clusterLine.ts';

/** Subscriptions of a line that several want at once: the first makes one, the last ends it. */
export class SharedSubscriptions implements Disposable {
  readonly #line: ClusterLine;
  readonly #subscriptions = new Map<string, { count: number; readonly inner: Disposable }>();

  constructor(line: ClusterLine) {
    this.#line = line;
  }

  /** @param heard the same for all who share a subject; the first one's is called */
  add(subject: string, heard: (message: LineMessage) => void): Disposable {
    const entry = this.#subscriptions.get(subject) ?? { count: 0, inner: this.#line.subscribe(subject, heard) };
    entry.count++;
    this.#subscriptions.set(subject, entry);
    return toDisposable(() => {
      if (--entry.count > 0) return;
      if (this.#subscriptions.get(subject) === entry) this.#subscriptions.delete(subject);
      entry.inner.dispose();
    });
  }

  dispose(): void {
    for (const { inner } of this.#subscriptions.values()) inner.dispose();
    this.#subscriptions.clear();
  }
}
