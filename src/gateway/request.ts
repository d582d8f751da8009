import { DecodeError } from '../base/bytes.ts';
import { decodeHttpRequestHead, encodeHttpHead, type HttpRequestHead } from '../protocol/http.ts';
import { MAX_HTTP_BODY_BYTES } from '../protocol/limits.ts';
import type { Exchange } from './exchange.ts';
import { refusals, type Refusal } from './refusal.ts';

export type ReadRequest =
  { readonly kind: 'request'; readonly head: HttpRequestHead } | { readonly kind: 'refused'; readonly refusal: Refusal };

const methods: readonly HttpRequestHead['method'][] = ['GET', 'HEAD', 'POST', 'DELETE'];

/** What of a request travels, or why nothing does. A query is dropped: no route of Ollama's reads one, and SDKs add their own. */
export function readRequest(exchange: Exchange): ReadRequest {
  const method = methods.find((one) => one === exchange.method);
  if (!method) return refuse(refusals.method);
  const path = exchange.target.split('?', 1)[0] ?? '';
  const encoding = exchange.header('content-encoding');
  if (encoding !== undefined && encoding !== 'identity') return refuse(refusals.encoding);
  const length = exchange.header('content-length');
  const contentLength = length === undefined ? undefined : Number(length);
  if (contentLength !== undefined && contentLength > MAX_HTTP_BODY_BYTES) return refuse(refusals.tooLong);
  const contentType = exchange.header('content-type');
  const head = {
    method,
    path,
    ...(contentType === undefined ? {} : { contentType }),
    ...(contentLength === undefined ? {} : { contentLength }),
  };
  try {
    return { kind: 'request', head: decodeHttpRequestHead(encodeHttpHead(head)) };
  } catch (error) {
    if (error instanceof DecodeError) return refuse(refusals.notFound);
    throw error;
  }
}

function refuse(refusal: Refusal): ReadRequest {
  return { kind: 'refused', refusal };
}
