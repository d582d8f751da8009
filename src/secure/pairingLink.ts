import { TunnelError } from '../protocol/errors.ts';
import { parseRelayUrl } from '../protocol/relayUrl.ts';
import { deviceIdOf, parseDeviceId } from './deviceIdentity.ts';
import { pairingFragment, parsePairingCode } from './pairingSecret.ts';

/** What a typed code says, at the relay where it is typed. Whose device it is the relay tells; another one lacks S and cannot answer. */
export interface PairingCode {
  /** As from `parseRelayUrl`. */
  readonly origin: string;
  /** S. */
  readonly secret: Uint8Array;
  readonly deviceKey?: Uint8Array;
}

/** What a pairing link or QR code says. The fragment never reaches the relay. */
export interface PairingLink extends PairingCode {
  /** D, 32 bytes. */
  readonly deviceKey: Uint8Array;
}

/** `https://relay/#pair=<deviceId>.<S>`. @param link.origin the relay's origin */
export function formatPairingLink(link: PairingLink): string {
  return `${link.origin}/#pair=${deviceIdOf(link.deviceKey)}.${pairingFragment(link.secret)}`;
}

/** @throws TunnelError `badPairingLink` */
export function parsePairingLink(text: string): PairingLink {
  const trimmed = text.trim();
  const hash = trimmed.indexOf('#');
  if (hash < 0) throw new TunnelError('badPairingLink', 'the part after # is missing');
  return { origin: originOf(trimmed.slice(0, hash)), ...parsePairingFragment(trimmed.slice(hash)) };
}

/**
 * Reads a link, or a code as people type it.
 * @param origin of the relay whose page a code is typed on
 * @throws TunnelError `badPairingLink`
 */
export function parsePairing(text: string, origin: string): PairingCode {
  return text.includes('#') ? parsePairingLink(text) : { origin, secret: parsePairingCode(text) };
}

/**
 * Reads the fragment alone, as a page finds it in its own address, with or without the `#`.
 * @throws TunnelError `badPairingLink`
 */
export function parsePairingFragment(fragment: string): Omit<PairingLink, 'origin'> {
  // programs that hand links on are known to escape the equals sign
  const parts = /^#?pair(?:=|%3D)([A-Za-z0-9_-]{43})\.([A-Za-z0-9]{20})$/i.exec(fragment);
  const deviceKey = parseDeviceId(parts?.[1] ?? '');
  if (!parts || !deviceKey) throw new TunnelError('badPairingLink');
  return { deviceKey, secret: parsePairingCode(parts[2] ?? '') };
}

function originOf(address: string): string {
  try {
    return parseRelayUrl(address);
  } catch (error) {
    throw new TunnelError('badPairingLink', 'its address is not that of a relay', { cause: error });
  }
}
