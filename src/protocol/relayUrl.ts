import { TunnelError } from './errors.ts';
import type { LinkRole } from './linkFrames.ts';

/** The paths that a relay serves; both ends take them from here. */
export const relayPaths = {
  device: '/v1/device',
  dial: '/v1/dial',
  health: '/healthz',
  ready: '/readyz',
  stream: '/streamz',
  join: '/join',
} as const;

const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]']);

export function isLoopbackHost(hostname: string): boolean {
  return loopbackHosts.has(hostname);
}

/**
 * Reads a relay's address as people type it and returns its origin (`https://relay.example`). `wss:` reads as `https:`; a bare host
 * becomes `https:`, on loopback `http:`. Plain http is for loopback alone.
 * @throws TunnelError `badRelayUrl`, with what is wrong as its detail
 */
export function parseRelayUrl(text: string): string {
  const trimmed = text.trim();
  const url = parseLoosely(trimmed);
  if (!url) throw new TunnelError('badRelayUrl', trimmed === '' ? 'empty' : 'not an address');
  const protocol = url.protocol === 'wss:' ? 'https:' : url.protocol === 'ws:' ? 'http:' : url.protocol;
  if (protocol !== 'https:' && protocol !== 'http:') throw new TunnelError('badRelayUrl', 'begin with https://');
  if (url.username !== '' || url.password !== '') throw new TunnelError('badRelayUrl', 'leave out user name and password');
  if (url.pathname !== '/' || url.search !== '') throw new TunnelError('badRelayUrl', 'a path is not supported');
  if (protocol === 'http:' && !isLoopbackHost(url.hostname))
    throw new TunnelError('badRelayUrl', 'plain http is for this computer only; use https');
  return `${protocol}//${url.host}`;
}

function parseLoosely(text: string): URL | undefined {
  if (text === '' || /\s/.test(text)) return undefined;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? text
    : `${/^(127\.0\.0\.1|localhost|\[::1\])(:|\/|$)/.test(text) ? 'http' : 'https'}://${text}`;
  try {
    // ws: and wss: are special schemes too (WHATWG URL), so host and port parse alike
    return new URL(withScheme);
  } catch {
    return undefined;
  }
}

/** Address of a link. @param origin as from {@link parseRelayUrl} */
export function linkUrl(origin: string, role: LinkRole): string {
  const url = new URL(origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = role === 'device' ? relayPaths.device : relayPaths.dial;
  return url.href;
}
