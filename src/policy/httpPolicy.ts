import * as v from 'valibot';
import { DecodeError, utf8 } from '../base/bytes.ts';
import type { HttpRequestHead } from '../protocol/http.ts';
import { MAX_REMOTE_CONTEXT_LENGTH } from '../protocol/limits.ts';
import type { Scope } from '../protocol/pairingFrames.ts';
import { mayUseModel, type Asker } from './chatPolicy.ts';
import type { AnswerForm } from './answerForms.ts';
import { dialectOf, errorBody, type HttpDialect } from './dialects.ts';
import { findRoute, isWithheld, type HttpBody, type HttpRoute } from './httpRoutes.ts';
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
  /** How its answer will come, if it is none of the device's own. */
  readonly form: AnswerForm;
  /** The model it is about; the caller must still see whether a remote client may use it. */
  readonly model?: string;
}

/** Who asks from elsewhere. */
export type RemoteAsker = Asker & { readonly scope: Scope };

/** May they ask that? Decided before the body is read. */
export function acceptHead(asker: RemoteAsker, head: HttpRequestHead): AcceptedHead | HttpRefusal {
  const { method, path, contentLength = 0 } = head;
  const dialect = dialectOf(path);
  const found = findRoute(method, path);
  if (found.kind !== 'route') {
    if (isWithheld(path)) return refuse(dialect, 403, 'not available remotely');
    return found.kind === 'method' ? refuse(dialect, 405, 'method not allowed') : refuse(dialect, 404, 'page not found');
  }
  const { route, model } = found;
  if (!route.scopes.includes(asker.scope)) return refuse(dialect, 403, 'not allowed for this client');
  if (contentLength > route.maxBodyBytes) return refuseBody(route);
  if (model === undefined) return { kind: 'accepted', route };
  return v.is(modelName, model) && mayUseModel(asker, { name: model })
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
export function rebuildRequest(asker: RemoteAsker, { route, model }: AcceptedHead, body: Uint8Array): CleanRequest | HttpRefusal {
  if (body.length > route.maxBodyBytes) return refuseBody(route);
  const { method, schema, dialect } = route;
  if (!schema) {
    const path = model === undefined ? route.path : route.path.replace('{model}', () => model);
    return { kind: 'clean', method, path, form: 'whole', ...(model === undefined ? {} : { model }) };
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
  const { output } = result;
  if (!mayUseModel(asker, { name: output.model })) return refuseCloud(dialect);
  const form = (output.stream ?? route.streams?.byDefault) === true ? route.streams?.form : undefined;
  const clean = utf8(JSON.stringify(bounded(output, asker)));
  return { kind: 'clean', method, path: route.path, body: clean, form: form ?? 'whole', model: output.model };
}

/** A larger context loads the model anew and may not fit beside the owner's. */
function bounded<T extends HttpBody>(body: T, { maxContextLength = MAX_REMOTE_CONTEXT_LENGTH }: Asker): T {
  const wanted = body.options?.num_ctx;
  if (typeof wanted !== 'number' || wanted <= maxContextLength) return body;
  return { ...body, options: { ...body.options, num_ctx: maxContextLength } };
}

/** Text would leave the machine, signed with its owner's key. */
export function refuseCloud(dialect: HttpDialect): HttpRefusal {
  return refuse(dialect, 403, 'cloud-backed models are not available remotely');
}

/** In Ollama's words (`server/routes.go`, ChatHandler and EmbedHandler). */
export function refuseMissingModel({ dialect, path }: HttpRoute, model: string): HttpRefusal {
  return refuse(dialect, 404, path.includes('/embed') ? `model "${model}" not found, try pulling it first` : `model '${model}' not found`);
}

export function refuse(dialect: HttpDialect, status: number, text: string, retryAfter?: number): HttpRefusal {
  return { kind: 'refused', status, text, dialect, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** The body of an answer of ours. */
export function refusalBody({ dialect, status, text }: HttpRefusal): Uint8Array {
  return errorBody(dialect, status, text);
}

/** Where and what, without the value. */
function describe(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? '[]' : String(key))).join('.');
  if (issue.received === 'undefined' && /^Invalid key/.test(issue.message)) return `${path.slice(0, 100)} is required`;
  // our own words as they are; valibot's quote what they received, which may be a prompt
  const words = /^Invalid (?:type|key)|Received/.test(issue.message)
    ? `wrong type, expected ${issue.expected ?? 'something else'}`
    : issue.message;
  return path === '' || words === 'model is required' ? words : `${path.slice(0, 100)}: ${words}`;
}
