import { toBase64url } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { deviceIdOf } from '../secure/deviceIdentity.ts';
import { nobleCrypto } from '../secure/nobleCrypto.ts';
import type { PairingCode } from '../secure/pairingLink.ts';
import { deriveClient } from '../secure/pairingSecret.ts';
import { generateClientKey, generateRawClientKey, openClientKey, type ClientKey } from '../secure/web/clientKey.ts';
import { ClientTunnel } from '../tunnel/clientTunnel.ts';
import { pairClient, type PairingProgress } from '../tunnel/pairingClient.ts';
import { dialBrowser } from '../tunnel/web/browserLinkSocket.ts';
import type { DeviceShelf, PairedDevice } from './deviceShelf.ts';

/** Everything a tunnel needs from this runtime. The page's AEAD is synchronous (noble), so records keep their order. */
const runtime = { dial: dialBrowser, clock: systemClock, random: systemRandom, crypto: nobleCrypto };

/** Web Crypto is missing on plain-http addresses other than this computer's, whatever the types say. */
export function subtleCrypto(): SubtleCrypto | undefined {
  return globalThis.isSecureContext ? globalThis.crypto.subtle : undefined;
}

export interface PairedHere {
  readonly device: PairedDevice;
  /** It will be known again after the page was closed. */
  readonly isKept: boolean;
}

/** Pairs this browser by a link or a code, and keeps the pairing where the browser can. @throws TunnelError as `pairClient` does */
export async function pairHere(
  link: PairingCode,
  name: string,
  shelf: DeviceShelf | undefined,
  progress: PairingProgress,
  signal: AbortSignal,
): Promise<PairedHere> {
  const subtle = subtleCrypto();
  const key = await keyThatCanBeKept(shelf);
  const staticKey = openClientKey(subtle, nobleCrypto, key);
  const { root, clientId, deviceKey, deviceName } = await pairClient(
    { ...runtime, staticKey, link, name, kind: 'page', scope: 'chat' },
    progress,
    signal,
  );
  const { psk, dialHash } = deriveClient(nobleCrypto, root);
  const device: PairedDevice = {
    id: deviceIdOf(deviceKey),
    name: deviceName,
    clientId: toBase64url(clientId),
    origin: link.origin,
    deviceKey,
    key,
    psk,
    dialHash,
  };
  const isKept = (await shelf?.save(device, subtle, nobleCrypto)) ?? false;
  return { device, isKept };
}

/** Opens the tunnel to a paired device; it dials when its supervisor is started. */
export function openTunnel(device: PairedDevice): ClientTunnel {
  const { origin, deviceKey, psk, dialHash, key } = device;
  return new ClientTunnel({
    ...runtime,
    pairing: { origin, deviceKey, psk, dialHash, staticKey: openClientKey(subtleCrypto(), nobleCrypto, key) },
  });
}

/** A native key where this browser gives it back from its storage unharmed, else a raw one. Tried before pairing: a key cannot be changed after. */
async function keyThatCanBeKept(shelf: DeviceShelf | undefined): Promise<ClientKey> {
  const subtle = subtleCrypto();
  const key = await generateClientKey(subtle, systemRandom);
  if (key.kind === 'raw' || !shelf) return key;
  const nothing = new Uint8Array(0);
  const probe: PairedDevice = {
    id: 'probe',
    name: '',
    clientId: '',
    origin: '',
    deviceKey: key.publicKey,
    key,
    psk: nothing,
    dialHash: nothing,
  };
  const survives = await shelf.save(probe, subtle, nobleCrypto);
  await shelf.remove(probe.id).catch(() => undefined);
  return survives ? key : generateRawClientKey(systemRandom);
}
