import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import type { ModelClient } from '../conversation/ports.ts';
import type { Mux } from '../mux/mux.ts';
import type { MuxStream } from '../mux/muxStream.ts';
import type { Upstream } from '../ollama/upstream.ts';
import { HttpExchange, type HttpServices } from './httpExchange.ts';
import { HttpLedger, type HttpClient, type HttpLimits } from './httpLedger.ts';
import { ModelDirectory } from './modelDirectory.ts';

export interface HttpServerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly upstream: Upstream;
  readonly models: ModelClient;
  readonly limits?: HttpLimits;
  /** Models have written so many more tokens, as far as their answers come in lines. */
  readonly onTokens?: (count: number) => void;
}

/** Serves the `http` streams of all clients: policy, limits, Ollama. It ends them all when it is disposed. */
export class HttpServer implements Disposable {
  readonly #services: HttpServices;
  readonly #store = new DisposableStore();
  readonly #ledger: HttpLedger;

  constructor({ clock, log, upstream, models, limits, onTokens = () => undefined }: HttpServerOptions) {
    this.#ledger = this.#store.add(new HttpLedger(limits));
    this.#services = { clock, log, upstream, onTokens, ledger: this.#ledger, directory: new ModelDirectory(models, clock) };
  }

  /** Requests that are with Ollama now. */
  get running(): number {
    return this.#ledger.running;
  }

  /** Requests of this client that run a model now. */
  runsOf(clientId: string): number {
    return this.#ledger.runsOf(clientId);
  }

  /** Fires with {@link running}. */
  get onDidChangeRunning(): HttpLedger['onDidChangeRunning'] {
    return this.#ledger.onDidChangeRunning;
  }

  /** Answers one stream that `client` has opened. */
  serve(stream: MuxStream, mux: Mux, client: HttpClient): Disposable {
    return this.#store.add(
      new HttpExchange(stream, mux, client, this.#services, (exchange) => {
        this.#store.delete(exchange);
      }),
    );
  }

  dispose(): void {
    this.#store.dispose();
  }
}
