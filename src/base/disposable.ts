/** Something with a lifetime. `dispose` may be called twice; the second call does nothing. */
export interface Disposable {
  dispose(): void;
}

/** Makes a disposable from a function, which runs at most once. */
export function toDisposable(release: () => void): Disposable {
  let pending: (() => void) | undefined = release;
  return {
    dispose() {
      const run = pending;
      pending = undefined;
      run?.();
    },
  };
}

/** Owns lifetimes and ends them together, newest first. What is added after the end is ended at once. */
export class DisposableStore implements Disposable {
  #items: Set<Disposable> | undefined = new Set();

  get isDisposed(): boolean {
    return this.#items === undefined;
  }

  /** Puts `item` into this store and returns it, so that it can be owned on the line that makes it. */
  add<T extends Disposable>(item: T): T {
    if (this.#items) this.#items.add(item);
    else item.dispose();
    return item;
  }

  /** Ends one item before its time and forgets it. */
  delete(item: Disposable): void {
    this.#items?.delete(item);
    item.dispose();
  }

  /** Ends all items and stays usable. */
  clear(): void {
    const items = this.#items;
    if (!items) return;
    this.#items = new Set();
    disposeAll(items);
  }

  dispose(): void {
    const items = this.#items;
    this.#items = undefined;
    if (items) disposeAll(items);
  }
}

function disposeAll(items: Set<Disposable>): void {
  for (const item of [...items].reverse()) item.dispose();
}
