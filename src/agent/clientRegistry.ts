import type { Clock } from '../base/clock.ts';
import { equalBytes, utf8 } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import { TunnelError } from '../protocol/errors.ts';
import { MAX_CLIENT_NAME_BYTES, MAX_TOKENS_PER_DEVICE, PAIRING_PENDING_LIFETIME_MS } from '../protocol/limits.ts';
import type { LastWord, SessionMatch } from '../tunnel/circuitMatch.ts';
import { isPaired, lastWordOf, type DeviceStore, type StoredClient } from './deviceStore.ts';

const REVOKED_KEPT_MS = 30 * 24 * 60 * 60_000;
/** Last-seen times are for people: one write a minute and client is enough. */
const LAST_SEEN_STEP_MS = 60_000;
/** Timers reach no further than 24 days, and the wall clock may be set meanwhile. */
const LONGEST_WAIT_MS = 24 * 60 * 60_000;

export interface TurnedAway {
  readonly client: StoredClient;
  readonly reason: LastWord;
}

/** The paired clients: who may dial, by which hash, and as whom. */
export class ClientRegistry implements Disposable {
  readonly #store: DeviceStore;
  readonly #clock: Clock;
  readonly #clients = new Map<string, StoredClient>();
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new Emitter<undefined>());
  readonly #turnedAway = this.#owned.add(new Emitter<TurnedAway>());
  readonly #expired = this.#owned.add(new Emitter<StoredClient>());
  #next: Disposable | undefined;
  #isPaused: boolean;

  constructor(store: DeviceStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#isPaused = store.isPaused();
    for (const client of store.clients()) {
      if (this.#isForgotten(client)) store.removeClient(client.id);
      else this.#clients.set(client.id, client);
    }
    this.#arm();
  }

  /** Clients, or their hashes, have changed. */
  readonly onDidChange = this.#changed.event;

  /** A client proved who it is and was told why it may not come. */
  readonly onDidTurnAway = this.#turnedAway.event;

  /** The time of a client is over. */
  readonly onDidExpire = this.#expired.event;

  /** Who comes is told that access is paused. It outlives a restart. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  setPaused(paused: boolean): void {
    if (paused === this.#isPaused) return;
    this.#store.setPaused(paused);
    this.#isPaused = paused;
    this.#changed.fire(undefined);
  }

  /** Newest first; those that may come. */
  get paired(): readonly StoredClient[] {
    return this.#all.filter(isPaired).sort((a, b) => b.pairedAt - a.pairedAt);
  }

  /** Hashes to register: who may no longer come stays dialable, to be told, as far as the relay takes them; room is left for an offer. */
  get hashes(): readonly Uint8Array[] {
    const others = this.#all.filter((client) => !isPaired(client)).sort((a, b) => b.pairedAt - a.pairedAt);
    return [...this.paired, ...others].slice(0, MAX_TOKENS_PER_DEVICE - 1).map(({ dialHash }) => dialHash);
  }

  /** As it is now: whose time is over is `expired`, also before that has been written down. */
  get(id: string): StoredClient | undefined {
    const client = this.#clients.get(id);
    return client && this.#asOfNow(client);
  }

  save(client: StoredClient): void {
    this.#store.saveClient(client);
    this.#clients.set(client.id, client);
    this.#arm();
    this.#changed.fire(undefined);
  }

  /** Changes what is kept of a client that may come; nothing for another. @throws TunnelError `messageTooLong` for a name */
  change(id: string, change: Partial<Pick<StoredClient, 'name' | 'scope'>>): void {
    const client = this.get(id);
    if (!client || !isPaired(client)) return;
    if (utf8(change.name ?? '').length > MAX_CLIENT_NAME_BYTES) throw new TunnelError('messageTooLong', 'the name of a client');
    this.save({ ...client, ...change });
  }

  revoke(id: string): void {
    const client = this.#clients.get(id);
    if (!client || client.state === 'revoked') return;
    this.save({ ...client, state: 'revoked', revokedAt: this.#clock.now() });
  }

  /** Ends the pairings of browsers and editors that were last here before `before`, wall clock, ms; one that `isHere` is seen now. */
  expireIdle(before: number, isHere: (id: string) => boolean): void {
    for (const client of this.paired) {
      if (client.kind === 'key') continue; // a program may well ask once in a quarter
      if (isHere(client.id)) this.#seen(client.id);
      else if ((client.lastSeenAt ?? client.pairedAt) < before) this.save({ ...client, state: 'expired', revokedAt: this.#clock.now() });
    }
  }

  match(hash: Uint8Array): SessionMatch | undefined {
    const client = [...this.#clients.values()].find(({ dialHash }) => equalBytes(dialHash, hash));
    if (!client) return undefined;
    const { id, psk, publicKey } = client;
    const lastWord = (): LastWord | undefined => {
      const now = this.get(id);
      return now ? (lastWordOf(now) ?? (this.#isPaused ? 'paused' : undefined)) : 'revoked';
    };
    return {
      purpose: 'session',
      psk,
      clientId: id,
      accepts: (remoteStatic) => equalBytes(remoteStatic, publicKey),
      get lastWord() {
        return lastWord();
      },
      onAuthenticated: () => {
        const reason = lastWord();
        if (reason !== undefined) this.#turnedAway.fire({ client: this.get(id) ?? client, reason });
        this.#seen(id);
      },
    };
  }

  dispose(): void {
    this.#next?.dispose();
    this.#owned.dispose();
  }

  get #all(): StoredClient[] {
    return [...this.#clients.values()].map((client) => this.#asOfNow(client));
  }

  /** When the client's time is over by itself; never for most. */
  #dueAt({ state, pairedAt, expiresAt = Infinity }: StoredClient): number {
    if (state === 'pending') return Math.min(expiresAt, pairedAt + PAIRING_PENDING_LIFETIME_MS);
    return state === 'active' ? expiresAt : Infinity;
  }

  #asOfNow(client: StoredClient): StoredClient {
    const now = this.#clock.now();
    return this.#dueAt(client) > now ? client : { ...client, state: 'expired', revokedAt: now };
  }

  #seen(id: string): void {
    const client = this.get(id);
    if (!client || !isPaired(client)) return;
    const now = this.#clock.now();
    const isNew = client.state === 'pending';
    if (!isNew && client.lastSeenAt !== undefined && now - client.lastSeenAt < LAST_SEEN_STEP_MS) return;
    this.save({ ...client, state: 'active', lastSeenAt: now });
  }

  /** One timer, for whose time is over next. */
  #arm(): void {
    this.#next?.dispose();
    if (this.#owned.isDisposed) return;
    const dueAt = Math.min(...[...this.#clients.values()].map((client) => this.#dueAt(client)), Infinity);
    if (dueAt === Infinity) return;
    const leftMs = Math.max(0, dueAt - this.#clock.now());
    this.#next = this.#clock.after(Math.min(leftMs, LONGEST_WAIT_MS), () => {
      this.#expireDue();
      this.#arm();
    });
  }

  #expireDue(): void {
    for (const before of [...this.#clients.values()]) {
      const now = this.#asOfNow(before);
      if (now === before) continue;
      this.save(now);
      this.#expired.fire(now);
    }
  }

  #isForgotten({ state, revokedAt }: StoredClient): boolean {
    return (state === 'revoked' || state === 'expired') && this.#clock.now() - (revokedAt ?? 0) >= REVOKED_KEPT_MS;
  }
}
