import type * as v from 'valibot';
import type { HttpRequestHead } from '../protocol/http.ts';
import { MAX_HTTP_BODY_BYTES } from '../protocol/limits.ts';
import type { Scope } from '../protocol/pairingFrames.ts';
import * as body from './requestSchemas.ts';

const MiB = 1024 * 1024;

/** In whose words an answer that we make ourselves is written. */
export type HttpDialect = 'ollama' | 'openai';

/** How Ollama's answer goes on to the client: byte for byte, or with what is not the client's business taken out. */
export type AnswerShape = 'bytes' | 'tags' | 'models' | 'show';

/** One line of the table: a method and a path that a remote client may ask, and how. */
export interface HttpRoute {
  readonly method: HttpRequestHead['method'];
  /** Exact; `{model}` at the end stands for a model's name. */
  readonly path: string;
  readonly scopes: readonly Scope[];
  readonly dialect: HttpDialect;
  readonly answer: AnswerShape;
  /** Runs a model, so that it counts against how many may run at once. */
  readonly runsModel: boolean;
  /** Absent where a body is refused. */
  readonly schema?: v.GenericSchema<unknown, { readonly model: string }>;
  readonly maxBodyBytes: number;
}

const everyone: readonly Scope[] = ['chat', 'models', 'api'];
const keys: readonly Scope[] = ['api'];

function read(path: string, scopes: readonly Scope[], answer: AnswerShape = 'bytes', withHead = false): HttpRoute[] {
  const methods = withHead ? (['GET', 'HEAD'] as const) : (['GET'] as const);
  const dialect = path.startsWith('/v1/') ? 'openai' : 'ollama';
  return methods.map((method) => ({ method, path, scopes, dialect, answer, runsModel: false, maxBodyBytes: 0 }));
}

function run(path: string, scopes: readonly Scope[], schema: HttpRoute['schema'] & {}, maxBodyBytes: number): HttpRoute {
  const dialect = path.startsWith('/v1/') ? 'openai' : 'ollama';
  return { method: 'POST', path, scopes, dialect, answer: 'bytes', runsModel: true, schema, maxBodyBytes };
}

/**
 * Everything that a paired client may ask over an `http` stream. What is not here is refused: above all what changes models (pull, push,
 * create, copy, delete, blobs), for Ollama has no authentication of its own (CVE-2025-63389), sign-in, and whatever a later version adds.
 */
export const httpRoutes: readonly HttpRoute[] = [
  ...read('/', everyone, 'bytes', true),
  ...read('/api/version', everyone, 'bytes', true),
  ...read('/api/tags', everyone, 'tags', true),
  ...read('/api/ps', everyone, 'tags'),
  {
    method: 'POST',
    path: '/api/show',
    scopes: everyone,
    dialect: 'ollama',
    answer: 'show',
    runsModel: false,
    schema: body.showBody,
    maxBodyBytes: 64 * 1024,
  },
  run('/api/chat', everyone, body.chatBody, MAX_HTTP_BODY_BYTES),
  run('/api/generate', keys, body.generateBody, MAX_HTTP_BODY_BYTES),
  run('/api/embed', keys, body.embedBody, 4 * MiB),
  run('/api/embeddings', keys, body.embeddingsBody, MiB),
  run('/v1/chat/completions', keys, body.chatCompletionsBody, MAX_HTTP_BODY_BYTES),
  run('/v1/completions', keys, body.completionsBody, MiB),
  run('/v1/embeddings', keys, body.openAiEmbeddingsBody, 4 * MiB),
  ...read('/v1/models', keys, 'models'),
  ...read('/v1/models/{model}', keys),
];

const exact = new Map<string, HttpRoute>();
const paths = new Set<string>();
const MODEL_PATH = '/v1/models/';
for (const route of httpRoutes) {
  exact.set(`${route.method} ${route.path}`, route);
  paths.add(route.path);
}

/** The line for a request, and the model that its path names. `path`: a path we know, with another method. */
export function findRoute(
  method: string,
  path: string,
): { readonly kind: 'route'; readonly route: HttpRoute; readonly model?: string } | { readonly kind: 'method' | 'path' } {
  const model = path.startsWith(MODEL_PATH) ? path.slice(MODEL_PATH.length) : undefined;
  const pattern = model === undefined ? path : `${MODEL_PATH}{model}`;
  const route = exact.get(`${method} ${pattern}`);
  if (route) return { kind: 'route', route, ...(model === undefined ? {} : { model }) };
  return { kind: paths.has(pattern) ? 'method' : 'path' };
}

/** Paths that Ollama has and no remote client is given, so that a caller is told that it may not rather than that there is no such thing. */
export function isWithheld(path: string): boolean {
  return /^\/api\/(?:pull|push|create|copy|delete|blobs|me|signout|user|experimental|status)(?:\/|$)|^\/v1\/(?:responses|messages|audio|images)(?:\/|$)|^\/debug(?:\/|$)/.test(
    path,
  );
}
