import { assertNever } from '../base/assertNever.ts';
import { ByteReader } from '../base/byteReader.ts';
import { ByteWriter } from '../base/byteWriter.ts';
import { whenReady, type MaybePromise } from '../base/maybePromise.ts';
import type { Random } from '../base/random.ts';
import type { CipherState } from './cipherState.ts';
import type { CryptoPort, DhKey } from './crypto.ts';
import { SymmetricState } from './symmetricState.ts';

const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** What one message does, in order (Noise revision 34, section 7). */
export type HandshakeToken = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk';

/** A pattern whose initiator knows the responder's static key beforehand (`<- s`), such as the IK family. */
export interface HandshakePattern {
  readonly protocolName: string;
  readonly messages: readonly (readonly HandshakeToken[])[];
}

export interface HandshakeKeys {
  readonly prologue: Uint8Array;
  readonly staticKey: DhKey;
  /** The initiator knows it, the responder learns it. */
  readonly remoteStatic?: Uint8Array;
  /** 32 bytes, when the pattern has a `psk`. */
  readonly psk?: Uint8Array;
}

/** Noise's HandshakeState (revision 34, section 5.3). What it refuses and in which order it is called is up to noise.ts, its only user. */
export class HandshakeState {
  readonly #crypto: CryptoPort;
  readonly #random: Random;
  readonly #pattern: HandshakePattern;
  readonly #isInitiator: boolean;
  readonly #keys: HandshakeKeys;
  readonly #usesPsk: boolean;
  readonly #symmetric: SymmetricState;
  #ephemeral: DhKey | undefined;
  #remoteEphemeral: Uint8Array | undefined;
  #remoteStatic: Uint8Array | undefined;
  #message = 0;

  constructor(crypto: CryptoPort, random: Random, pattern: HandshakePattern, isInitiator: boolean, keys: HandshakeKeys) {
    this.#crypto = crypto;
    this.#random = random;
    this.#pattern = pattern;
    this.#isInitiator = isInitiator;
    this.#keys = keys;
    this.#usesPsk = pattern.messages.some((tokens) => tokens.includes('psk'));
    if (this.#usesPsk && keys.psk?.length !== KEY_BYTES) throw new RangeError(`a pre-shared key has ${String(KEY_BYTES)} bytes`);
    this.#remoteStatic = keys.remoteStatic;
    this.#symmetric = new SymmetricState(crypto, pattern.protocolName);
    this.#symmetric.mixHash(keys.prologue);
    this.#symmetric.mixHash(isInitiator ? known(keys.remoteStatic) : keys.staticKey.publicKey);
  }

  get remoteStatic(): Uint8Array {
    return known(this.#remoteStatic);
  }

  get handshakeHash(): Uint8Array {
    return this.#symmetric.hash;
  }

  get chainingKey(): Uint8Array {
    return this.#symmetric.chainingKey;
  }

  split(): readonly [CipherState, CipherState] {
    return this.#symmetric.split();
  }

  writeMessage(payload: Uint8Array): MaybePromise<Uint8Array> {
    const out = new ByteWriter();
    return whenReady(
      this.#runTokens((token) => this.#write(token, out)),
      () => out.bytes(this.#symmetric.encryptAndHash(payload)).finish(),
    );
  }

  /** @returns the payload. @throws when the message does not fit */
  readMessage(message: Uint8Array): MaybePromise<Uint8Array> {
    const reader = new ByteReader(message);
    return whenReady(
      this.#runTokens((token) => this.#read(token, reader)),
      () => this.#symmetric.decryptAndHash(reader.rest()),
    );
  }

  /** One token after the other; it only waits when a DH does. */
  #runTokens(run: (token: HandshakeToken) => MaybePromise<void>): MaybePromise<void> {
    const tokens = this.#pattern.messages[this.#message++] ?? [];
    const from = (index: number): MaybePromise<void> => {
      const token = tokens[index];
      return token === undefined ? undefined : whenReady(run(token), () => from(index + 1));
    };
    return from(0);
  }

  #write(token: HandshakeToken, out: ByteWriter): MaybePromise<void> {
    switch (token) {
      case 'e':
        this.#ephemeral = this.#crypto.importKey(this.#random.bytes(KEY_BYTES));
        out.bytes(this.#ephemeral.publicKey);
        this.#mixEphemeral(this.#ephemeral.publicKey);
        return;
      case 's':
        out.bytes(this.#symmetric.encryptAndHash(this.#keys.staticKey.publicKey));
        return;
      default:
        return this.#mix(token);
    }
  }

  #read(token: HandshakeToken, reader: ByteReader): MaybePromise<void> {
    switch (token) {
      case 'e':
        this.#remoteEphemeral = reader.bytes(KEY_BYTES).slice();
        this.#mixEphemeral(this.#remoteEphemeral);
        return;
      case 's':
        this.#remoteStatic = this.#symmetric
          .decryptAndHash(reader.bytes(this.#symmetric.hasKey ? KEY_BYTES + TAG_BYTES : KEY_BYTES))
          .slice();
        return;
      default:
        return this.#mix(token);
    }
  }

  #mixEphemeral(publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey);
    // in a pattern with a pre-shared key the ephemeral randomises every key that stands on it (section 9.2)
    if (this.#usesPsk) this.#symmetric.mixKey(publicKey);
  }

  #mix(token: Exclude<HandshakeToken, 'e' | 's'>): MaybePromise<void> {
    const { staticKey, psk } = this.#keys;
    switch (token) {
      case 'ee':
        return this.#mixDh(known(this.#ephemeral), this.#remoteEphemeral);
      case 'ss':
        return this.#mixDh(staticKey, this.#remoteStatic);
      case 'es':
        return this.#isInitiator ? this.#mixDh(known(this.#ephemeral), this.#remoteStatic) : this.#mixDh(staticKey, this.#remoteEphemeral);
      case 'se':
        return this.#isInitiator ? this.#mixDh(staticKey, this.#remoteEphemeral) : this.#mixDh(known(this.#ephemeral), this.#remoteStatic);
      case 'psk':
        this.#symmetric.mixKeyAndHash(known(psk));
        return;
      default:
        return assertNever(token);
    }
  }

  #mixDh(own: DhKey, remote: Uint8Array | undefined): MaybePromise<void> {
    return whenReady(own.dh(known(remote)), (secret) => {
      this.#symmetric.mixKey(secret);
    });
  }
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a key that the pattern needs is missing');
  return value;
}
