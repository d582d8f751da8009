import { ByteWriter } from '../base/byteWriter.ts';
import { equalBytes, fromBase64url, toBase64url, utf8 } from '../base/bytes.ts';
import type { CryptoPort } from './crypto.ts';
import { labels } from './labels.ts';

/** Shorter secrets could be found by trying them against an invite. */
export const MIN_INVITE_SECRET_BYTES = 16;

/** What a relay thinks of an invite. `expired` and `revoked` are only said of one that it did mint. */
export type InviteCheck =
  | { readonly kind: 'ok'; readonly name: string; readonly notAfter: number }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'badMac' }
  | { readonly kind: 'expired'; readonly name: string; readonly notAfter: number }
  | { readonly kind: 'revoked'; readonly name: string };

export function isInviteName(text: string): boolean {
  return /^[a-z0-9-]{1,32}$/.test(text);
}

/**
 * An invite `name.notAfter.mac`. It needs no storage: the relay recognises its own mark.
 * @param secret of the relay, at least {@link MIN_INVITE_SECRET_BYTES}
 * @param notAfter last valid second, since the Unix epoch
 * @throws RangeError for a name, time or secret that cannot stand in one
 */
export function mintInvite(crypto: CryptoPort, secret: Uint8Array, name: string, notAfter: number): string {
  if (!isInviteName(name)) throw new RangeError('an invite name is 1 to 32 of a-z, 0-9 and -');
  if (!Number.isSafeInteger(notAfter) || notAfter < 1) throw new RangeError('notAfter is a positive whole number of seconds');
  return `${name}.${String(notAfter)}.${toBase64url(mark(crypto, secret, name, notAfter))}`;
}

/** @param nowMs wall-clock time, ms. @param revokedNames names that the operator took back */
export function checkInvite(
  crypto: CryptoPort,
  secret: Uint8Array,
  invite: string,
  nowMs: number,
  revokedNames: ReadonlySet<string>,
): InviteCheck {
  const parts = /^([a-z0-9-]{1,32})\.([1-9][0-9]{0,15})\.([A-Za-z0-9_-]{43})$/.exec(invite);
  if (!parts) return { kind: 'malformed' };
  const [, name = '', seconds = '', mac = ''] = parts;
  const notAfter = Number(seconds);
  const given = decodeMac(mac);
  if (!given || !Number.isSafeInteger(notAfter)) return { kind: 'malformed' };
  if (!equalBytes(mark(crypto, secret, name, notAfter), given)) return { kind: 'badMac' };
  if (revokedNames.has(name)) return { kind: 'revoked', name };
  if (Math.floor(nowMs / 1000) > notAfter) return { kind: 'expired', name, notAfter };
  return { kind: 'ok', name, notAfter };
}

function decodeMac(text: string): Uint8Array | undefined {
  try {
    return fromBase64url(text);
  } catch {
    return undefined;
  }
}

function mark(crypto: CryptoPort, secret: Uint8Array, name: string, notAfter: number): Uint8Array {
  if (secret.length < MIN_INVITE_SECRET_BYTES)
    throw new RangeError(`the relay's secret is shorter than ${String(MIN_INVITE_SECRET_BYTES)} bytes`);
  return crypto.hmacSha256(secret, new ByteWriter().field(utf8(labels.invite)).field(utf8(name)).u64(notAfter).finish());
}
