import { errorCatalogue, type ErrorCode } from '../protocol/errors.ts';

/** Why a request is not answered by the device, as HTTP says it. */
export interface Refusal {
  readonly status: number;
  /** For programs. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

export const refusals = {
  noKey: { status: 401, code: 'apiKeyRequired', message: 'This needs an API key: Authorization: Bearer c2l_…' },
  manyBadKeys: { status: 429, code: 'tooManyBadKeys', message: 'Too many unknown API keys came from this address.' },
  notFound: { status: 404, code: 'notFound', message: '404 page not found' },
  method: { status: 405, code: 'methodNotAllowed', message: '405 method not allowed' },
  encoding: { status: 415, code: 'contentEncoding', message: 'Send the request without Content-Encoding.' },
  tooLong: { status: 413, code: 'bodyTooLong', message: 'The request is too long.' },
  draining: { status: 503, code: 'relayDraining', message: 'The relay is restarting.', retryAfter: 2 },
  foreignOrigin: { status: 403, code: 'foreignOrigin', message: 'Pages of other origins may not use this computer’s proxy.' },
  foreignHost: { status: 421, code: 'foreignHost', message: 'This host name is not this server’s.' },
} as const satisfies Record<string, Refusal>;

/** Status and Retry-After of what may go wrong on the way; all else is a bad gateway. */
const statuses: Partial<Record<ErrorCode, readonly [status: number, retryAfter?: number]>> = {
  badApiKey: [401],
  unknownKey: [401],
  revoked: [401],
  keyExpired: [401],
  handshakeFailed: [401],
  notAllowed: [403],
  deviceOffline: [503, 2],
  deviceSilent: [503, 2],
  paused: [503, 30],
  relayUnreachable: [503, 2],
  relaySilent: [503, 2],
  relayDraining: [503, 2],
  relayBusy: [503, 2],
  slowReader: [503, 2],
  tooManyStreams: [503, 1],
  busy: [503, 1],
  closed: [503, 2],
};

/** The codes with a status of their own, for docs/API.md. */
export const gatewayRefusals = Object.keys(statuses) as readonly ErrorCode[];

/** The catalogue speaks to a browser's user; these to whoever holds a key. */
const messages: Partial<Record<ErrorCode, string>> = {
  revoked: 'This API key was revoked at the computer.',
  handshakeFailed: 'The computer does not accept this API key.',
};

export function refusalOf(code: ErrorCode): Refusal {
  const [status, retryAfter] = statuses[code] ?? [502];
  return { status, code, message: messages[code] ?? errorCatalogue[code].words, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** As the API of `path` words errors: Ollama's own, OpenAI's or Anthropic's. @returns JSON */
export function refusalBody(path: string, { status, code, message }: Refusal): string {
  if (!path.startsWith('/v1/')) return JSON.stringify({ error: message });
  const type = typesByStatus[status] ?? 'api_error';
  if (path === '/v1/messages' || path.startsWith('/v1/messages/'))
    return JSON.stringify({ type: 'error', error: { type: status === 503 ? 'overloaded_error' : type, message } });
  return JSON.stringify({ error: { message, type, param: null, code } });
}

const typesByStatus: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  413: 'invalid_request_error',
  415: 'invalid_request_error',
  429: 'rate_limit_error',
};
