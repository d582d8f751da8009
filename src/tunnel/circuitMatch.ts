import type { Disposable } from '../base/disposable.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { PairingFrame } from '../protocol/pairingFrames.ts';

/** Whom a dial-token hash belongs to, and how to talk to them. */
export type CircuitMatch = SessionMatch | PairingMatch;

/** Why a client may not come: removed, not now, its pairing was not used in time, or its key was made for a time that is over. */
export type LastWord = 'revoked' | 'paused' | 'pairingUnused' | 'keyExpired';

export interface SessionMatch {
  readonly purpose: 'session';
  readonly psk: Uint8Array;
  readonly clientId: string;
  /** Is this the key that was paired? */
  accepts(remoteStatic: Uint8Array): boolean;
  /** Said instead of HELLO to a client that may not come; read when its first record comes, for it may be so since JOINED. */
  readonly lastWord?: LastWord | undefined;
  /** The client's first record has been opened: it is who it says. */
  onAuthenticated(): void;
}

export interface PairingMatch {
  readonly purpose: 'pairing';
  readonly psk: Uint8Array;
  /** Ties the offer to the first key that comes; another key never. */
  accepts(remoteStatic: Uint8Array): boolean;
  /** A message 1 that was not made with the offer's secret. */
  onBadTry(): void;
  onChannel(channel: PairingChannel): PairingChannelEvents;
}

/** A session on which the pairing ceremony is held. */
export interface PairingChannel extends Disposable {
  readonly remoteStatic: Uint8Array;
  readonly chainingKey: Uint8Array;
  send(frame: PairingFrame): void;
  /** Ends the circuit once what was sent is out. */
  leave(reason: ErrorCode): void;
}

export interface PairingChannelEvents {
  onFrame(frame: PairingFrame): void;
  onClosed(): void;
}
