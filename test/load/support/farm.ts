import { createHash } from 'node:crypto';
import { systemClock } from '../../../src/base/clock.ts';
import { equalBytes } from '../../../src/base/bytes.ts';
import { systemRandom } from '../../../src/base/random.ts';
import type { Mux } from '../../../src/mux/mux.ts';
import type { DialLink } from '../../../src/protocol/linkSocket.ts';
import type { DhKey } from '../../../src/secure/crypto.ts';
import { nodeCrypto } from '../../../src/secure/node/nodeCrypto.ts';
import { deriveClient, type DialSecrets } from '../../../src/secure/pairingSecret.ts';
import { ClientTunnel } from '../../../src/tunnel/clientTunnel.ts';
import { DeviceTunnel } from '../../../src/tunnel/deviceTunnel.ts';
import { dialWs } from '../../../src/tunnel/node/wsLinkSocket.ts';

/** Clients that a device of the farm knows. */
const CLIENTS = 3;

/** Both processes derive the same keys, so that no pairing is needed. */
function secret(...parts: readonly (string | number)[]): Uint8Array {
  return createHash('sha256').update(parts.join(' ')).digest();
}

function keyOf(...parts: readonly (string | number)[]): DhKey {
  return nodeCrypto.importKey(secret('key', ...parts));
}

function secretsOf(device: number, client: number): DialSecrets {
  return deriveClient(nodeCrypto, secret('root', device, client));
}

/** Device number `index` of the farm: a real tunnel end, without hub and Ollama. */
export function farmDevice(origin: string, index: number, onMux: (mux: Mux) => void): DeviceTunnel {
  const clients = Array.from({ length: CLIENTS }, (_, client) => {
    const publicKey = keyOf('client', index, client).publicKey;
    return { ...secretsOf(index, client), publicKey, clientId: `client ${String(client)}` };
  });
  return new DeviceTunnel({
    dial: dialWs,
    clock: systemClock,
    random: systemRandom,
    crypto: nodeCrypto,
    identity: keyOf('device', index),
    epoch: 1,
    instance: systemRandom.bytes(16),
    relay: () => ({ origin }),
    hashes: () => clients.map(({ dialHash }) => dialHash),
    match: (hash) => {
      const client = clients.find(({ dialHash }) => equalBytes(dialHash, hash));
      if (!client) return undefined;
      return {
        purpose: 'session',
        psk: client.psk,
        clientId: client.clientId,
        accepts: (key) => equalBytes(key, client.publicKey),
        onAuthenticated: () => undefined,
      };
    },
    onMux: (_clientId, mux) => {
      onMux(mux);
    },
  });
}

/** Client number `client` of that device. */
export function farmClient(origin: string, index: number, client: number, dial: DialLink = dialWs): ClientTunnel {
  const { psk, dialHash } = secretsOf(index, client);
  const deviceKey = keyOf('device', index).publicKey;
  return new ClientTunnel({
    dial,
    clock: systemClock,
    random: systemRandom,
    crypto: nodeCrypto,
    pairing: { origin, deviceKey, staticKey: keyOf('client', index, client), psk, dialHash },
  });
}

/** What a stream of the farm is asked for in its first bytes: `flat` out, `paced` stamps, or so many bytes at a `steady` rate. */
export type FarmRequest =
  | { readonly kind: 'flat' }
  | { readonly kind: 'paced'; readonly everyMs: number }
  | { readonly kind: 'steady'; readonly everyMs: number; readonly bytes: number };

/** What a paced stream carries: the sender's time. */
export const STAMP_BYTES = 8;

/** Monotonic milliseconds of the machine: the same in all of its processes. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function stampOf(timeMs: number): Uint8Array {
  const stamp = new Uint8Array(STAMP_BYTES);
  new DataView(stamp.buffer).setFloat64(0, timeMs);
  return stamp;
}
