import type { Clock } from '../base/clock.ts';
import { toBase64url, utf8 } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import { MACHINE_OWNER } from '../conversation/ports.ts';
import { MAX_KEY_DAYS, type KeyGrant } from '../protocol/agentControl.ts';
import { TunnelError } from '../protocol/errors.ts';
import { MAX_CLIENT_NAME_BYTES } from '../protocol/limits.ts';
import { CLIENT_ID_BYTES } from '../protocol/pairingFrames.ts';
import { deriveApiKey, formatApiKey, generateApiKey } from '../secure/apiKey.ts';
import type { CryptoPort } from '../secure/crypto.ts';
import type { StoredClient } from './deviceStore.ts';

const DAY_MS = 24 * 60 * 60_000;

/**
 * A pairing without a ceremony: the owner carries the secret. The device keeps what it needs to know the key's holder, never the key; what the
 * key may do and until when is kept here and asked here, whatever its holder says.
 * @param deviceKey D, 32 bytes
 * @throws TunnelError `messageTooLong` for a name that is longer than a client's may be, `badMessage` for days that are none
 */
export function makeApiKey(
  { clock, random, crypto }: { readonly clock: Clock; readonly random: Random; readonly crypto: CryptoPort },
  deviceKey: Uint8Array,
  name: string,
  { scope = 'api', days }: KeyGrant = {},
): { readonly client: StoredClient; readonly key: string } {
  if (utf8(name).length > MAX_CLIENT_NAME_BYTES) throw new TunnelError('messageTooLong', 'the name of a key');
  if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= MAX_KEY_DAYS))
    throw new TunnelError('badMessage', `a key is good for 1 to ${String(MAX_KEY_DAYS)} days`);
  const apiKey = generateApiKey(random, deviceKey);
  const { psk, dialHash, staticKey } = deriveApiKey(crypto, apiKey.secret);
  const pairedAt = clock.now();
  const client: StoredClient = {
    id: toBase64url(random.bytes(CLIENT_ID_BYTES)),
    name,
    kind: 'key',
    scope,
    owner: MACHINE_OWNER,
    publicKey: staticKey.publicKey,
    psk,
    dialHash,
    state: 'active',
    pairedAt,
    ...(days === undefined ? {} : { expiresAt: pairedAt + days * DAY_MS }),
  };
  return { client, key: formatApiKey(apiKey) };
}
