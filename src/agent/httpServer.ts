import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../base/log.ts';
import type { ModelClient } from '../conversation/ports.ts';
import type { Mux } from '../mux/mux.ts';
import type { MuxStream } from '../mux/muxStream.ts';
import type { Upstream } from '../ollama/upstream.ts';
import { MAX_HTTP_BODIES_BYTES, MAX_HTTP_RUNS, MAX_HTTP_RUNS_PER_CLIENT, MAX_HTTP_RUNS_PER_KEY } from '../protocol/limits.ts';
import type { Scope } from '../protocol/pairingFrames.ts';
import { HttpExchange } from './httpExchange.ts';
import { ModelDirectory } from './modelDirectory.ts';

/** How much remote clients may have running at once. */
export interface HttpLimits {
  /** Requests that run a model, of one browser or editor. Default {@link MAX_HTTP_RUNS_PER_CLIENT}. */
  readonly runsPerClient?: number;
  /** The same of one API key. Default {@link MAX_HTTP_RUNS_PER_KEY}. */
  readonly runsPerKey?: number;
  /** Of all together. Default {@link MAX_HTTP_RUNS}. */
  readonly runs?: number;
}

export interface HttpServerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly upstream: Upstream;
  readonly models: ModelClient;
  readonly limits?: HttpLimits;
  /** Models have written so many more tokens, as far as their answers come in lines. */
  readonly onTokens?: (count: number) => void;
}

/** Who asks. */
export interface HttpClient {
  readonly id: string;
  readonly scope: Scope;
}

/** Serves the `http` streams of all clients: policy, limits, Ollama. It ends them all when it is disposed. */
export class HttpServer implements Disposable {
  readonly clock: Clock;
  readonly log: Logger;
  readonly upstream: Upstream;
  readonly directory: ModelDirectory;
  /** @internal for its exchanges */
  readonly onTokens: (count: number) => void;
  readonly #limits: Required<HttpLimits>;
  readonly #store = new DisposableStore();
  readonly #runningChanged = this.#store.add(new Emitter<number>());
  readonly #runsByClient = new Map<string, number>();
  #runs = 0;
  #running = 0;
  #bodyBytes = 0;

  constructor({ clock, log, upstream, models, limits, onTokens = () => undefined }: HttpServerOptions) {
    this.clock = clock;
    this.log = log;
    this.upstream = upstream;
    this.onTokens = onTokens;
    this.directory = new ModelDirectory(models, clock);
    this.#limits = { runsPerClient: MAX_HTTP_RUNS_PER_CLIENT, runsPerKey: MAX_HTTP_RUNS_PER_KEY, runs: MAX_HTTP_RUNS, ...limits };
  }

  /** Requests that are with Ollama now. */
  get running(): number {
    return this.#running;
  }

  readonly onDidChangeRunning = this.#runningChanged.event;

  /** Answers one stream that `client` has opened. */
  serve(stream: MuxStream, mux: Mux, client: HttpClient): Disposable {
    return this.#store.add(
      new HttpExchange(stream, mux, client, this, (exchange) => {
        this.#store.delete(exchange);
      }),
    );
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** @internal A request goes to Ollama; disposing says that it is over. */
  addRunning(): Disposable {
    this.#changeRunning(1);
    let isRunning = true;
    return {
      dispose: () => {
        if (!isRunning) return;
        isRunning = false;
        this.#changeRunning(-1);
      },
    };
  }

  /** @internal A place among the requests that run a model, or who has none left: this client, or the device. */
  takeRun({ id, scope }: HttpClient): Disposable | 'client' | 'device' {
    const own = this.#runsByClient.get(id) ?? 0;
    if (own >= (scope === 'api' ? this.#limits.runsPerKey : this.#limits.runsPerClient)) return 'client';
    if (this.#runs >= this.#limits.runs) return 'device';
    this.#runs++;
    this.#runsByClient.set(id, own + 1);
    let isTaken = true;
    return {
      dispose: () => {
        if (!isTaken) return;
        isTaken = false;
        this.#runs--;
        const left = (this.#runsByClient.get(id) ?? 1) - 1;
        if (left > 0) this.#runsByClient.set(id, left);
        else this.#runsByClient.delete(id);
      },
    };
  }

  /** @internal Room for so much more of a body that is being read. Give it back by a negative count. */
  takeBody(bytes: number): boolean {
    if (bytes > 0 && this.#bodyBytes + bytes > MAX_HTTP_BODIES_BYTES) return false;
    this.#bodyBytes += bytes;
    return true;
  }

  #changeRunning(by: number): void {
    this.#running += by;
    this.#runningChanged.fire(this.#running);
  }
}
