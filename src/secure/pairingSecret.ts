import { emptyBytes, utf8 } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import { TunnelError } from '../protocol/errors.ts';
import { fromCrockford, toCrockford } from './crockford.ts';
import type { CryptoPort } from './crypto.ts';
import { hkdf } from './hkdf.ts';
import { labels } from './labels.ts';

/** 100 bits: out of reach for guessing, and still 20 characters to type. */
const SECRET_CHARACTERS = 20;
const SECRET_BYTES = 13;
const GROUP_CHARACTERS = 5;

/** What both ends derive to find each other at the relay and to begin a handshake. */
export interface DialSecrets {
  /** Pre-shared key of the handshake, 32 bytes. */
  readonly psk: Uint8Array;
  /** 32 bytes. It never travels. */
  readonly dialToken: Uint8Array;
  /** SHA-256 of the dial token: what DIAL and TOKENS carry. */
  readonly dialHash: Uint8Array;
}

/** A fresh one-time secret S: 13 bytes, the last four bits zero. */
export function generatePairingSecret(random: Random): Uint8Array {
  const secret = random.bytes(SECRET_BYTES).slice();
  secret[SECRET_BYTES - 1] = (secret[SECRET_BYTES - 1] ?? 0) & 0xf0;
  return secret;
}

/** S as it is typed: `XXXXX-XXXXX-XXXXX-XXXXX`. */
export function formatPairingCode(secret: Uint8Array): string {
  const text = pairingFragment(secret);
  return Array.from({ length: SECRET_CHARACTERS / GROUP_CHARACTERS }, (_, group) =>
    text.slice(group * GROUP_CHARACTERS, (group + 1) * GROUP_CHARACTERS),
  ).join('-');
}

/** S as it stands in a link: 20 characters of A-Z and 0-9. */
export function pairingFragment(secret: Uint8Array): string {
  return toCrockford(secret, SECRET_CHARACTERS);
}

/** Reads either form, as people type it. @throws TunnelError `badPairingLink` */
export function parsePairingCode(text: string): Uint8Array {
  try {
    return fromCrockford(text, SECRET_CHARACTERS);
  } catch (error) {
    throw new TunnelError('badPairingLink', `a code has ${String(SECRET_CHARACTERS)} letters and digits`, { cause: error });
  }
}

/** Of an open offer. @param secret S */
export function deriveOffer(crypto: CryptoPort, secret: Uint8Array): DialSecrets {
  return dialSecrets(crypto, secret, labels.pairingPsk, labels.pairingDial);
}

/** Of a paired client. @param root as from {@link rootOf} */
export function deriveClient(crypto: CryptoPort, root: Uint8Array): DialSecrets {
  return dialSecrets(crypto, root, labels.sessionPsk, labels.sessionDial);
}

/** What a pairing leaves behind, 32 bytes: it stands on the handshake's keys too, so a link that leaks later reveals nothing. */
export function rootOf(crypto: CryptoPort, chainingKey: Uint8Array): Uint8Array {
  return hkdf(crypto, chainingKey, emptyBytes, utf8(labels.root));
}

/** Of an API key. @param secret as in the key */
export function deriveKeySecrets(crypto: CryptoPort, secret: Uint8Array): DialSecrets {
  return dialSecrets(crypto, secret, labels.keyPsk, labels.keyDial);
}

function dialSecrets(crypto: CryptoPort, secret: Uint8Array, pskLabel: string, dialLabel: string): DialSecrets {
  const dialToken = hkdf(crypto, secret, emptyBytes, utf8(dialLabel));
  return { psk: hkdf(crypto, secret, emptyBytes, utf8(pskLabel)), dialToken, dialHash: crypto.sha256(dialToken) };
}
