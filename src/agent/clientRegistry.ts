import type { Clock } from '../base/clock.ts';
import { equalBytes, utf8 } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import { TunnelError } from '../protocol/errors.ts';
import { MAX_CLIENT_NAME_BYTES, MAX_TOKENS_PER_DEVICE, PAIRING_PENDING_LIFETIME_MS } from '../protocol/limits.ts';
import type { LastWord, SessionMatch } from '../tunnel/circuitMatch.ts';
import { isPaired, type ClientState, type DeviceStore, type StoredClient } from './deviceStore.ts';

const REVOKED_KEPT_MS = 30 * 24 * 60 * 60_000;
/** Last-seen times are for people: one write a minute and client is enough. */
const LAST_SEEN_STEP_MS = 60_000;

const lastWords: Readonly<Record<ClientState, LastWord | undefined>> = {
  pending: undefined,
  active: undefined,
  expired: 'pairingUnused',
  revoked: 'revoked',
};

/** The paired clients: who may dial, by which hash, and as whom. */
export class ClientRegistry implements Disposable {
  readonly #store: DeviceStore;
  readonly #clock: Clock;
  readonly #clients = new Map<string, StoredClient>();
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new Emitter<undefined>());
  #isPaused: boolean;

  constructor(store: DeviceStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#isPaused = store.isPaused();
    for (const client of store.clients()) {
      if (this.#isForgotten(client)) store.removeClient(client.id);
      else this.#put(client);
    }
  }

  /** Clients, or their hashes, have changed. */
  readonly onDidChange = this.#changed.event;

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
    return [...this.#clients.values()].filter(isPaired).sort((a, b) => b.pairedAt - a.pairedAt);
  }

  /** Hashes to register: who may no longer come stays dialable, to be told, as far as the relay takes them; room is left for an offer. */
  get hashes(): readonly Uint8Array[] {
    const others = [...this.#clients.values()].filter((client) => !isPaired(client)).sort((a, b) => b.pairedAt - a.pairedAt);
    return [...this.paired, ...others].slice(0, MAX_TOKENS_PER_DEVICE - 1).map(({ dialHash }) => dialHash);
  }

  get(id: string): StoredClient | undefined {
    return this.#clients.get(id);
  }

  save(client: StoredClient): void {
    this.#store.saveClient(client);
    this.#put(client);
    this.#changed.fire(undefined);
  }

  /** Changes what is kept of a client that may come; nothing for another. @throws TunnelError `messageTooLong` for a name */
  change(id: string, change: Partial<Pick<StoredClient, 'name' | 'scope'>>): void {
    const client = this.#clients.get(id);
    if (!client || !isPaired(client)) return;
    if (utf8(change.name ?? '').length > MAX_CLIENT_NAME_BYTES) throw new TunnelError('messageTooLong', 'the name of a client');
    this.save({ ...client, ...change });
  }

  revoke(id: string): void {
    const client = this.#clients.get(id);
    if (!client || client.state === 'revoked') return;
    this.save({ ...client, state: 'revoked', revokedAt: this.#clock.now() });
  }

  match(hash: Uint8Array): SessionMatch | undefined {
    const client = [...this.#clients.values()].find(({ dialHash }) => equalBytes(dialHash, hash));
    if (!client) return undefined;
    const { id, psk, publicKey } = client;
    const lastWord = (): LastWord | undefined =>
      lastWords[this.#clients.get(id)?.state ?? 'revoked'] ?? (this.#isPaused ? 'paused' : undefined);
    return {
      purpose: 'session',
      psk,
      clientId: id,
      accepts: (remoteStatic) => equalBytes(remoteStatic, publicKey),
      get lastWord() {
        return lastWord();
      },
      onAuthenticated: () => {
        this.#seen(id);
      },
    };
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #seen(id: string): void {
    const client = this.#clients.get(id);
    if (!client || !isPaired(client)) return;
    const now = this.#clock.now();
    const isNew = client.state === 'pending';
    if (!isNew && client.lastSeenAt !== undefined && now - client.lastSeenAt < LAST_SEEN_STEP_MS) return;
    this.save({ ...client, state: 'active', lastSeenAt: now });
  }

  #put(client: StoredClient): void {
    this.#clients.set(client.id, client);
    if (client.state !== 'pending') return;
    const left = client.pairedAt + PAIRING_PENDING_LIFETIME_MS - this.#clock.now();
    this.#owned.add(
      this.#clock.after(left, () => {
        this.#expire(client.id);
      }),
    );
  }

  #expire(id: string): void {
    const client = this.#clients.get(id);
    const now = this.#clock.now();
    if (client?.state !== 'pending') return;
    if (now - client.pairedAt < PAIRING_PENDING_LIFETIME_MS) this.#put(client);
    else this.save({ ...client, state: 'expired', revokedAt: now });
  }

  #isForgotten({ state, revokedAt }: StoredClient): boolean {
    return (state === 'revoked' || state === 'expired') && this.#clock.now() - (revokedAt ?? 0) >= REVOKED_KEPT_MS;
  }
}
