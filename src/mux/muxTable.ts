import type { Clock } from '../base/clock.ts';
import { toHex } from '../base/bytes.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Random } from '../base/random.ts';
import { DETACHED_MUX_LIFETIME_MS, MAX_DETACHED_MUXES_PER_CLIENT } from '../protocol/limits.ts';
import { TunnelError } from '../protocol/errors.ts';
import { INCARNATION_BYTES } from '../protocol/muxFrames.ts';
import { Mux, type Hello } from './mux.ts';

interface Entry {
  readonly mux: Mux;
  /** Set while detached: ends the mux when it fires. */
  expiry: Disposable | undefined;
}

/**
 * A device's muxes of one client, found by muxId. Detached ones wait 10 min, four at most; the oldest goes first. Each has an incarnation of
 * its own, so that a client whose mux has expired learns it instead of sending the rest of a stream to a table that lacks its beginning.
 */
export class MuxTable implements Disposable {
  readonly #clock: Clock;
  readonly #random: Random;
  /** In the order of their last detaching. */
  readonly #entries = new Map<string, Entry>();
  readonly #onNew: (mux: Mux) => void;

  /** @param onNew hears of each new mux before any frame reaches it */
  constructor(clock: Clock, random: Random, onNew: (mux: Mux) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#onNew = onNew;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Streams of all muxes, attached or not. */
  get streamCount(): number {
    let count = 0;
    for (const { mux } of this.#entries.values()) count += mux.streamCount;
    return count;
  }

  /**
   * The mux that a client's HELLO asks for, made when it is new; it no longer expires until released.
   * @throws TunnelError `replaced` for a HELLO that is not newer than the last, as from a link that was held up; it changes nothing
   */
  take({ muxId, attempt }: Hello): Mux {
    const key = toHex(muxId);
    const known = this.#entries.get(key);
    if (attempt <= (known?.mux.attempt ?? 0)) throw new TunnelError('replaced', 'an old HELLO');
    if (known) {
      known.expiry?.dispose();
      known.expiry = undefined;
      return known.mux;
    }
    const mux = new Mux({ role: 'device', muxId: muxId.slice(), incarnation: this.#random.bytes(INCARNATION_BYTES), clock: this.#clock });
    this.#entries.set(key, { mux, expiry: undefined });
    this.#onNew(mux);
    return mux;
  }

  /** The mux has lost its session: keep it for a while. */
  release(mux: Mux): void {
    const key = toHex(mux.muxId);
    const entry = this.#entries.get(key);
    if (entry?.mux !== mux) return;
    mux.detach();
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.expiry?.dispose();
    entry.expiry = this.#clock.after(DETACHED_MUX_LIFETIME_MS, () => {
      this.#drop(key);
    });
    const detached = [...this.#entries].filter(([, { expiry }]) => expiry !== undefined);
    for (const [oldest] of detached.slice(0, Math.max(0, detached.length - MAX_DETACHED_MUXES_PER_CLIENT))) this.#drop(oldest);
  }

  dispose(): void {
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    entry.expiry?.dispose();
    entry.mux.dispose();
  }
}
