import * as v from 'valibot';
import { DecodeError, fromUtf8, utf8 } from '../base/bytes.ts';
import { MAX_HTTP_HEAD_BYTES } from './limits.ts';

/**
 * One request and its answer on an `http` stream. Each direction begins with one head (`encodeStreamMessage`), then raw body bytes, then
 * the end of the direction. The client may end the stream (`stop`) or reset it: either ends the request to Ollama. What cannot be
 * answered is answered with a status and a JSON body as Ollama would; RESET is left for what happens after the head.
 */

/** Canonical: it begins with `/`, and holds no query, fragment, dot segment, escape or doubled slash. What else is asked is refused. */
const canonicalPath = v.pipe(v.string(), v.maxLength(256), v.regex(/^(?:\/[A-Za-z0-9_][A-Za-z0-9._:-]*)+$|^\/$/, 'not a canonical path'));

const mediaType = v.pipe(v.string(), v.maxLength(256), v.regex(/^[\x20-\x7e]*$/));

/** The head of a request; docs/PROTOCOL.md lists it. */
export const requestHead = v.strictObject({
  method: v.picklist(['GET', 'HEAD', 'POST', 'DELETE']),
  path: canonicalPath,
  contentType: v.optional(mediaType),
  /** Length of the body when it is known, in bytes. */
  contentLength: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});

/** What a client asks: the only fields of its request that travel. */
export type HttpRequestHead = v.InferOutput<typeof requestHead>;

/** The head of an answer; docs/PROTOCOL.md lists it. */
export const responseHead = v.strictObject({
  status: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
  contentType: v.optional(mediaType),
  /** Seconds after which asking again makes sense. */
  retryAfter: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});

/** What the device answers before the body. */
export type HttpResponseHead = v.InferOutput<typeof responseHead>;

/** JSON in UTF-8 for `encodeStreamMessage`. */
export function encodeHttpHead(head: HttpRequestHead | HttpResponseHead): Uint8Array {
  return utf8(JSON.stringify(head));
}

/** @throws DecodeError */
export function decodeHttpRequestHead(bytes: Uint8Array): HttpRequestHead {
  return decode(requestHead, bytes);
}

/** @throws DecodeError */
export function decodeHttpResponseHead(bytes: Uint8Array): HttpResponseHead {
  return decode(responseHead, bytes);
}

function decode<TSchema extends v.GenericSchema>(schema: TSchema, bytes: Uint8Array): v.InferOutput<TSchema> {
  if (bytes.length > MAX_HTTP_HEAD_BYTES) throw new DecodeError('http head too long');
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes)) as unknown;
  } catch {
    throw new DecodeError('http head: not JSON');
  }
  const result = v.safeParse(schema, value);
  if (!result.success) throw new DecodeError(`http head: ${result.issues[0].message}`);
  return result.output;
}
