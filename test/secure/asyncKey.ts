import type { DhKey } from '../../src/secure/crypto.ts';

/** A key that answers a turn later, as Web Crypto does. */
export function asyncKey(key: DhKey): DhKey {
  return {
    publicKey: key.publicKey,
    async dh(remotePublicKey) {
      await Promise.resolve();
      return key.dh(remotePublicKey);
    },
  };
}
