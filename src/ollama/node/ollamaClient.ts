import type { Clock } from '../../base/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import type { Event } from '../../base/emitter.ts';
import type { Logger } from '../../base/log.ts';
import type { GenerationRequest, GenerationSink, ModelClient, PullSink } from '../../conversation/ports.ts';
import type { LoadedModel, ModelInfo } from '../../protocol/chatModels.ts';
import { TunnelError } from '../../protocol/errors.ts';
import type { OllamaStatus } from '../../protocol/status.ts';
import { encodeChatRequest } from '../chatRequest.ts';
import { contextLengthOf, withContext } from '../contextUse.ts';
import { connectionError, statusError } from '../errors.ts';
import { HealthMonitor } from '../healthMonitor.ts';
import { ollamaCandidates, type OllamaAddress } from '../host.ts';
import { readDigests, readLoadedModels, readModelList } from '../modelList.ts';
import { ModelManager } from '../modelManager.ts';
import type { ProbeAnswer } from '../probe.ts';
import type { Upstream, UpstreamFlow, UpstreamRequest, UpstreamSink } from '../upstream.ts';
import { OllamaDiscovery } from './discovery.ts';
import { findOllamaBinary } from './findOllamaBinary.ts';
import { OllamaGeneration } from './ollamaGeneration.ts';
import { OllamaHttp } from './ollamaHttp.ts';
import { UpstreamConnection } from './upstreamConnection.ts';
import { UpstreamLines } from './upstreamLines.ts';

/** What the user may set; read anew whenever it is needed. */
export interface OllamaSettings {
  /** Address; empty means `OLLAMA_HOST`, then this machine. */
  readonly url?: string | undefined;
  /** From the connection to the first line, ms. Default 600,000: loading a large model takes minutes. */
  readonly firstTokenTimeoutMs?: number | undefined;
  /** Between two pieces, ms. Default 120,000. There is no limit on the whole. */
  readonly idleTimeoutMs?: number | undefined;
  /** How long a model stays in memory after an answer, for chats that say nothing of it, s; -1 is for ever. Default: Ollama's own. */
  readonly keepAliveSeconds?: number | undefined;
}

export interface OllamaClientOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings?: () => OllamaSettings;
  /** The environment's `OLLAMA_HOST`. */
  readonly environment?: string | undefined;
  /** Is Ollama installed here? Default: looks for the program. */
  readonly hasBinary?: () => Promise<boolean>;
}

const DEFAULT_FIRST_TOKEN_TIMEOUT_MS = 600_000;
const DEFAULT_IDLE_TIMEOUT_MS = 120_000;
/** A list may wait for a slow disk. */
const LIST_TIMEOUT_MS = 10_000;

/** Ollama over HTTP. Finds it, watches it, asks it, and carries others' requests to it. */
export class OllamaClient implements ModelClient, Upstream {
  readonly #options: OllamaClientOptions;
  readonly #store = new DisposableStore();
  readonly #generations = this.#store.add(new DisposableStore());
  readonly #http: OllamaHttp;
  readonly #lines: UpstreamLines;
  readonly #monitor: HealthMonitor;
  readonly #manager: ModelManager;

  constructor(options: OllamaClientOptions) {
    this.#options = options;
    this.#http = this.#store.add(new OllamaHttp(options.clock));
    this.#lines = this.#store.add(new UpstreamLines(options.clock));
    const discovery = new OllamaDiscovery({
      http: this.#http,
      candidates: () => ollamaCandidates({ setting: this.#settings.url, environment: options.environment }),
      hasBinary: options.hasBinary ?? (async () => (await findOllamaBinary()) !== undefined),
    });
    this.#monitor = this.#store.add(new HealthMonitor(options.clock, discovery));
    this.#manager = new ModelManager(this, options.clock);
    void this.#monitor.check();
  }

  get status(): OllamaStatus {
    return this.#monitor.status;
  }

  get onDidChangeStatus(): Event<OllamaStatus> {
    return this.#monitor.onDidChangeStatus;
  }

  check(): Promise<OllamaStatus> {
    return this.#monitor.check();
  }

  async listModels(): Promise<readonly ModelInfo[]> {
    const address = await this.#address();
    const [tags, ps] = await Promise.all([this.#get(address, '/api/tags'), this.#get(address, '/api/ps')]);
    if (tags.kind === 'failure') throw this.#lost(connectionError(tags.failure));
    if (tags.status !== 200) throw statusError(tags.status, tags.body);
    const list = parse(tags.body);
    const models = readModelList(list, ps.kind === 'answer' && ps.status === 200 ? parse(ps.body) : undefined);
    this.#monitor.noteModels(models.length > 0);
    return this.#manager.complete(models, readDigests(list));
  }

  async listLoaded(): Promise<readonly LoadedModel[]> {
    const ps = await this.#get(await this.#address(), '/api/ps');
    if (ps.kind === 'failure') throw this.#lost(connectionError(ps.failure));
    if (ps.status !== 200) throw statusError(ps.status, ps.body);
    return readLoadedModels(parse(ps.body), this.#options.clock.now());
  }

  unload(model: string): Promise<void> {
    return this.#manager.unload(model);
  }

  deleteModel(model: string): Promise<void> {
    return this.#manager.remove(model);
  }

  pull(model: string, sink: PullSink): Disposable {
    return this.#manager.pull(model, sink);
  }

  generate(request: GenerationRequest, sink: GenerationSink): Disposable {
    const own = this.#generations.add(new DisposableStore());
    void this.#whenFound(own, sink, (address) => {
      const { keepAliveSeconds } = this.#settings;
      const asked = keepAliveSeconds === undefined ? request : { keepAliveSeconds, ...request };
      this.#begin(asked, sink, own, address);
    });
    return toDisposable(() => {
      this.#generations.delete(own);
    });
  }

  forward(request: UpstreamRequest, sink: UpstreamSink): UpstreamFlow {
    const own = this.#generations.add(new DisposableStore());
    let flow: UpstreamFlow | undefined;
    let isPaused = false;
    const connect = (address: OllamaAddress): void => {
      flow = own.add(
        new UpstreamConnection(request, sink, {
          clock: this.#options.clock,
          address,
          lines: this.#lines,
          refine: (error) => this.#lost(error),
          onLife: () => {
            this.#monitor.noteLife();
          },
          onClosed: () => {
            this.#generations.delete(own);
          },
        }),
      );
      if (isPaused) flow.pause();
    };
    const { address } = this.#monitor;
    // known, as always but at the start: not a turn of the event loop is lost
    if (address) connect(address);
    else void this.#whenFound(own, sink, connect);
    return {
      pause: () => {
        isPaused = true;
        flow?.pause();
      },
      resume: () => {
        isPaused = false;
        flow?.resume();
      },
      dispose: () => {
        this.#generations.delete(own);
      },
    };
  }

  dispose(): void {
    this.#store.dispose();
  }

  get #settings(): OllamaSettings {
    return this.#options.settings?.() ?? {};
  }

  /** Waiting, be it for nothing, also keeps every callback behind the return of the one who asked. */
  async #whenFound(own: DisposableStore, sink: Pick<UpstreamSink, 'onError'>, next: (address: OllamaAddress) => void): Promise<void> {
    let address: OllamaAddress;
    try {
      address = await this.#address();
    } catch (error) {
      if (!own.isDisposed) sink.onError(TunnelError.from(error));
      return;
    }
    if (!own.isDisposed) next(address);
  }

  #begin(request: GenerationRequest, sink: GenerationSink, own: DisposableStore, address: OllamaAddress): void {
    const body = encodeChatRequest(request);
    let contextLength: number | undefined;
    const { firstTokenTimeoutMs = DEFAULT_FIRST_TOKEN_TIMEOUT_MS, idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = this.#settings;
    own.add(
      new OllamaGeneration(this.#http.open(address, 'POST', '/api/chat', body), body, sink, {
        clock: this.#options.clock,
        firstTokenTimeoutMs,
        idleTimeoutMs,
        refine: (error) => this.#lost(error),
        onBegin: () => {
          void this.#contextLength(address, request.model).then((length) => {
            contextLength = length;
          });
        },
        complete: (stats) => withContext(stats, contextLength),
        onLife: () => {
          this.#monitor.noteLife();
        },
        onClosed: () => {
          this.#generations.delete(own);
        },
      }),
    );
  }

  /** How much context a model has that is in memory, asked beside its answer; never throws. */
  async #contextLength(address: OllamaAddress, model: string): Promise<number | undefined> {
    const ps = await this.#get(address, '/api/ps');
    if (ps.kind === 'failure' || ps.status !== 200) return undefined;
    try {
      return contextLengthOf(model, readLoadedModels(parse(ps.body), this.#options.clock.now()));
    } catch {
      return undefined;
    }
  }

  /** Where to ask. Waits for the first look, and lets the answer of a server that was down a moment ago decide. @throws TunnelError */
  async #address(): Promise<OllamaAddress> {
    if (this.#monitor.status.state === 'unknown') await this.#monitor.check();
    const { address } = this.#monitor;
    if (!address) throw new TunnelError('ollamaWrongHost');
    return address;
  }

  #get(address: OllamaAddress, path: string): Promise<ProbeAnswer> {
    return this.#http.get(address, path, { timeoutMs: LIST_TIMEOUT_MS });
  }

  /** Sharpens and reports a failure; one of the connection makes us look at once. */
  #lost(error: TunnelError): TunnelError {
    this.#options.log.warn('Ollama failed', { code: error.code, detail: error.detail });
    if (error.code === 'ollamaNotRunning' || error.code === 'ollamaWrongHost' || error.code === 'ollamaEndedEarly')
      void this.#monitor.check();
    return error.code === 'ollamaNotRunning' && this.status.state === 'notInstalled' ? new TunnelError('ollamaNotInstalled') : error;
  }
}

/** `undefined` for what is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
