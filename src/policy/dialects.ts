import { utf8 } from '../base/bytes.ts';

/** In whose words an answer that we make ourselves is written. */
export type HttpDialect = 'ollama' | 'openai' | 'anthropic';

/** Whose API a path belongs to. */
export function dialectOf(path: string): HttpDialect {
  if (!path.startsWith('/v1/')) return 'ollama';
  return path === '/v1/messages' || path.startsWith('/v1/messages/') ? 'anthropic' : 'openai';
}

/**
 * What a body says of an error: Ollama's `{"error": …}`, OpenAI's object (`openai/openai.go`, NewError) or Anthropic's
 * (`anthropic/anthropic.go`, NewError; without `request_id`, by which nobody could look anything up).
 */
export function errorValue(dialect: HttpDialect, status: number, text: string): object {
  switch (dialect) {
    case 'ollama':
      return { error: text };
    case 'openai':
      return { error: { message: text, type: openAiErrorType(status), param: null, code: null } };
    case 'anthropic':
      return { type: 'error', error: { type: anthropicErrorTypes[status] ?? 'api_error', message: text } };
  }
}

export function errorBody(dialect: HttpDialect, status: number, text: string): Uint8Array {
  return utf8(JSON.stringify(errorValue(dialect, status, text)));
}

function openAiErrorType(status: number): string {
  if (status === 404) return 'not_found_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'api_error';
}

const anthropicErrorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
};
