import { TunnelError, type ErrorCode } from '../protocol/errors.ts';

/** Why no HTTP answer came. */
export type ConnectionFailure =
  /** Nobody listens there. */
  | 'refused'
  /** No such host, no way to it. */
  | 'unreachable'
  | 'timeout'
  /** The connection ended before the answer did. */
  | 'reset'
  /** What came back is no HTTP, or no TLS. */
  | 'protocol';

/** How long a detail may be. */
const MAX_DETAIL_CHARS = 200;

const unreachableCodes = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
]);

/** Sorts a socket's error by its code (`ECONNREFUSED`, …). */
export function connectionFailure(code: string | undefined): ConnectionFailure {
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (code !== undefined && unreachableCodes.has(code)) return 'unreachable';
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED') return 'reset';
  return 'protocol';
}

const codesByFailure = {
  refused: 'ollamaNotRunning',
  unreachable: 'ollamaWrongHost',
  timeout: 'ollamaWrongHost',
  reset: 'ollamaEndedEarly',
  protocol: 'ollamaForeign',
} as const satisfies Record<ConnectionFailure, ErrorCode>;

export function connectionError(failure: ConnectionFailure, cause?: unknown): TunnelError {
  return new TunnelError(codesByFailure[failure], undefined, { cause });
}

/** Texts of Ollama and its runner, first match wins. What matches none is `ollamaFailed`. */
const codesByText: readonly (readonly [RegExp, ErrorCode])[] = [
  [/server busy/i, 'ollamaBusy'],
  [/out[- ]of[- ]memory|requires more system memory|unable to allocate|failed to allocate|cudaMalloc failed/i, 'ollamaOutOfMemory'],
  [/^model ['"].*['"] not found|try pulling it first/i, 'ollamaModelMissing'],
];

/** The error that a text of Ollama's means: an `{"error"}` line or a refusal's body. */
export function textError(text: string): TunnelError {
  const code = codesByText.find(([pattern]) => pattern.test(text))?.[1] ?? 'ollamaFailed';
  return new TunnelError(code, code === 'ollamaFailed' ? safeDetail(text) : undefined);
}

/** The error that an answer with a status other than 200 means. `body` may be cut. */
export function statusError(status: number, body: string): TunnelError {
  const text = errorText(body);
  if (text === undefined) {
    if (status === 403 && body === '') return new TunnelError('ollamaBlocked');
    if (status === 503) return new TunnelError('ollamaBusy');
    // a path that Ollama always has, a redirect, a proxy's page: not Ollama
    return new TunnelError('ollamaForeign', `HTTP ${String(status)}`);
  }
  if (status === 503) return new TunnelError('ollamaBusy');
  if (status === 404) return new TunnelError('ollamaModelMissing');
  if (status === 401) return new TunnelError('ollamaFailed', 'sign in to Ollama');
  return textError(text);
}

/** The text of `{"error":"…"}`, also in OpenAI's shape. */
export function errorText(body: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('error' in value)) return undefined;
  return typeof value.error === 'string' ? value.error : '';
}

/**
 * What of Ollama's text may be shown: one line, bounded, and cut where a path or an address begins, for those hold the name of the
 * machine's user. Paths may hold spaces, so nothing after their beginning is kept.
 */
export function safeDetail(text: string): string | undefined {
  const line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
  const path = /(?<![\w.-])[\\/]|(?<![A-Za-z])[A-Za-z]:[\\/]|~[\\/]|\b\w+:\/\/|\\\\/.exec(line);
  const kept = path ? `${line.slice(0, path.index)}…` : line;
  const cut = kept.length > MAX_DETAIL_CHARS ? `${kept.slice(0, MAX_DETAIL_CHARS - 1)}…` : kept;
  const trimmed = cut.trim();
  return trimmed === '' ? undefined : trimmed;
}
