import { toBase64url } from '../../src/base/bytes.ts';
import type { Mux } from '../../src/mux/mux.ts';
import type { CircuitMatch } from '../../src/tunnel/circuitMatch.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import { DeviceTunnel } from '../../src/tunnel/deviceTunnel.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { deriveClient } from '../../src/secure/pairingSecret.ts';
import { equalBytes } from '../../src/base/bytes.ts';
import { FakeClock } from './fakeClock.ts';
import { MEMORY_RELAY_ORIGIN, MemoryNetwork } from './memoryNetwork.ts';
import { SeededRandom } from './seededRandom.ts';

/** A device and one paired client with a relay between them, all in memory. */
export class TunnelWorld {
  readonly clock = new FakeClock();
  readonly random: SeededRandom;
  readonly network: MemoryNetwork;
  readonly identity;
  readonly clientKey;
  readonly secrets;
  device: DeviceTunnel;
  readonly client: ClientTunnel;
  /** Muxes that came to the device. */
  readonly muxes: Mux[] = [];
  lastWord: 'revoked' | 'paused' | undefined;
  #epoch = 0;

  constructor(seed = 1) {
    this.random = new SeededRandom(seed);
    this.network = new MemoryNetwork(this.clock, this.random, nodeCrypto);
    this.identity = nodeCrypto.importKey(this.random.bytes(32));
    this.clientKey = nodeCrypto.importKey(this.random.bytes(32));
    this.secrets = deriveClient(nodeCrypto, this.random.bytes(32));
    this.device = this.#makeDevice();
    this.client = new ClientTunnel({
      dial: this.network.dial,
      clock: this.clock,
      random: this.random,
      crypto: nodeCrypto,
      pairing: {
        origin: MEMORY_RELAY_ORIGIN,
        deviceKey: this.identity.publicKey,
        staticKey: this.clientKey,
        psk: this.secrets.psk,
        dialHash: this.secrets.dialHash,
      },
    });
  }

  /** The device's process is killed and started again. */
  restartDevice(): void {
    this.device.dispose();
    this.device = this.#makeDevice();
    this.device.supervisor.start();
  }

  dispose(): void {
    this.client.dispose();
    this.device.dispose();
    this.network.dispose();
  }

  /** A second process with the device's key; whoever asked for it ends it. Its epoch is `later` than that of ours by so much. */
  rival(later: number): DeviceTunnel {
    return this.#makeDevice(this.#epoch + later);
  }

  #makeDevice(epoch = ++this.#epoch): DeviceTunnel {
    return new DeviceTunnel({
      dial: this.network.dial,
      clock: this.clock,
      random: this.random,
      crypto: nodeCrypto,
      identity: this.identity,
      epoch,
      instance: this.random.bytes(16),
      relay: () => ({ origin: MEMORY_RELAY_ORIGIN }),
      hashes: () => [this.secrets.dialHash],
      match: (hash) => this.#match(hash),
      onMux: (_clientId, mux) => this.muxes.push(mux),
    });
  }

  #match(hash: Uint8Array): CircuitMatch | undefined {
    if (!equalBytes(hash, this.secrets.dialHash)) return undefined;
    return {
      purpose: 'session',
      psk: this.secrets.psk,
      clientId: toBase64url(this.clientKey.publicKey),
      accepts: (key) => equalBytes(key, this.clientKey.publicKey),
      ...(this.lastWord ? { lastWord: this.lastWord } : {}),
      onAuthenticated: () => undefined,
    };
  }
}
