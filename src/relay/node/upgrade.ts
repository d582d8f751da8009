import type { IncomingMessage } from 'node:http';
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
  draining: { status: 503, error: 'relayDraining', message: 'The relay is restarting.', headers: { 'Retry-After': '2' } },
} as const satisfies Record<string, HttpRefusal>;

export type UpgradeVerdict =
  { readonly kind: 'accept'; readonly role: LinkRole } | { readonly kind: 'refuse'; readonly refusal: HttpRefusal };

export interface UpgradeRequest {
  /** Path and query, as in the request line. */
  readonly url: string;
  /** Undefined when the header is missing: every program but a browser. */
  readonly origin: string | undefined;
  readonly subprotocols: readonly string[];
}

/** Decides on every upgrade, whatever its path. A browser must come from the relay's own page; it cannot leave out or forge its Origin. */
export function judgeUpgrade(request: UpgradeRequest, origins: readonly string[], isDraining: boolean): UpgradeVerdict {
  const role = roleOf(request.url);
  if (!role) return refuse(refusals.notFound);
  if (isDraining) return refuse(refusals.draining);
  if (request.origin !== undefined && !origins.includes(request.origin)) return refuse(refusals.origin);
  if (!request.subprotocols.includes(LINK_SUBPROTOCOL)) return refuse(refusals.version);
  return { kind: 'accept', role };
}

export function upgradeRequestOf(request: IncomingMessage): UpgradeRequest {
  const subprotocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return { url: request.url ?? '', origin: request.headers.origin, subprotocols };
}

/** The whole answer to a refused upgrade, which has no response object. */
export function refusalBytes({ status, error, message, headers = {} }: HttpRefusal): string {
  const body = refusalBody(error, message);
  const lines = Object.entries({
    ...headers,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
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
