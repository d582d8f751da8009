import { concatBytes, toBase64url, utf8 } from '../base/bytes.ts';
import type { CryptoPort } from '../secure/crypto.ts';
import type { HashKey } from './bus.ts';

const label = utf8('c2l presence');

/** Under this a device itself is known between nodes: not by its key, and not by anything that a client dials. */
export function presenceHash(crypto: Pick<CryptoPort, 'sha256'>, deviceKey: Uint8Array): HashKey {
  return toBase64url(crypto.sha256(concatBytes(label, deviceKey)));
}
