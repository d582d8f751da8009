import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import { MAX_HTTP_BODIES_BYTES, MAX_HTTP_RUNS, MAX_HTTP_RUNS_PER_CLIENT, MAX_HTTP_RUNS_PER_KEY } from '../protocol/limits.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { RemoteAsker } from '../policy/httpPolicy.ts';

/** How much remote clients may have running at once. */
export interface HttpLimits {
  /** Requests that run a model, of one browser or editor. Default {@link MAX_HTTP_RUNS_PER_CLIENT}. */
  readonly runsPerClient?: number;
  /** The same of one API key. Default {@link MAX_HTTP_RUNS_PER_KEY}. */
  readonly runsPerKey?: number;
  /** Of all together. Default {@link MAX_HTTP_RUNS}. */
  readonly runs?: number;
}

/** How one request went: counts and names, and never what was said. */
export interface HttpRecord {
  /** Method and path from the policy's table, or `refused`. */
  readonly request: string;
  /** One of this machine's. */
  readonly model: string | undefined;
  /** Undefined when it ended before there was one. */
  readonly status: number | undefined;
  readonly error: ErrorCode | undefined;
  readonly requestBytes: number;
  readonly answerBytes: number;
  readonly ms: number;
}

/** Who asks. */
export interface HttpClient extends RemoteAsker {
  readonly id: string;
  /** Requests that run a model which it may have at once. Default: as {@link HttpLimits} says. */
  readonly maxRuns?: (() => number) | undefined;
  /** Hears how each of its requests went, once. */
  readonly onRequest?: (record: HttpRecord) => void;
}

/** Counts what the `http` streams of all clients use of the device, and says when that is enough. */
export class HttpLedger implements Disposable {
  readonly #limits: Required<HttpLimits>;
  readonly #runningChanged = new Emitter<number>();
  readonly #runsByClient = new Map<string, number>();
  #runs = 0;
  #running = 0;
  #bodyBytes = 0;

  constructor(limits?: HttpLimits) {
    this.#limits = { runsPerClient: MAX_HTTP_RUNS_PER_CLIENT, runsPerKey: MAX_HTTP_RUNS_PER_KEY, runs: MAX_HTTP_RUNS, ...limits };
  }

  /** Requests that are with Ollama now. */
  get running(): number {
    return this.#running;
  }

  /** Fires with {@link running}. */
  readonly onDidChangeRunning = this.#runningChanged.event;

  /** A request goes to Ollama; disposing says that it is over. */
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

  /** A place among the requests that run a model, or who has none left: this client, or the device. */
  takeRun({ id, scope, maxRuns }: HttpClient): Disposable | 'client' | 'device' {
    const own = this.runsOf(id);
    if (own >= (maxRuns?.() ?? (scope === 'api' ? this.#limits.runsPerKey : this.#limits.runsPerClient))) return 'client';
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

  /** Requests of this client that run a model now. */
  runsOf(clientId: string): number {
    return this.#runsByClient.get(clientId) ?? 0;
  }

  /** Room for so much more of a body that is being read. Give it back by a negative count. */
  takeBody(bytes: number): boolean {
    if (bytes > 0 && this.#bodyBytes + bytes > MAX_HTTP_BODIES_BYTES) return false;
    this.#bodyBytes += bytes;
    return true;
  }

  dispose(): void {
    this.#runningChanged.dispose();
  }

  #changeRunning(by: number): void {
    this.#running += by;
    this.#runningChanged.fire(this.#running);
  }
}
