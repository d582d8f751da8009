import { toDisposable, type Disposable } from '../base/disposable.ts';
import { addressKey, isNearAddress } from './addresses.ts';

/** Counts the dials that wait for a device, so that strangers cannot pile them up. */
export class ParkedDials {
  readonly #max: number;
  readonly #maxPerAddress: number;
  readonly #perAddress = new Map<string, number>();
  #total = 0;

  constructor(max: number, maxPerAddress: number) {
    this.#max = max;
    this.#maxPerAddress = maxPerAddress;
  }

  get total(): number {
    return this.#total;
  }

  /** Takes a place; disposing gives it back. Undefined when there is none left, in all or for this address. */
  park(remoteAddress: string): Disposable | undefined {
    const key = isNearAddress(remoteAddress) ? undefined : addressKey(remoteAddress);
    if (this.#total >= this.#max) return undefined;
    if (key !== undefined && (this.#perAddress.get(key) ?? 0) >= this.#maxPerAddress) return undefined;
    this.#count(key, 1);
    return toDisposable(() => {
      this.#count(key, -1);
    });
  }

  #count(key: string | undefined, change: 1 | -1): void {
    this.#total += change;
    if (key === undefined) return;
    const count = (this.#perAddress.get(key) ?? 0) + change;
    if (count > 0) this.#perAddress.set(key, count);
    else this.#perAddress.delete(key);
  }
}
