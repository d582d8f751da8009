/** Something with unsent bytes that can be given up. */
export interface BacklogHolder {
  /** Gives the bytes up, ending what they belong to. */
  shed(): void;
}

/** Counts the unsent bytes of the whole relay and sheds the largest holder when they pass the bound. */
export class BacklogBudget {
  readonly #maxBytes: number;
  readonly #held = new Map<BacklogHolder, number>();
  #total = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get totalBytes(): number {
    return this.#total;
  }

  /** Says how much `holder` has unsent now; 0 forgets it. The largest holder, perhaps this one, may be shed before this returns. */
  set(holder: BacklogHolder, bytes: number): void {
    this.#total += bytes - (this.#held.get(holder) ?? 0);
    if (bytes > 0) this.#held.set(holder, bytes);
    else this.#held.delete(holder);
    while (this.#total > this.#maxBytes) this.#shedLargest();
  }

  #shedLargest(): void {
    let largest: BacklogHolder | undefined;
    let most = 0;
    for (const [holder, bytes] of this.#held) {
      if (bytes <= most) continue;
      largest = holder;
      most = bytes;
    }
    if (!largest) return;
    this.set(largest, 0); // first, so that shedding cannot come back to it
    largest.shed();
  }
}
