import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../harness/paths.ts';

/** A way to the device's Ollama. */
export interface Mount {
  readonly url: string;
  readonly key: string;
}

type Ask = (body: object, options?: { readonly signal?: AbortSignal }) => Promise<unknown>;

/** Of the official clients what the tests use; they are packages of `test/tools`, installed by `npm run setup`. */
export interface OllamaApi {
  chat(request: object): Promise<unknown>;
  generate(request: object): Promise<unknown>;
  embed(request: object): Promise<unknown>;
  embeddings(request: object): Promise<unknown>;
  show(request: object): Promise<unknown>;
  list(): Promise<unknown>;
  ps(): Promise<unknown>;
  version(): Promise<unknown>;
  abort(): void;
}
export interface OpenAiApi {
  readonly chat: { readonly completions: { readonly create: Ask } };
  readonly completions: { readonly create: Ask };
  readonly embeddings: { readonly create: Ask };
  readonly responses: { readonly create: Ask; stream(body: object): { finalResponse(): Promise<unknown> } };
  readonly models: { list(): Promise<{ readonly data: unknown }>; retrieve(id: string): Promise<unknown> };
}
export interface AnthropicApi {
  readonly messages: { readonly create: Ask; stream(body: object): { finalMessage(): Promise<unknown> } };
}

/** What went over the wire for one request. */
export interface WireRecord {
  readonly request: string;
  readonly status: number;
  readonly mediaType: string | undefined;
  /** As it came; of one that broke off, up to there. */
  readonly body: Promise<string>;
}

/** The three official clients on one mount, and what their requests got. */
export interface Clients {
  readonly ollama: OllamaApi;
  readonly openai: OpenAiApi;
  readonly anthropic: AnthropicApi;
  readonly wire: WireRecord[];
}

interface Constructors {
  readonly Ollama: new (options: object) => OllamaApi;
  readonly OpenAI: new (options: object) => OpenAiApi;
  readonly Anthropic: new (options: object) => AnthropicApi;
}

async function load(file: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(join(root, 'test', 'tools', 'node_modules', file)).href)) as Record<string, unknown>;
}

let constructors: Promise<Constructors> | undefined;

export async function officialClients({ url, key }: Mount): Promise<Clients> {
  constructors ??= Promise.all([load('ollama/dist/index.mjs'), load('openai/index.mjs'), load('@anthropic-ai/sdk/index.mjs')]).then(
    ([ollama, openai, anthropic]) =>
      ({ Ollama: ollama['Ollama'], OpenAI: openai['OpenAI'], Anthropic: anthropic['Anthropic'] }) as Constructors,
  );
  const { Ollama, OpenAI, Anthropic } = await constructors;
  const wire: WireRecord[] = [];
  const recording = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const response = await fetch(input, init);
    const [theirs, ours] = response.body?.tee() ?? [null, null];
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const mediaType = response.headers.get('content-type')?.split(';', 1)[0];
    wire.push({ request: `${init?.method ?? 'GET'} ${pathname}`, status: response.status, mediaType, body: textOf(ours) });
    return new Response(theirs, response);
  };
  const common = { apiKey: key, maxRetries: 0, fetch: recording };
  return {
    ollama: new Ollama({ host: url, headers: { authorization: `Bearer ${key}` }, fetch: recording }),
    openai: new OpenAI({ ...common, baseURL: `${url}/v1` }),
    anthropic: new Anthropic({ ...common, baseURL: url }),
    wire,
  };
}

async function textOf(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of stream ?? []) pieces.push(piece);
  } catch {
    // it broke off
  }
  return Buffer.concat(pieces).toString();
}

/** Everything that a stream gives. */
export async function collect(stream: unknown): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream as AsyncIterable<unknown>) items.push(item);
  return items;
}
