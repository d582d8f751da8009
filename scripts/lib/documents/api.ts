import { gatewayRefusals, refusalOf, refusals, type Refusal } from '../../../src/gateway/refusal.ts';
import { httpRoutes, type HttpRoute } from '../../../src/policy/httpRoutes.ts';
import {
  HTTP_HOLD_MS,
  MAX_GATEWAY_TUNNELS,
  MAX_HTTP_BODIES_BYTES,
  MAX_HTTP_BODY_BYTES,
  MAX_HTTP_RUNS,
  MAX_HTTP_RUNS_PER_CLIENT,
  MAX_HTTP_RUNS_PER_KEY,
  MAX_REMOTE_CONTEXT_LENGTH,
  MAX_REMOTE_KEEP_ALIVE_S,
  UNKNOWN_KEYS_PER_ADDRESS,
} from '../../../src/protocol/limits.ts';
import { writeTables } from './tables.ts';

/** The document with its routes, limits and refusals as the code has them. Its own words stay. @throws Error when a table is missing */
export function writeApi(text: string): string {
  return writeTables('docs/API.md', text, [
    { heading: 'Routes', named: 1, hasProse: true, rows: routes() },
    { heading: 'Limits', named: 1, hasProse: true, rows: limits() },
    { heading: 'Errors on the way', named: 1, hasProse: true, rows: errors() },
  ]);
}

function routes(): string[][] {
  return httpRoutes
    .filter(({ method }) => method !== 'HEAD')
    .map((route) => {
      const alsoHead = httpRoutes.some(({ method, path }) => method === 'HEAD' && path === route.path);
      return [
        `\`${route.method} ${route.path}\`${alsoHead ? ', `HEAD`' : ''}`,
        { ollama: 'Ollama', openai: 'OpenAI', anthropic: 'Anthropic' }[route.dialect],
        route.scopes.includes('chat') ? 'chat, api' : 'api',
        streamingOf(route),
        route.maxBodyBytes === 0 ? 'none' : size(route.maxBodyBytes),
      ];
    });
}

function streamingOf({ streams }: HttpRoute): string {
  if (!streams) return 'no';
  return streams.byDefault ? 'unless `"stream": false`' : 'with `"stream": true`';
}

function limits(): string[][] {
  return [
    ['Requests that run a model at once, of one API key', count(MAX_HTTP_RUNS_PER_KEY)],
    ['The same, of a paired browser or editor', count(MAX_HTTP_RUNS_PER_CLIENT)],
    ['The same, of the whole computer', count(MAX_HTTP_RUNS)],
    ['Body of one request', size(MAX_HTTP_BODY_BYTES)],
    ['Bodies that the computer holds at once, of all', size(MAX_HTTP_BODIES_BYTES)],
    ['Unknown API keys from one address, at a relay', perMinute(UNKNOWN_KEYS_PER_ADDRESS)],
    ["Tunnels of one relay's gateway, of all keys", count(MAX_GATEWAY_TUNNELS)],
    ['A request whose tunnel is lost goes on for', `${String(HTTP_HOLD_MS / 1000)} s`],
    ['Context, `num_ctx`', count(MAX_REMOTE_CONTEXT_LENGTH)],
    ['Time in memory, `keep_alive`', `${String(MAX_REMOTE_KEEP_ALIVE_S / 60)} min`],
  ];
}

function errors(): string[][] {
  const all: readonly Refusal[] = [...Object.values(refusals), ...gatewayRefusals.map(refusalOf)];
  return [...new Map(all.map((refusal) => [refusal.code, refusal])).values()]
    .sort((one, other) => one.status - other.status)
    .map(({ status, code, message, retryAfter }) => [
      `${String(status)} \`${code}\``,
      message,
      retryAfter === undefined ? '' : `${String(retryAfter)} s`,
    ]);
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function perMinute({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }): string {
  return `${String(burst)} at once, then ${String(perSecond * 60)} a minute`;
}

function size(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${String(bytes / 1024 / 1024)} MiB` : `${String(bytes / 1024)} KiB`;
}
