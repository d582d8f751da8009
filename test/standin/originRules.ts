import { hostname } from 'node:os';
import { isIP } from 'node:net';
import type { Exchange } from './exchange.ts';
import { Refusal } from './refusal.ts';

const allowedSchemes = ['app:', 'file:', 'tauri:', 'vscode-webview:', 'vscode-file:'];
const allowedHosts = new Set(['localhost', '127.0.0.1', '0.0.0.0']);

/** CORS first, then the Host header; both refuse with an empty body. @throws Refusal */
export function checkOriginAndHost(exchange: Exchange): void {
  const { headers } = exchange.req;
  const { knobs } = exchange;
  const { origin, host = '' } = headers;
  if (knobs.forbid === 'host' || (knobs.forbid === 'origin' && origin !== undefined)) throw new Refusal(403, '');
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}` && !isAllowedOrigin(origin))
    throw new Refusal(403, '');
  if (knobs.bind === 'loopback' && !isAllowedHost(host)) throw new Refusal(403, '');
}

function isAllowedOrigin(origin: string): boolean {
  if (allowedSchemes.some((scheme) => origin.startsWith(`${scheme}//`))) return true;
  const match = /^https?:\/\/([^/:]+)(:\d+)?$/.exec(origin);
  return match !== null && allowedHosts.has(match[1] ?? '');
}

function isAllowedHost(header: string): boolean {
  // without a port, an IPv6 literal fails to parse in Ollama and is refused
  if (/^\[.*\]$/.test(header)) return false;
  const host = header
    .replace(/:\d*$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  if (host === '' || host === 'localhost' || host === hostname().toLowerCase()) return true;
  if (isIP(host) === 4) return /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|0\.0\.0\.0$)/.test(host);
  if (isIP(host) === 6) return host === '::1' || host === '::' || /^f[cd]/.test(host);
  return /\.(localhost|local|internal)$/.test(host);
}
