import type { Clock } from '../base/clock.ts';
import { toBase64url, utf8 } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import { MACHINE_OWNER } from '../conversation/ports.ts';
import { TunnelError } from '../protocol/errors.ts';
import { MAX_CLIENT_NAME_BYTES } from '../protocol/limits.ts';
import { CLIENT_ID_BYTES } from '../protocol/pairingFrames.ts';
import { deriveApiKey, formatApiKey, generateApiKey } from '../secure/apiKey.ts';
import type { CryptoPort } from '../secure/crypto.ts';
import type { StoredClient } from './deviceStore.ts';

/**
 * A pairing without a ceremony: the owner carries the secret. The device keeps what it needs to know the key's holder, never the key.
 * @param deviceKey D, 32 bytes
 * @throws TunnelError `messageTooLong` for a name that is longer than a client's may be
 */
export function makeApiKey(
  { clock, random, crypto }: { readonly clock: Clock; readonly random: Random; readonly crypto: CryptoPort },
  deviceKey: Uint8Array,
  name: string,
): { readonly client: StoredClient; readonly key: string } {
  if (utf8(name).length > MAX_CLIENT_NAME_BYTES) throw new TunnelError('messageTooLong', 'the name of a key');
  const apiKey = generateApiKey(random, deviceKey);
  const { psk, dialHash, staticKey } = deriveApiKey(crypto, apiKey.secret);
  const client: StoredClient = {
    id: toBase64url(random.bytes(CLIENT_ID_BYTES)),
    name,
    kind: 'key',
    scope: 'api',
    owner: MACHINE_OWNER,
    publicKey: staticKey.publicKey,
    psk,
    dialHash,
    state: 'active',
    pairedAt: clock.now(),
  };
  return { client, key: formatApiKey(apiKey) };
}
