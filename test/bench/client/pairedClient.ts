import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import type { DialLink, LinkSocket } from '../../../src/protocol/linkSocket.ts';
import type { Scope } from '../../../src/protocol/pairingFrames.ts';
import { nodeCrypto } from '../../../src/secure/node/nodeCrypto.ts';
import { parsePairingLink } from '../../../src/secure/pairingLink.ts';
import { deriveClient } from '../../../src/secure/pairingSecret.ts';
import { ClientTunnel, type Pairing } from '../../../src/tunnel/clientTunnel.ts';
import { dialWs } from '../../../src/tunnel/node/wsLinkSocket.ts';
import { pairClient } from '../../../src/tunnel/pairingClient.ts';

const common = { clock: systemClock, random: systemRandom, crypto: nodeCrypto };

/** Pairs by a link. @param origin the relay, where the client dials it elsewhere than the device does */
export async function pair(link: string, scope: Scope, origin?: string): Promise<Pairing> {
  const parsed = parsePairingLink(link);
  const offer = origin === undefined ? parsed : { ...parsed, origin };
  const staticKey = nodeCrypto.importKey(systemRandom.bytes(32));
  const progress = { onWaiting: () => undefined, onAsked: () => undefined };
  const { root } = await pairClient({ ...common, dial: dialWs, staticKey, link: offer, name: 'Bench', kind: 'cli', scope }, progress);
  const { psk, dialHash } = deriveClient(nodeCrypto, root);
  return { origin: offer.origin, deviceKey: offer.deviceKey, staticKey, psk, dialHash };
}

/** A tab: a tunnel of its own, whose socket can be left unread. */
export class Tab {
  readonly tunnel: ClientTunnel;
  #socket: LinkSocket | undefined;

  constructor(pairing: Pairing) {
    const dial: DialLink = (url, handlers) => {
      this.#socket = dialWs(url, handlers);
      return this.#socket;
    };
    this.tunnel = new ClientTunnel({ ...common, dial, pairing });
  }

  setReading(reading: boolean): void {
    if (reading) this.#socket?.resume();
    else this.#socket?.pause();
  }
}
