import type { Clock } from '../base/clock.ts';

/** Unknown keys from one address in one window before it is told to wait. A person with a wrong key tries a few times. */
const MAX_TRIES = 10;
const WINDOW_MS = 60_000;
/** Addresses remembered; the one that has been for longest goes first. */
const MAX_ADDRESSES = 4096;

/** Slows down who tries keys. They cannot be guessed; this is about load. */
export class BadKeyLimiter {
  readonly #clock: Clock;
  readonly #windows = new Map<string, { readonly endsAt: number; tries: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isBlocked(address: string): boolean {
    const window = this.#windows.get(address);
    return window !== undefined && window.tries >= MAX_TRIES && this.#clock.monotonic() < window.endsAt;
  }

  note(address: string): void {
    const now = this.#clock.monotonic();
    const window = this.#windows.get(address);
    if (window && now < window.endsAt) {
      window.tries++;
      return;
    }
    this.#windows.delete(address);
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined && this.#windows.size >= MAX_ADDRESSES) this.#windows.delete(oldest);
    this.#windows.set(address, { endsAt: now + WINDOW_MS, tries: 1 });
  }
}
