import type { ErrorCode, TunnelError } from '../protocol/errors.ts';
import { safeDetail } from './errors.ts';

/** An error as a remote caller may see it: no path, no address, no user's name. */
export interface PublicError {
  readonly status: number;
  readonly text: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

/** How soon a program that is starting may be there, s. */
const RETRY_AFTER_S = 5;

/** Gateway statuses (RFC 9110, section 15.6); whatever is not named is 502. */
const statuses: Partial<Readonly<Record<ErrorCode, number>>> = {
  ollamaNotInstalled: 503,
  ollamaNotRunning: 503,
  ollamaWrongHost: 503,
  ollamaNoModels: 503,
  ollamaBusy: 503,
  ollamaFirstTokenTimeout: 504,
  ollamaIdleTimeout: 504,
  internal: 500,
};

/** For an answer that never began. */
export function publicErrorOf({ code, words }: TunnelError): PublicError {
  const status = statuses[code] ?? 502;
  return { status, text: words, ...(status === 503 ? { retryAfter: RETRY_AFTER_S } : {}) };
}

/** For an answer of Ollama that is an error; `body` may be cut. A redirect is one too, for none is followed. */
export function publicErrorIn(status: number, body: string): PublicError {
  if (status < 400) return { status: 502, text: 'Ollama answered with a redirect' };
  if (status === 403 && body === '') return { status: 502, text: 'Ollama refused the request' };
  const text = safeDetail(errorText(body) ?? body) ?? 'Ollama reported an error';
  return { status, text, ...(status === 503 ? { retryAfter: RETRY_AFTER_S } : {}) };
}

/** The text of `{"error": "…"}`, also in OpenAI's shape. */
function errorText(body: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  const error = fieldOf(value, 'error');
  const text = typeof error === 'string' ? error : fieldOf(error, 'message');
  return typeof text === 'string' ? text : '';
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
