import type { OwnerId } from '../conversation/ports.ts';
import type { ClientKind, Scope } from '../protocol/pairingFrames.ts';
import type { LastWord } from '../tunnel/circuitMatch.ts';

/**
 * `pending` until its first authenticated record; `expired` when none has come for 10 min, or later for as long as the owner has set, or when
 * a key's time is over; `expired` and `revoked` are kept 30 days, so that the client can be told.
 */
export type ClientState = 'pending' | 'active' | 'expired' | 'revoked';

/** May this client come? */
export function isPaired({ state }: Pick<StoredClient, 'state'>): boolean {
  return state === 'pending' || state === 'active';
}

/** What a client is told that may not come; undefined for one that may. */
export function lastWordOf({ state, kind }: Pick<StoredClient, 'state' | 'kind'>): LastWord | undefined {
  switch (state) {
    case 'pending':
    case 'active':
      return undefined;
    case 'expired':
      return kind === 'key' ? 'keyExpired' : 'pairingUnused';
    case 'revoked':
      return 'revoked';
  }
}

/** A paired client as the device keeps it. */
export interface StoredClient {
  /** 16 bytes, base64url. */
  readonly id: string;
  readonly name: string;
  /** `key`: whoever holds an API key. */
  readonly kind: ClientKind | 'key';
  readonly scope: Scope;
  /** Whose conversations it sees: {@link MACHINE_OWNER}'s, or those of a guest, who is named by the client's id. */
  readonly owner: OwnerId;
  readonly publicKey: Uint8Array;
  readonly psk: Uint8Array;
  readonly dialHash: Uint8Array;
  readonly state: ClientState;
  /** Wall clock, ms. */
  readonly pairedAt: number;
  readonly lastSeenAt?: number;
  /** A key is good until then, wall clock, ms; without one until it is revoked. */
  readonly expiresAt?: number;
  /** When it was revoked, or expired. */
  readonly revokedAt?: number;
}

/** What a device remembers beside conversations. Synchronous and durable; throws TunnelError `storeFailed`. */
export interface DeviceStore {
  /** Raises the epoch and returns it; each new leader does so once. */
  raiseEpoch(): number;
  clients(): readonly StoredClient[];
  /** Adds a client, or replaces the one of the same id. */
  saveClient(client: StoredClient): void;
  removeClient(id: string): void;
  /** The owner lets nobody in for now. */
  isPaused(): boolean;
  setPaused(paused: boolean): void;
}
