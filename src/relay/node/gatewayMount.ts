import type { IncomingMessage, ServerResponse } from 'node:http';
import { toBase64url } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Random } from '../../base/random.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { refuseHttp, serveHttp } from '../../gateway/node/httpFront.ts';
import { refusals } from '../../gateway/refusal.ts';
import { hostsOf } from '../../protocol/askedHost.ts';
import { relayPaths } from '../../protocol/relayUrl.ts';
import type { CryptoPort } from '../../secure/crypto.ts';
import { addressKey, isNearAddress } from '../addresses.ts';
import { localDial } from '../localDial.ts';
import type { RelayCore } from '../relayCore.ts';
import { remoteAddressOf } from './remoteAddress.ts';

/** A tunnel without a call is kept this long. */
const IDLE_MS = 60_000;

export interface GatewayMountOptions {
  readonly core: RelayCore;
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CryptoPort;
  readonly origins: readonly string[];
  readonly trustedHops: number;
}

/** The gateway on a relay's own port. Its links go into the relay of the same process, so a request has two hops, not three. */
export class GatewayMount implements Disposable {
  readonly #gateway: Gateway;
  readonly #core: RelayCore;
  readonly #hosts: ReadonlySet<string>;
  readonly #trustedHops: number;

  constructor({ core, clock, random, crypto, origins, trustedHops }: GatewayMountOptions) {
    this.#core = core;
    this.#hosts = hostsOf(origins);
    this.#trustedHops = trustedHops;
    this.#gateway = new Gateway({
      clock,
      random,
      crypto,
      dial: localDial(core, clock),
      origin: origins[0] ?? '',
      idleMs: IDLE_MS,
      presence: ({ deviceKey, dialHash }) => core.lookUp(deviceKey, toBase64url(dialHash)),
    });
  }

  /** Answers a request when it is the gateway's. @returns whether it is */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    if (!isGatewayPath(request.url ?? '')) return false;
    const host = (request.headers.host ?? '').toLowerCase();
    const remote = remoteAddressOf(request.socket.remoteAddress, request.headers, this.#trustedHops);
    if (this.#core.isDraining) refuseHttp(request, response, refusals.draining);
    else if (!this.#hosts.has(host)) refuseHttp(request, response, refusals.foreignHost);
    else serveHttp(this.#gateway, request, response, isNearAddress(remote) ? undefined : addressKey(remote));
    return true;
  }

  dispose(): void {
    this.#gateway.dispose();
  }
}

function isGatewayPath(url: string): boolean {
  if (url.startsWith('/api/')) return true;
  if (!url.startsWith('/v1/')) return false;
  const path = url.split('?', 1)[0];
  return path !== relayPaths.device && path !== relayPaths.dial;
}
