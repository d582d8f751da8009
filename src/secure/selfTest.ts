import { emptyBytes, toHex, utf8 } from '../base/bytes.ts';
import type { CryptoPort } from './crypto.ts';

/**
 * Whether a port gives known answers here and now: FIPS 180-4, RFC 4231, SP 800-38D and RFC 7748. Editors build their runtimes with
 * other cryptographic libraries than Node's own, so the composition root asks once before it relies on one.
 */
export function isSound(crypto: CryptoPort): boolean {
  try {
    return hashes(crypto) && seals(crypto) && agrees(crypto) && refusesLowOrder(crypto);
  } catch {
    return false;
  }
}

function hashes(crypto: CryptoPort): boolean {
  return (
    toHex(crypto.sha256(utf8('abc'))) === 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' &&
    toHex(crypto.hmacSha256(utf8('Jefe'), utf8('what do ya want for nothing?'))) ===
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
  );
}

function seals(crypto: CryptoPort): boolean {
  const aead = crypto.aead(new Uint8Array(32));
  const nonce = new Uint8Array(12);
  const sealed = aead.seal(nonce, emptyBytes, new Uint8Array(16));
  return (
    toHex(sealed) === 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919' &&
    aead.open(nonce, emptyBytes, sealed).length === 16
  );
}

/** The base point times itself; the first step of RFC 7748, section 5.2. */
function agrees(crypto: CryptoPort): boolean {
  const nine = new Uint8Array(32).fill(9, 0, 1);
  const key = crypto.importKey(nine);
  const expected = '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079';
  const secret = key.dh(nine);
  return toHex(key.publicKey) === expected && secret instanceof Uint8Array && toHex(secret) === expected;
}

function refusesLowOrder(crypto: CryptoPort): boolean {
  const key = crypto.importKey(new Uint8Array(32).fill(9));
  try {
    void key.dh(new Uint8Array(32));
    return false;
  } catch {
    return true;
  }
}
