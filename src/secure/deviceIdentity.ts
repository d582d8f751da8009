import { fromBase64url, toBase64url } from '../base/bytes.ts';

export const DEVICE_KEY_BYTES = 32;
/** Characters of a device id. */
export const DEVICE_ID_LENGTH = 43;

/** A device's public key as 43 characters of base64url: the key is the name, so a name cannot be taken by another key. */
export function deviceIdOf(publicKey: Uint8Array): string {
  if (publicKey.length !== DEVICE_KEY_BYTES) throw new RangeError(`device key of ${String(publicKey.length)} bytes`);
  return toBase64url(publicKey);
}

/** @returns the public key, or undefined when `text` is no device id in its one canonical form */
export function parseDeviceId(text: string): Uint8Array | undefined {
  if (text.length !== DEVICE_ID_LENGTH) return undefined;
  try {
    return fromBase64url(text);
  } catch {
    return undefined;
  }
}

export function isDeviceId(text: string): boolean {
  return parseDeviceId(text) !== undefined;
}
