import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { exposition, EXPOSITION_TYPE } from '../../metrics/exposition.ts';
import { familiesOf } from '../../metrics/families.ts';
import { EventLoopWatch } from '../../metrics/eventLoopWatch.ts';
import type { RelayMetrics } from '../../metrics/relayMetrics.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/log.ts';
import { askedHost } from '../../../protocol/askedHost.ts';
import type { RelayCore } from '../../relayCore.ts';
import { listenOn } from '../listen.ts';
import { isLoopbackAddress } from '../settings.ts';
import { refusalBody, type HttpRefusal } from '../upgrade.ts';
import { adminAuthority, type AdminPlace } from './adminPlace.ts';
import { readProcess } from './processReading.ts';
import { statusOf } from './status.ts';

/** Scrapers ask seldom and one at a time; whoever opens more waits. */
const MAX_CONNECTIONS = 16;
/** A request has no body and stands in one packet. */
const httpOptions = {
  headersTimeout: 2_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 1,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 4 * 1024,
} as const;

const headers = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  Connection: 'close',
} as const;

const refusals = {
  malformed: { status: 400, error: 'badRequest', message: 'A request names one host, and a path that begins with /.' },
  notFound: { status: 404, error: 'notFound', message: 'Here are /metrics and /status.' },
  method: { status: 405, error: 'onlyGet', message: 'Only GET is answered here.', headers: { Allow: 'GET' } },
  host: { status: 421, error: 'foreignHost', message: 'Ask by an IP address, by localhost, or by the name after --admin-bind.' },
} as const satisfies Record<string, HttpRefusal>;

export interface AdminServerOptions {
  readonly place: AdminPlace;
  readonly core: Pick<RelayCore, 'counts' | 'busReading' | 'isDraining' | 'deviceReadings'>;
  readonly metrics: RelayMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface AdminServer {
  /** The address to ask. */
  readonly url: string;
  /** Stops listening and ends what is under way. */
  close(): Promise<void>;
}

interface Answer {
  readonly type: string;
  readonly body: string;
}

interface RoutesOptions extends Pick<AdminServerOptions, 'core' | 'metrics'> {
  readonly eventLoop: Pick<EventLoopWatch, 'reading'>;
  /** Since the relay's start. */
  readonly uptimeSeconds: () => number;
}

/** All that the admin address serves, by path. */
export function adminRoutes({ core, metrics, eventLoop, uptimeSeconds }: RoutesOptions): ReadonlyMap<string, () => Answer> {
  return new Map([
    [
      '/metrics',
      () => ({
        type: EXPOSITION_TYPE,
        body: exposition(familiesOf(metrics, core, readProcess(uptimeSeconds(), eventLoop.reading))),
      }),
    ],
    [
      '/status',
      () => ({
        type: 'application/json',
        body: `${JSON.stringify(statusOf(core, metrics, uptimeSeconds()))}\n`,
      }),
    ],
  ]);
}

/** A server of its own beside the relay's, for its operator. @throws UserError when the address cannot be had */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { place, clock, log } = options;
  const startedMs = clock.monotonic();
  const eventLoop = new EventLoopWatch(clock);
  const routes = adminRoutes({ ...options, eventLoop, uptimeSeconds: () => (clock.monotonic() - startedMs) / 1000 });
  const server = createServer(httpOptions, (request, response) => {
    answer(request, response, routes, place.host);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', (_error, socket) => socket.destroy());
  let port: number;
  try {
    port = await listenOn(server, { ...place, flags: { port: '--admin-bind', host: '--admin-bind' } });
  } catch (error) {
    eventLoop.dispose();
    throw error;
  }
  if (!isLoopbackAddress(place.host)) {
    log.warn('other machines can reach the admin address: it tells which devices are connected and how much they are used', {
      admin: adminAuthority({ ...place, port }),
    });
  }
  return {
    url: `http://${adminAuthority({ ...place, port })}`,
    close: () =>
      new Promise((resolve) => {
        eventLoop.dispose();
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function answer(request: IncomingMessage, response: ServerResponse, routes: ReadonlyMap<string, () => Answer>, ownName: string): void {
  const host = askedHost(request);
  const [path = ''] = (request.url ?? '').split('?', 1);
  const route = routes.get(path);
  if (host === undefined) refuse(response, refusals.malformed);
  else if (!isOwnHost(host, ownName)) refuse(response, refusals.host);
  else if (!route) refuse(response, refusals.notFound);
  else if (request.method !== 'GET') refuse(response, refusals.method);
  else {
    const { type, body } = route();
    response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
  }
}

/** Only a name can be pointed here by somebody else (DNS rebinding), never an address; the port may be that of a tunnel. */
function isOwnHost(host: string, ownName: string): boolean {
  const name = host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name === ownName || isIP(name) !== 0;
}

function refuse(response: ServerResponse, { status, error, message, headers: more = {} }: HttpRefusal): void {
  const body = refusalBody(error, message);
  response.writeHead(status, { ...headers, ...more, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
