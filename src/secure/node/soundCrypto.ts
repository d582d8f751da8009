import type { CryptoPort } from '../crypto.ts';
import { nobleCrypto } from '../nobleCrypto.ts';
import { isSound } from '../selfTest.ts';
import { nodeCrypto } from './nodeCrypto.ts';

/** Node's own cryptography where it gives the known answers, else noble. Asked once, by the composition root. */
export function soundCrypto(): CryptoPort {
  return isSound(nodeCrypto) ? nodeCrypto : nobleCrypto;
}
