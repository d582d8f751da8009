import * as v from 'valibot';
import { DecodeError, utf8 } from '../base/bytes.ts';
import type { HttpRequestHead } from '../protocol/http.ts';
import type { Scope } from '../protocol/pairingFrames.ts';
import { isCloudModelName } from './chatPolicy.ts';
import { findRoute, isWithheld, type HttpDialect, type HttpRoute } from './httpRoutes.ts';
import { modelName } from './requestParts.ts';
import { parseStrictJson } from './strictJson.ts';

/** Why a request is answered by us and not by Ollama. */
export interface HttpRefusal {
  readonly kind: 'refused';
  readonly status: number;
  /** For the caller; safe to show. */
  readonly text: string;
  readonly dialect: HttpDialect;
  /** Seconds. */
  readonly retryAfter?: number;
}

/** A head that may be followed by a body of at most `route.maxBodyBytes`. */
export interface AcceptedHead {
  readonly kind: 'accepted';
  readonly route: HttpRoute;
  /** Named in the path. */
  readonly model?: string;
}

/** A request made anew from what a client meant. */
export interface CleanRequest {
  readonly kind: 'clean';
  readonly method: HttpRequestHead['method'];
  readonly path: string;
  readonly body?: Uint8Array;
  /** The model it is about; the caller must still see whether a remote client may use it. */
  readonly model?: string;
}

/** May a client of this scope ask that? Decided before its body is read. */
export function acceptHead(scope: Scope, head: HttpRequestHead): AcceptedHead | HttpRefusal {
  const { method, path, contentLength = 0 } = head;
  const dialect = dialectOf(path);
  const found = findRoute(method, path);
  if (found.kind !== 'route') {
    if (isWithheld(path)) return refuse(dialect, 403, 'not available remotely');
    return found.kind === 'method' ? refuse(dialect, 405, 'method not allowed') : refuse(dialect, 404, 'page not found');
  }
  const { route, model } = found;
  if (!route.scopes.includes(scope)) return refuse(dialect, 403, 'not allowed for this client');
  if (contentLength > route.maxBodyBytes) return refuseBody(route);
  if (model === undefined) return { kind: 'accepted', route };
  return v.is(modelName, model) && !isCloudModelName(model)
    ? { kind: 'accepted', route, model }
    : refuse(dialect, 404, `model '${model}' not found`);
}

/** The answer to a body that is longer than its route takes, or that should not be there. */
export function refuseBody(route: HttpRoute): HttpRefusal {
  return route.schema
    ? refuse(route.dialect, 413, `request body too large: at most ${String(route.maxBodyBytes)} bytes`)
    : refuse(route.dialect, 400, 'a request body is not expected here');
}

/** Makes a request anew from its body: nothing of the client's bytes goes on. */
export function rebuildRequest({ route, model }: AcceptedHead, body: Uint8Array): CleanRequest | HttpRefusal {
  if (body.length > route.maxBodyBytes) return refuseBody(route);
  const { method, schema, dialect } = route;
  if (!schema) {
    const path = model === undefined ? route.path : route.path.replace('{model}', () => model);
    return { kind: 'clean', method, path, ...(model === undefined ? {} : { model }) };
  }
  if (body.length === 0) return refuse(dialect, 400, 'missing request body');
  let value: unknown;
  try {
    value = parseStrictJson(body);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return refuse(dialect, 400, `invalid request body: ${error.message}`);
  }
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) return refuse(dialect, 400, describe(result.issues[0]));
  if (isCloudModelName(result.output.model)) return refuseCloud(dialect);
  return { kind: 'clean', method, path: route.path, body: utf8(JSON.stringify(result.output)), model: result.output.model };
}

/** Text would leave the machine, signed with its owner's key. */
export function refuseCloud(dialect: HttpDialect): HttpRefusal {
  return refuse(dialect, 403, 'cloud-backed models are not available remotely');
}

/** In Ollama's words (`server/routes.go`, ChatHandler). */
export function refuseMissingModel(dialect: HttpDialect, model: string): HttpRefusal {
  return refuse(dialect, 404, `model '${model}' not found`);
}

export function refuse(dialect: HttpDialect, status: number, text: string, retryAfter?: number): HttpRefusal {
  return { kind: 'refused', status, text, dialect, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** Whose API a path belongs to. */
export function dialectOf(path: string): HttpDialect {
  return path.startsWith('/v1/') ? 'openai' : 'ollama';
}

/** The body of an answer of ours: Ollama's `{"error": …}`, or OpenAI's object (`openai/openai.go`, NewError). */
export function refusalBody({ dialect, status, text }: HttpRefusal): Uint8Array {
  if (dialect === 'ollama') return utf8(JSON.stringify({ error: text }));
  return utf8(JSON.stringify({ error: { message: text, type: openAiErrorType(status), param: null, code: null } }));
}

function openAiErrorType(status: number): string {
  if (status === 404) return 'not_found_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'api_error';
}

/** Where and what, without the value. */
function describe(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? '[]' : String(key))).join('.');
  // our own words as they are; valibot's quote what they received, which may be a prompt
  const words = /^Invalid (?:type|key)|Received/.test(issue.message)
    ? `wrong type, expected ${issue.expected ?? 'something else'}`
    : issue.message;
  return path === '' || words === 'model is required' ? words : `${path.slice(0, 100)}: ${words}`;
}
