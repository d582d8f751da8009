/**
 * Those who wait for their turn, each once, in the order in which they came. A Set would do, but one that is filled and emptied all the time
 * leaves a chain of outgrown tables behind: once the first of them is old, each keeps the next from being collected as young, and what is
 * left for the garbage collector's long pauses grows with every turn.
 */
export class Turns<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  has(item: T): boolean {
    return this.#items.includes(item);
  }

  /** Puts `item` behind the others, unless it waits already. */
  add(item: T): void {
    if (!this.#items.includes(item)) this.#items.push(item);
  }

  delete(item: T): void {
    const at = this.#items.indexOf(item);
    if (at >= 0) this.#items.splice(at, 1);
  }

  clear(): void {
    this.#items.length = 0;
  }

  /** @param place 0 for the first */
  at(place: number): T | undefined {
    return this.#items[place];
  }

  /** Takes the first one out. */
  next(): T | undefined {
    return this.#items.shift();
  }
}
