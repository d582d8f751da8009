import { DecodeError, emptyBytes, fromBase64url, toBase64url, utf8 } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { CryptoPort, DhKey } from './crypto.ts';
import { DEVICE_ID_LENGTH, deviceIdOf, parseDeviceId } from './deviceIdentity.ts';
import { hkdf } from './hkdf.ts';
import { labels } from './labels.ts';
import { deriveKeySecrets, type DialSecrets } from './pairingSecret.ts';

const PREFIX = 'c2l_';
const SECRET_BYTES = 32;
const SECRET_LENGTH = 43;
const SECRET_AT = PREFIX.length + DEVICE_ID_LENGTH + 1;
/** Characters of a key. */
export const API_KEY_LENGTH = SECRET_AT + SECRET_LENGTH;

/** What an API key says: whose it is, and what only its holders and the device can derive from. */
export interface ApiKey {
  /** D, 32 bytes. */
  readonly deviceKey: Uint8Array;
  /** 32 random bytes. */
  readonly secret: Uint8Array;
}

/** What dialling with a key takes: a key is a whole pairing in one line of text. */
export interface ApiKeySecrets extends DialSecrets {
  /** The client's own key. The device keeps its public half. */
  readonly staticKey: DhKey;
}

/** A new key to a device. @param deviceKey D, 32 bytes */
export function generateApiKey(random: Random, deviceKey: Uint8Array): ApiKey {
  return { deviceKey, secret: random.bytes(SECRET_BYTES) };
}

/** `c2l_<deviceId>_<secret>`; 91 characters that survive a shell, a header and a double click. */
export function formatApiKey({ deviceKey, secret }: ApiKey): string {
  return `${PREFIX}${deviceIdOf(deviceKey)}_${toBase64url(secret)}`;
}

/** Cut at fixed lengths, because base64url may hold `_` itself. @throws TunnelError `badApiKey`, with what is wrong as its detail */
export function parseApiKey(text: string): ApiKey {
  if (!text.startsWith(PREFIX)) throw new TunnelError('badApiKey', `a key begins with ${PREFIX}`);
  if (text.length !== API_KEY_LENGTH) throw new TunnelError('badApiKey', `a key has ${String(API_KEY_LENGTH)} characters`);
  const deviceKey = parseDeviceId(text.slice(PREFIX.length, SECRET_AT - 1));
  const secret = decodeSecret(text.slice(SECRET_AT));
  if (!deviceKey || text[SECRET_AT - 1] !== '_' || !secret) throw new TunnelError('badApiKey', 'a character is wrong');
  return { deviceKey, secret };
}

/** Three labels of the one secret. */
export function deriveApiKey(crypto: CryptoPort, secret: Uint8Array): ApiKeySecrets {
  const staticKey = crypto.importKey(hkdf(crypto, secret, emptyBytes, utf8(labels.keyClient)));
  return { ...deriveKeySecrets(crypto, secret), staticKey };
}

function decodeSecret(text: string): Uint8Array | undefined {
  try {
    return fromBase64url(text);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
