import * as v from 'valibot';
import type { Clock } from '../base/clock.ts';
import { toDisposable, type Disposable } from '../base/disposable.ts';
import type { PullSink } from '../conversation/ports.ts';
import type { ModelInfo } from '../protocol/chatModels.ts';
import { statusError } from './errors.ts';
import { PullReader } from './pullReader.ts';
import type { Upstream } from './upstream.ts';
import { callUpstream, jsonRequest } from './upstreamCall.ts';

/** What `/api/show` tells of a model beyond the list. */
type ModelFacts = Pick<ModelInfo, 'capabilities' | 'contextLength'>;

/** Facts kept; they belong to a digest, so they never change. */
const MAX_FACTS = 1024;
/** Models asked about at once, and how long a list waits for them; what comes later is in the next list. */
const MAX_SHOWS = 4;
const FACTS_BUDGET_MS = 1_500;
const SHOW_TIMEOUT_MS = 10_000;
/** Ollama answers once the memory is free; a model in use is freed after its answer. */
const UNLOAD_TIMEOUT_MS = 60_000;
const DELETE_TIMEOUT_MS = 30_000;

const count = v.fallback(v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))), undefined);
const showBody = v.object({
  capabilities: v.fallback(v.optional(v.array(v.string())), undefined),
  model_info: v.fallback(v.optional(v.record(v.string(), v.unknown())), undefined),
});

/** Asks Ollama about models and changes them. */
export class ModelManager {
  readonly #upstream: Upstream;
  readonly #clock: Clock;
  /** By digest, oldest first. */
  readonly #facts = new Map<string, ModelFacts>();
  readonly #asking = new Set<string>();

  constructor(upstream: Upstream, clock: Clock) {
    this.#upstream = upstream;
    this.#clock = clock;
  }

  /** Adds what the list leaves out. Never throws: what cannot be had stays unknown. @param digests by name */
  async complete(models: readonly ModelInfo[], digests: ReadonlyMap<string, string>): Promise<ModelInfo[]> {
    const lacking = models.filter(({ cloud, capabilities, contextLength, name }) => {
      const digest = digests.get(name);
      const isKnown = capabilities !== undefined && contextLength !== undefined;
      return cloud !== true && !isKnown && digest !== undefined && !this.#facts.has(digest) && !this.#asking.has(digest);
    });
    if (lacking.length > 0) await this.#learn(lacking, digests);
    return models.map((model) => {
      const facts = this.#facts.get(digests.get(model.name) ?? '');
      return facts ? { ...facts, ...model } : model;
    });
  }

  /** @throws TunnelError */
  async unload(model: string): Promise<void> {
    await this.#call(jsonRequest('POST', '/api/generate', { model, keep_alive: 0, stream: false }), UNLOAD_TIMEOUT_MS);
  }

  /** @throws TunnelError */
  async remove(model: string): Promise<void> {
    await this.#call(jsonRequest('DELETE', '/api/delete', { model }), DELETE_TIMEOUT_MS);
  }

  /** Disposing it ends the download; Ollama keeps what has come. */
  pull(model: string, sink: PullSink): Disposable {
    const reader = new PullReader(sink, this.#clock);
    const flow = this.#upstream.forward(jsonRequest('POST', '/api/pull', { model, stream: true }), {
      onHead: (head) => {
        reader.onHead(head);
      },
      onBody: (bytes) => {
        reader.onBody(bytes);
      },
      onEnd: () => {
        reader.onEnd();
      },
      onError: (error) => {
        reader.onError(error);
      },
    });
    return toDisposable(() => {
      reader.dispose();
      flow.dispose();
    });
  }

  async #call(request: ReturnType<typeof jsonRequest>, timeoutMs: number): Promise<string> {
    const { status, body } = await callUpstream(this.#upstream, this.#clock, request, timeoutMs);
    if (status !== 200) throw statusError(status, body);
    return body;
  }

  async #learn(models: readonly ModelInfo[], digests: ReadonlyMap<string, string>): Promise<void> {
    const waiting = models.values();
    const next = async (): Promise<void> => {
      for (const { name } of waiting) {
        const digest = digests.get(name);
        if (digest !== undefined && !this.#facts.has(digest) && !this.#asking.has(digest)) await this.#show(name, digest);
      }
    };
    const all = Promise.all(Array.from({ length: MAX_SHOWS }, next));
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(FACTS_BUDGET_MS, resolve);
      void all.then(() => {
        timer.dispose();
        resolve();
      });
    });
  }

  async #show(model: string, digest: string): Promise<void> {
    this.#asking.add(digest);
    try {
      const { status, body } = await callUpstream(
        this.#upstream,
        this.#clock,
        jsonRequest('POST', '/api/show', { model }),
        SHOW_TIMEOUT_MS,
      );
      if (status === 200) this.#keep(digest, readFacts(body));
    } catch {
      // the next list asks again
    } finally {
      this.#asking.delete(digest);
    }
  }

  #keep(digest: string, facts: ModelFacts): void {
    this.#facts.set(digest, facts);
    const [oldest] = this.#facts.keys();
    if (this.#facts.size > MAX_FACTS && oldest !== undefined) this.#facts.delete(oldest);
  }
}

function readFacts(body: string): ModelFacts {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return {};
  }
  const shown = v.safeParse(showBody, value);
  if (!shown.success) return {};
  const { capabilities, model_info: info = {} } = shown.output;
  // named after the architecture: `llama.context_length`
  const contextLength = v.parse(count, Object.entries(info).find(([key]) => key.endsWith('.context_length'))?.[1]);
  return { ...(capabilities === undefined ? {} : { capabilities }), ...(contextLength === undefined ? {} : { contextLength }) };
}
