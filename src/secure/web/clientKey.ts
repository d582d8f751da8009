import type { Random } from '../../base/random.ts';
import type { CryptoPort, DhKey } from '../crypto.ts';
import { canMakeWebDhKeys, generateWebDhKey, WebDhKey } from './webDhKey.ts';

/** A page's own key in the form in which it can be kept. */
export type ClientKey =
  | { readonly kind: 'native'; readonly privateKey: CryptoKey; readonly publicKey: Uint8Array }
  /** Where the runtime has no X25519 or cannot keep its keys. 32 secret bytes: wrap them before they are kept. */
  | { readonly kind: 'raw'; readonly privateKey: Uint8Array };

/** A fresh key, inside Web Crypto where that is possible. @param subtle undefined on insecure origins */
export async function generateClientKey(subtle: SubtleCrypto | undefined, random: Random): Promise<ClientKey> {
  if (!subtle || !(await canMakeWebDhKeys(subtle))) return generateRawClientKey(random);
  const { privateKey, publicKey } = await generateWebDhKey(subtle);
  return { kind: 'native', privateKey, publicKey };
}

/** For a browser whose storage gives native keys back damaged. */
export function generateRawClientKey(random: Random): ClientKey {
  return { kind: 'raw', privateKey: random.bytes(32) };
}

/** The key in use. @throws Error for a native key where Web Crypto is missing */
export function openClientKey(subtle: SubtleCrypto | undefined, crypto: CryptoPort, key: ClientKey): DhKey {
  if (key.kind === 'raw') return crypto.importKey(key.privateKey);
  if (!subtle) throw new Error('a native key without Web Crypto');
  return new WebDhKey(subtle, key.privateKey, key.publicKey);
}
