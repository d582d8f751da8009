import type { IncomingMessage } from 'node:http';
import { askedHost } from '../../protocol/askedHost.ts';
import { relayPaths } from '../../protocol/relayUrl.ts';
import type { LinkRole } from '../../protocol/linkFrames.ts';
import { LINK_SUBPROTOCOL } from '../../protocol/versions.ts';

/** A refusal by name: status, code of the closed list or of this file, words. */
export interface HttpRefusal {
  readonly status: number;
  readonly error: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const refusals = {
  malformed: {
    status: 400,
    error: 'badRequest',
    message: 'A request names one host, and a path that begins with /.',
    headers: { Connection: 'close' },
  },
  notFound: {
    status: 404,
    error: 'relayNotFound',
    message: `Nothing is here. A relay stands at the root of its address; a path prefix is not supported. Links are ${relayPaths.device} and ${relayPaths.dial}.`,
  },
  notUpgraded: {
    status: 426,
    error: 'upgradeRequired',
    message: 'This path takes WebSocket links only. If a proxy stands before the relay, it must pass the upgrade on.',
    // `close` too: else Node ends the connection without saying so, and a client that reuses it fails
    headers: { Upgrade: 'websocket', Connection: 'close, Upgrade' },
  },
  version: {
    status: 426,
    error: 'relayVersion',
    message: `This relay speaks ${LINK_SUBPROTOCOL}. Update the older of the two.`,
    headers: { 'Sec-WebSocket-Protocol': LINK_SUBPROTOCOL },
  },
  websocket: {
    status: 426,
    error: 'websocketVersion',
    message: 'Links are WebSockets of version 13 (RFC 6455).',
    headers: { 'Sec-WebSocket-Version': '13' },
  },
  origin: {
    status: 403,
    error: 'foreignOrigin',
    message:
      'This page comes from another address than the relay knows as its own. Start the relay with --public-url set to the address in use.',
  },
  host: {
    status: 421,
    error: 'foreignHost',
    message: 'The relay does not know this host name as its own. Start it with --public-url set to the address in use.',
  },
  busy: { status: 429, error: 'relayBusy', message: 'Too many links came from this address. Come again later.' },
  probes: { status: 503, error: 'relayBusy', message: 'Too many look at this relay now.', headers: { 'Retry-After': '2' } },
  draining: { status: 503, error: 'relayDraining', message: 'The relay is restarting.', headers: { 'Retry-After': '2' } },
} as const satisfies Record<string, HttpRefusal>;

export type UpgradeVerdict =
  { readonly kind: 'accept'; readonly role: LinkRole } | { readonly kind: 'refuse'; readonly refusal: HttpRefusal };

export interface UpgradeRequest {
  /** Path and query, as in the request line. */
  readonly url: string;
  /** As from `askedHost`. */
  readonly host: string | undefined;
  /** Undefined when the header is missing: every program but a browser. */
  readonly origin: string | undefined;
  readonly version: string | undefined;
  readonly subprotocols: readonly string[];
}

/** What a relay is known by. */
export interface OwnNames {
  readonly origins: readonly string[];
  /** As from `hostsOf`. */
  readonly hosts: ReadonlySet<string>;
}

/**
 * Decides on every upgrade, whatever its path. A browser must come from the relay's own page; it cannot leave out or forge its Origin. Its
 * Host must be the relay's too, or a name that somebody points here would be as good as the relay's own (DNS rebinding).
 */
export function judgeUpgrade(request: UpgradeRequest, { origins, hosts }: OwnNames, isDraining: boolean): UpgradeVerdict {
  if (request.host === undefined) return refuse(refusals.malformed);
  if (!hosts.has(request.host)) return refuse(refusals.host);
  const role = roleOf(request.url);
  if (!role) return refuse(refusals.notFound);
  if (isDraining) return refuse(refusals.draining);
  if (request.origin !== undefined && !origins.includes(request.origin)) return refuse(refusals.origin);
  if (request.version !== '13') return refuse(refusals.websocket); // drafts carry the Origin under another name
  if (!request.subprotocols.includes(LINK_SUBPROTOCOL)) return refuse(refusals.version);
  return { kind: 'accept', role };
}

export function upgradeRequestOf(request: IncomingMessage): UpgradeRequest {
  const { origin, 'sec-websocket-version': version, 'sec-websocket-protocol': offered = '' } = request.headers;
  return { url: request.url ?? '', host: askedHost(request), origin, version, subprotocols: offered.split(',').map((name) => name.trim()) };
}

/** The whole answer to a refused upgrade, which has no response object. */
export function refusalBytes({ status, error, message, headers = {} }: HttpRefusal): string {
  const body = refusalBody(error, message);
  const lines = Object.entries({
    ...headers,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${String(status)} ${error}\r\n${lines.join('')}\r\n${body}`;
}

export function refusalBody(error: string, message: string): string {
  return `${JSON.stringify({ error, message })}\n`;
}

function refuse(refusal: HttpRefusal): UpgradeVerdict {
  return { kind: 'refuse', refusal };
}

function roleOf(url: string): LinkRole | undefined {
  const path = url.split('?', 1)[0];
  return path === relayPaths.device ? 'device' : path === relayPaths.dial ? 'client' : undefined;
}
