import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { askedHost, hostsOf } from '../../protocol/askedHost.ts';
import { MAX_CONNECTIONS_PER_ADDRESS } from '../../protocol/limits.ts';
import type { CryptoPort } from '../../secure/crypto.ts';
import { shortAddress } from '../addresses.ts';
import type { Bus } from '../bus.ts';
import { InProcessMedium } from '../inProcessBus.ts';
import { RelayMetrics } from '../metrics/relayMetrics.ts';
import { RelayCore, type RelayCounts } from '../relayCore.ts';
import type { AdmissionPolicy } from '../relayConfig.ts';
import { upgradeOutcomes, type RelayMeter, type UpgradeOutcome } from '../relayMeter.ts';
import { startAdminServer, type AdminServer } from './admin/adminServer.ts';
import { guardConnections } from './connectionGate.ts';
import { GatewayMount } from './gatewayMount.ts';
import { listenOn } from './listen.ts';
import type { Membership } from './nats/joinCluster.ts';
import type { PageFiles } from './pages.ts';
import { hasUntrustedForwarding, remoteAddressOf } from './remoteAddress.ts';
import { relayRoutes } from './routes.ts';
import type { RelaySettings } from './settings.ts';
import { judgeUpgrade, refusalBody, refusalBytes, refusals, upgradeRequestOf, type HttpRefusal } from './upgrade.ts';
import { adaptRelaySocket, makeUpgrader } from './wsRelaySocket.ts';

/** Bounds of the HTTP server against slow and greedy peers. They end at the upgrade; links have their own. */
const httpOptions = {
  // with the interval below a silent connection is gone within 12 s on a busy machine too
  headersTimeout: 8_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 8 * 1024,
} as const;
const MAX_CONNECTIONS = 20_000;
/** A request with pictures, over a slow line. */
const GATEWAY_REQUEST_TIMEOUT_MS = 5 * 60_000;
/** Connections that the system holds until we accept them: after a restart all devices come at once, and a SYN that finds no room waits seconds. */
const LISTEN_BACKLOG = 4_096;
/** After the drain: time for peers to take their farewell, and for requests under way. */
const FAREWELL_MS = 500;

export interface RelayServerOptions {
  readonly settings: RelaySettings;
  readonly page: PageFiles | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CryptoPort;
  readonly log: Logger;
}

export interface RelayServer {
  /** The address to give to people. */
  readonly url: string;
  readonly origins: readonly string[];
  /** Where its operator asks how it is; undefined when that is off. */
  readonly adminUrl: string | undefined;
  readonly counts: RelayCounts;
  /** Takes no new links, ends the others in good order, then stops listening. */
  drain(): Promise<void>;
  /** Ends everything at once. */
  close(): Promise<void>;
}

/** Joins the other nodes, if there are any, and starts listening. @throws UserError when the address cannot be had, or NATS refuses us */
export async function startRelayServer(options: RelayServerOptions): Promise<RelayServer> {
  const metrics = new RelayMetrics();
  const membership = await joinBus(options, metrics);
  try {
    return await serve(options, metrics, membership);
  } catch (error) {
    await membership.leave();
    throw error;
  }
}

async function serve(options: RelayServerOptions, metrics: RelayMetrics, membership: Membership): Promise<RelayServer> {
  const { settings, log } = options;
  const server = createServer({ ...httpOptions, ...(settings.gateway ? { requestTimeout: GATEWAY_REQUEST_TIMEOUT_MS } : {}) });
  server.maxConnections = MAX_CONNECTIONS;
  guardConnections(server, MAX_CONNECTIONS_PER_ADDRESS, settings.trustedHops);
  const flags = { port: '--port', host: '--host' };
  const port = await listenOn(server, { host: settings.host, port: settings.port, backlog: LISTEN_BACKLOG, flags });
  const origins = settings.publicOrigins.length > 0 ? settings.publicOrigins : loopbackOrigins(settings.host, port);
  const core = makeCore(options, origins, metrics, membership.bus);
  const isDraining = (): boolean => core.isDraining;

  // Nothing was accepted yet: connections made since `listen` are announced in a later turn.
  const sockets = trackSockets(server);
  const listener = getRequestListener(relayRoutes({ origins, page: options.page, isDraining, clock: options.clock }).fetch, {
    overrideGlobalObjects: false,
    hostname: 'localhost', // of requests that name none: probes of balancers speak HTTP/1.0
  });
  const gateway = settings.gateway ? new GatewayMount({ ...options, core, origins, trustedHops: settings.trustedHops }) : undefined;
  server.on('request', (request, response) => {
    if (askedHost(request) === undefined) refusePlainly(response, refusals.malformed);
    else if (gateway?.serve(request, response)) return;
    else if (isPlainPath(request.url ?? '')) void listener(request, response);
    else refusePlainly(response, refusals.notFound);
  });
  server.on('upgrade', upgradeHandler(core, metrics, origins, settings.trustedHops, log));
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });

  const stop = async (graceMs: number): Promise<void> => {
    const closed = new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
    server.closeIdleConnections();
    const cut = options.clock.after(graceMs, () => {
      for (const socket of sockets) socket.destroy();
    });
    await closed;
    cut.dispose();
  };
  let admin: AdminServer | undefined;
  try {
    if (settings.admin) admin = await startAdminServer({ ...options, place: settings.admin, core, metrics });
  } catch (error) {
    gateway?.dispose();
    core.dispose();
    await stop(0);
    throw error;
  }
  return {
    url: origins[0] ?? '',
    origins,
    adminUrl: admin?.url,
    get counts() {
      return core.counts;
    },
    async drain() {
      await core.drain();
      gateway?.dispose();
      await Promise.all([stop(FAREWELL_MS), membership.leave()]);
      await admin?.close();
    },
    async close() {
      gateway?.dispose();
      core.dispose();
      await Promise.all([stop(0), membership.leave(), admin?.close()]);
    },
  };
}

/** All that is connected, upgraded or not: a server forgets what it has upgraded. */
function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

/** What joins this relay's links, and those of its other nodes if it has any: then only is the code for that loaded. */
async function joinBus({ settings, clock, random, log }: RelayServerOptions, meter: RelayMeter): Promise<Membership> {
  if (settings.nats) {
    const { joinCluster } = await import('./nats/joinCluster.ts');
    return joinCluster({ servers: settings.nats, clock, random, log, meter });
  }
  const medium = new InProcessMedium(clock, (error) => {
    log.error('bus handler failed', { error: error instanceof Error ? error.name : typeof error });
  });
  const bus = medium.join('local');
  return {
    bus,
    leave() {
      bus.dispose();
      return Promise.resolve();
    },
  };
}

function makeCore(
  { settings, clock, random, crypto, log }: RelayServerOptions,
  origins: readonly string[],
  meter: RelayMeter,
  bus: Bus,
): RelayCore {
  const { admission, revoked } = settings;
  const policy: AdmissionPolicy = admission.kind === 'open' ? admission : { kind: 'invites', secret: admission.secret, revoked };
  const limits = { devicesPerInvite: settings.devicesPerInvite, totalBacklogBytes: settings.maxPendingBytes };
  return new RelayCore({ clock, random, crypto, log, meter, bus, config: { origins, admission: policy, limits } });
}

function upgradeHandler(
  core: RelayCore,
  meter: RelayMeter,
  origins: readonly string[],
  trustedHops: number,
  log: Logger,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const upgrader = makeUpgrader();
  const names = { origins, hosts: hostsOf(origins) };
  let hasWarned = false;
  return (request, socket, head) => {
    const remoteAddress = remoteAddressOf(request.socket.remoteAddress, request.headers, trustedHops);
    if (!hasWarned && hasUntrustedForwarding(request.headers, trustedHops)) {
      hasWarned = true;
      log.warn('a proxy reports addresses that are not believed: set --trusted-hops to the number of your proxies', {
        address: shortAddress(remoteAddress),
      });
    }
    const refuse = (refusal: HttpRefusal): void => {
      meter.upgraded(upgradeOutcomes.find((known) => known === refusal.error) ?? 'badRequest');
      log.debug('upgrade refused', { status: refusal.status, code: refusal.error, address: shortAddress(remoteAddress) });
      socket.on('error', () => socket.destroy());
      socket.end(refusalBytes(refusal), () => socket.destroy());
    };
    const verdict = judgeUpgrade(upgradeRequestOf(request), names, core.isDraining);
    if (verdict.kind === 'refuse') {
      refuse(verdict.refusal);
      return;
    }
    const waitMs = core.knock(remoteAddress);
    if (waitMs > 0) {
      refuse({ ...refusals.busy, headers: { 'Retry-After': String(Math.ceil(waitMs / 1000)) } });
      return;
    }
    let outcome: UpgradeOutcome = 'badHandshake'; // `ws` answers that by itself, and calls nobody
    upgrader.handleUpgrade(request, socket, head, (ws) => {
      outcome = 'accepted';
      const adapted = adaptRelaySocket(ws, socket);
      adapted.listen(core.accept({ role: verdict.role, remoteAddress }, adapted.socket));
    });
    meter.upgraded(outcome);
  };
}

/** Written as it is meant. Others would be read as the path they come to (`/./x`, `/%78`), and a proxy's rules for paths would not see it. */
function isPlainPath(url: string): boolean {
  return /^(?:\/|(?:\/[\w-][\w.-]*)+)(?:\?|$)/.test(url);
}

function refusePlainly(response: ServerResponse, { status, error, message, headers = {} }: HttpRefusal): void {
  const body = refusalBody(error, message);
  const own = {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  };
  response.writeHead(status, { ...headers, ...own });
  response.end(body);
}

/** A relay on loopback is known by all of its names, the one it listens on first. */
function loopbackOrigins(host: string, port: number): string[] {
  const own = host.includes(':') ? `[${host}]` : host;
  return [...new Set([own, '127.0.0.1', 'localhost', '[::1]'])].map((name) => `http://${name}:${String(port)}`);
}
