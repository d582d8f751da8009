import { toBase64url, utf8 } from '../base/bytes.ts';
import type { Disposable } from '../base/disposable.ts';
import type { MaybePromise } from '../base/maybePromise.ts';
import type { Mux } from '../mux/mux.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_CIRCUITS_PER_HASH, MAX_GATEWAY_TUNNELS } from '../protocol/limits.ts';
import { deriveApiKey, parseApiKey } from '../secure/apiKey.ts';
import type { Pairing } from '../tunnel/clientTunnel.ts';
import { Line, type LineOptions } from './line.ts';

/** What was refused for good is not tried again before this. */
const REFUSED_MS = 10_000;

/** What a relay knows of a key's device without dialling it. */
export type Presence = 'served' | 'unknownKey' | 'deviceOffline';

export interface TunnelPoolOptions extends Omit<LineOptions, 'pairing'> {
  /** The relay's origin. */
  readonly origin: string;
  /** Asked before the first dial with a key. Without it the dial has to find out. */
  readonly presence?: (pairing: Pairing) => Promise<Presence>;
}

/** A place for one call on a tunnel that is up. Disposing gives it back. */
export interface Lease extends Disposable {
  readonly mux: Mux;
}

/** A key in use. */
interface Entry {
  readonly hash: string;
  readonly pairing: Pairing;
  readonly lines: Line[];
  /** The answer of the relay, while it is asked. */
  presence: Promise<Presence> | undefined;
  /** Calls that wait. */
  waiting: number;
  refusal: { readonly code: ErrorCode; readonly timer: Disposable } | undefined;
}

/**
 * Tunnels by the hash of their key; no key's text is kept. A key has more than one only while it has more calls than a mux has streams.
 */
export class TunnelPool implements Disposable {
  readonly #options: TunnelPoolOptions;
  readonly #entries = new Map<string, Entry>();
  #isDisposed = false;

  constructor(options: TunnelPoolOptions) {
    this.#options = options;
  }

  /** Tunnels dialled or open now. */
  get size(): number {
    let count = 0;
    for (const { lines } of this.#entries.values()) count += lines.length;
    return count;
  }

  /**
   * A place on a tunnel of `key`; at once when there is a live one.
   * @throws TunnelError (or rejects) `badApiKey`, `unknownKey`, `deviceOffline`, `tooManyStreams`, or why the tunnel cannot be had
   */
  take(key: string): MaybePromise<Lease> {
    if (this.#isDisposed) throw new TunnelError('closed');
    const entry = this.#entry(key);
    if (entry.refusal) throw new TunnelError(entry.refusal.code);
    const line = entry.lines.find((one) => one.isLive && one.hasRoom);
    return line ? lease(line) : this.#connect(entry);
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const { lines, refusal } of this.#entries.values()) {
      for (const line of lines) line.dispose();
      refusal?.timer.dispose();
    }
    this.#entries.clear();
  }

  #entry(key: string): Entry {
    const { crypto, origin } = this.#options;
    const hash = toBase64url(crypto.sha256(utf8(key)));
    const known = this.#entries.get(hash);
    if (known) return known;
    const { deviceKey, secret } = parseApiKey(key);
    const { psk, dialHash, staticKey } = deriveApiKey(crypto, secret);
    const pairing = { origin, deviceKey, staticKey, psk, dialHash };
    return { hash, pairing, lines: [], presence: undefined, waiting: 0, refusal: undefined };
  }

  async #connect(entry: Entry): Promise<Lease> {
    this.#entries.set(entry.hash, entry);
    entry.waiting++;
    try {
      const line = entry.lines.find(({ hasRoom }) => hasRoom);
      const held = line ? lease(line) : await this.#dial(entry);
      try {
        await held.whenLive();
        return held;
      } catch (error) {
        held.dispose();
        throw error;
      }
    } finally {
      entry.waiting--;
      this.#forgetIfUnused(entry);
    }
  }

  async #dial(entry: Entry): Promise<LineLease> {
    const { presence } = this.#options;
    if (presence && entry.lines.length === 0) {
      entry.presence ??= presence(entry.pairing).finally(() => {
        entry.presence = undefined;
      });
      const answer = await entry.presence;
      if (answer !== 'served') throw new TunnelError(answer);
      const other = entry.lines.find(({ hasRoom }) => hasRoom); // of a call that asked together with this one
      if (other) return lease(other);
    }
    if (this.#isDisposed) throw new TunnelError('closed');
    if (entry.lines.length >= MAX_CIRCUITS_PER_HASH) throw new TunnelError('tooManyStreams');
    if (this.size >= MAX_GATEWAY_TUNNELS && !this.#endAnIdleOne()) throw new TunnelError('relayBusy');
    const line: Line = new Line({ ...this.#options, pairing: entry.pairing }, (reason) => {
      this.#onEnd(entry, line, reason);
    });
    entry.lines.push(line);
    return lease(line);
  }

  #onEnd(entry: Entry, line: Line, reason: ErrorCode): void {
    remove(entry.lines, line);
    if (reason !== 'closed' && reason !== 'deviceOffline' && !this.#isDisposed) {
      entry.refusal?.timer.dispose();
      const timer = this.#options.clock.after(REFUSED_MS, () => {
        entry.refusal = undefined;
        this.#forgetIfUnused(entry);
      });
      entry.refusal = { code: reason, timer };
    }
    this.#forgetIfUnused(entry);
  }

  #endAnIdleOne(): boolean {
    for (const entry of this.#entries.values()) {
      const idle = entry.lines.find(({ calls }) => calls === 0);
      if (!idle) continue;
      idle.dispose();
      remove(entry.lines, idle);
      this.#forgetIfUnused(entry);
      return true;
    }
    return false;
  }

  #forgetIfUnused(entry: Entry): void {
    if (entry.lines.length === 0 && entry.waiting === 0 && !entry.refusal) this.#entries.delete(entry.hash);
  }
}

interface LineLease extends Lease {
  whenLive(): Promise<void>;
}

/** Counts at once, so that calls that come together do not all take the last place. */
function lease(line: Line): LineLease {
  const held = line.hold();
  return {
    mux: line.tunnel.mux,
    whenLive: () => line.whenLive(),
    dispose: () => {
      held.dispose();
    },
  };
}

function remove<T>(items: T[], item: T): void {
  const at = items.indexOf(item);
  if (at >= 0) items.splice(at, 1);
}
