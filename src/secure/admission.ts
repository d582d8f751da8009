import { ByteWriter } from '../base/byteWriter.ts';
import { equalBytes, utf8 } from '../base/bytes.ts';
import { whenReady, type MaybePromise } from '../base/maybePromise.ts';
import type { CryptoPort, DhKey } from './crypto.ts';
import { hkdf } from './hkdf.ts';
import { labels } from './labels.ts';

/** What the relay asks with: E and a nonce, both fresh and for one use. */
export interface AdmissionChallenge {
  /** E, 32 bytes. */
  readonly relayKey: Uint8Array;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
}

/** What a device says of itself when it registers, and proves. */
export interface AdmissionClaim {
  /** Raised by each new leader of the device. */
  readonly epoch: number;
  /** 16 random bytes of this process. */
  readonly instance: Uint8Array;
  /** Rises with each dial of this process. */
  readonly attempt: number;
}

/**
 * The device's proof that it holds the key D and dialled `origin` itself:
 * HMAC(HKDF(X25519(d, E), nonce, label), origin ‖ E ‖ D ‖ epoch ‖ instance ‖ attempt).
 * @param origin what the device dialled, as from `parseRelayUrl`
 * @throws when the relay's key is a low-order point
 */
export function proveAdmission(
  crypto: CryptoPort,
  deviceKey: DhKey,
  origin: string,
  challenge: AdmissionChallenge,
  claim: AdmissionClaim,
): MaybePromise<Uint8Array> {
  return whenReady(deviceKey.dh(challenge.relayKey), (secret) =>
    crypto.hmacSha256(proofKey(crypto, secret, challenge.nonce), provenBytes(origin, challenge.relayKey, deviceKey.publicKey, claim)),
  );
}

/** The relay's side of one challenge: its private half is used for one {@link verifyAdmission} and then dropped. */
export interface AdmissionCheck {
  readonly relayKey: DhKey;
  readonly nonce: Uint8Array;
  /** D, as the device registered it. */
  readonly deviceKey: Uint8Array;
  readonly claim: AdmissionClaim;
  readonly proof: Uint8Array;
  /** The origins under which this relay may be dialled; never what a Host header says. */
  readonly origins: readonly string[];
}

/** @returns the origin that the device dialled, or undefined when the proof does not hold for any of ours */
export function verifyAdmission(crypto: CryptoPort, check: AdmissionCheck): MaybePromise<string | undefined> {
  const { relayKey, nonce, deviceKey, claim, proof, origins } = check;
  const matching = (secret: Uint8Array): string | undefined => {
    const key = proofKey(crypto, secret, nonce);
    const expected = (origin: string): Uint8Array => crypto.hmacSha256(key, provenBytes(origin, relayKey.publicKey, deviceKey, claim));
    return origins.find((origin) => equalBytes(expected(origin), proof));
  };
  try {
    const secret = relayKey.dh(deviceKey);
    return secret instanceof Promise ? secret.then(matching, refused) : matching(secret);
  } catch {
    return undefined; // a low-order point as D: X25519 refuses it, so do we
  }
}

function refused(): undefined {
  return undefined;
}

function proofKey(crypto: CryptoPort, secret: Uint8Array, nonce: Uint8Array): Uint8Array {
  return hkdf(crypto, secret, nonce, utf8(labels.admission));
}

/** What the MAC covers. The origin alone varies in length, and a length stands before it. */
function provenBytes(origin: string, relayKey: Uint8Array, deviceKey: Uint8Array, claim: AdmissionClaim): Uint8Array {
  const out = new ByteWriter().field(utf8(origin)).bytes(relayKey).bytes(deviceKey);
  return out.u64(claim.epoch).bytes(claim.instance).u32(claim.attempt).finish();
}
