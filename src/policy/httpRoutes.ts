import type * as v from 'valibot';
import type { HttpRequestHead } from '../protocol/http.ts';
import { MAX_HTTP_BODY_BYTES } from '../protocol/limits.ts';
import type { Scope } from '../protocol/pairingFrames.ts';
import type { AnswerForm } from './answerForms.ts';
import * as agents from './agentSchemas.ts';
import { dialectOf, type HttpDialect } from './dialects.ts';
import * as body from './requestSchemas.ts';

const MiB = 1024 * 1024;

/** How Ollama's answer goes on to the client: byte for byte, or with what is not the client's business taken out. */
export type AnswerShape = 'bytes' | 'tags' | 'models' | 'show';

/** What the policy itself looks at in a body that has been read. */
export interface HttpBody {
  readonly model: string;
  readonly stream?: boolean | null | undefined;
  readonly options?: { readonly num_ctx?: number | null | undefined } | null | undefined;
}

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
  readonly schema?: v.GenericSchema<unknown, HttpBody>;
  /** How it streams; absent where it never does. */
  readonly streams?: { readonly form: AnswerForm; readonly byDefault: boolean };
  readonly maxBodyBytes: number;
}

const everyone: readonly Scope[] = ['chat', 'models', 'api'];
const keys: readonly Scope[] = ['api'];

function read(path: string, scopes: readonly Scope[], answer: AnswerShape = 'bytes', withHead = false): HttpRoute[] {
  const methods = withHead ? (['GET', 'HEAD'] as const) : (['GET'] as const);
  const dialect = dialectOf(path);
  return methods.map((method) => ({ method, path, scopes, dialect, answer, runsModel: false, maxBodyBytes: 0 }));
}

function run(path: string, scopes: readonly Scope[], schema: HttpRoute['schema'] & {}, maxBodyBytes: number, form?: AnswerForm): HttpRoute {
  const dialect = dialectOf(path);
  const streams = form === undefined ? {} : { streams: { form, byDefault: form === 'lines' } };
  return { method: 'POST', path, scopes, dialect, answer: 'bytes', runsModel: true, schema, maxBodyBytes, ...streams };
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
  run('/api/chat', everyone, body.chatBody, MAX_HTTP_BODY_BYTES, 'lines'),
  run('/api/generate', keys, body.generateBody, MAX_HTTP_BODY_BYTES, 'lines'),
  run('/api/embed', keys, body.embedBody, 4 * MiB),
  run('/api/embeddings', keys, body.embeddingsBody, MiB),
  run('/v1/chat/completions', everyone, body.chatCompletionsBody, MAX_HTTP_BODY_BYTES, 'completionEvents'),
  run('/v1/completions', keys, body.completionsBody, MiB, 'completionEvents'),
  run('/v1/responses', everyone, agents.responsesBody, MAX_HTTP_BODY_BYTES, 'responseEvents'),
  run('/v1/messages', everyone, agents.messagesBody, MAX_HTTP_BODY_BYTES, 'messageEvents'),
  run('/v1/embeddings', keys, body.openAiEmbeddingsBody, 4 * MiB),
  ...read('/v1/models', everyone, 'models'),
  ...read('/v1/models/{model}', everyone),
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
  return /^\/api\/(?:pull|push|create|copy|delete|blobs|me|signout|user|experimental|status)(?:\/|$)|^\/v1\/(?:audio|images)(?:\/|$)|^\/debug(?:\/|$)/.test(
    path,
  );
}
