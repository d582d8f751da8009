import { concatBytes, DecodeError } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import type { Mux } from '../mux/mux.ts';
import type { MuxStream } from '../mux/muxStream.ts';
import { publicErrorOf } from '../ollama/publicErrors.ts';
import type { Upstream } from '../ollama/upstream.ts';
import { mayUseModel } from '../policy/chatPolicy.ts';
import {
  acceptHead,
  rebuildRequest,
  refuse,
  refuseBody,
  refuseCloud,
  refuseMissingModel,
  type AcceptedHead,
  type CleanRequest,
  type HttpRefusal,
} from '../policy/httpPolicy.ts';
import type { HttpRoute } from '../policy/httpRoutes.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { HeadSplitter } from '../protocol/headSplitter.ts';
import { decodeHttpRequestHead } from '../protocol/http.ts';
import { HTTP_HOLD_MS, MAX_HTTP_HEAD_BYTES } from '../protocol/limits.ts';
import { HttpAnswer, writeRefusal, type AnswerOutcome } from './httpAnswer.ts';
import type { HttpClient, HttpLedger } from './httpLedger.ts';
import type { ModelDirectory } from './modelDirectory.ts';

/** When to ask again while all places are taken, s. */
const RETRY_AFTER_S = 2;

/**
 * The `head` is read, then the `body`; `checking` whether the model may be used; `forwarding` to Ollama; `answered`, by us or by Ollama:
 * the stream ends once its client has everything; `over`.
 */
type Phase = 'head' | 'body' | 'checking' | 'forwarding' | 'answered' | 'over';

/** What an exchange works with; of all exchanges of a device. */
export interface HttpServices {
  readonly clock: Clock;
  readonly log: Logger;
  readonly upstream: Upstream;
  readonly ledger: HttpLedger;
  readonly directory: ModelDirectory;
  readonly onTokens: (count: number) => void;
}

/** One `http` stream from its first byte to its end: what it asks is checked, made anew, put to Ollama once, and answered. */
export class HttpExchange implements Disposable {
  readonly #stream: MuxStream;
  readonly #client: HttpClient;
  readonly #services: HttpServices;
  readonly #onOver: (exchange: HttpExchange) => void;
  readonly #store = new DisposableStore();
  readonly #splitter = new HeadSplitter(MAX_HTTP_HEAD_BYTES);
  readonly #startedAt: number;
  #phase: Phase = 'head';
  #accepted: AcceptedHead | undefined;
  #pieces: Uint8Array[] = [];
  /** Of the request's body, counted at the server until Ollama has taken it. */
  #bodyBytes = 0;
  #heldBytes = 0;
  #model: string | undefined;
  /** Among the requests that run a model. */
  #place: Disposable | undefined;
  #answer: HttpAnswer | undefined;
  /** Of an answer of ours, or why there is none. */
  #outcome: Pick<AnswerOutcome, 'status' | 'error'> = { status: undefined };
  #bodyDue: Disposable | undefined;
  #hold: Disposable | undefined;

  constructor(stream: MuxStream, mux: Mux, client: HttpClient, services: HttpServices, onOver: (exchange: HttpExchange) => void) {
    this.#stream = stream;
    this.#client = client;
    this.#services = services;
    this.#onOver = onOver;
    this.#startedAt = services.clock.monotonic();
    this.#store.add(
      stream.onReadable(() => {
        this.#read();
      }),
    );
    this.#store.add(
      stream.onStopRequested(() => {
        // the caller has closed its request, and so do we
        if (stream.isReadEnded) stream.end();
        else stream.reset('cancelled');
        this.#close('cancelled');
      }),
    );
    this.#store.add(
      stream.onEnd((end) => {
        this.#close(end.kind === 'reset' ? end.code : undefined);
      }),
    );
    this.#store.add(
      mux.onDetached(() => {
        this.#hold = services.clock.after(HTTP_HOLD_MS, () => {
          stream.reset('streamGone');
        });
      }),
    );
    this.#store.add(
      mux.onAttached(() => {
        this.#hold?.dispose();
      }),
    );
    this.#expectBody();
  }

  dispose(): void {
    this.#close('closed');
  }

  #read(): void {
    for (let piece = this.#stream.read(); piece; piece = this.#stream.read()) {
      if (this.#phase === 'head') this.#readHead(piece);
      else if (this.#phase === 'body') this.#readBody(piece);
      // what comes after an answer of ours is of no use, and is taken so that the stream can end
    }
    if (!this.#stream.isReadEnded) return;
    if (this.#phase === 'head') this.#refuse(refuse('ollama', 400, 'the request has no head'));
    else if (this.#phase === 'body') this.#check();
    else if (this.#phase === 'answered') this.#bodyDue?.dispose();
  }

  #readHead(piece: Uint8Array): void {
    try {
      const split = this.#splitter.push(piece);
      if (!split) return;
      const accepted = acceptHead(this.#client, decodeHttpRequestHead(split.head));
      if (accepted.kind === 'refused') {
        this.#refuse(accepted);
        return;
      }
      this.#accepted = accepted;
      this.#phase = 'body';
      if (split.rest.length > 0) this.#readBody(split.rest);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#refuse(refuse('ollama', 400, 'bad request'));
    }
  }

  #readBody(piece: Uint8Array): void {
    const { route } = this.#demandAccepted();
    this.#bodyBytes += piece.length;
    if (this.#bodyBytes > route.maxBodyBytes) this.#refuse(refuseBody(route));
    else if (!this.#services.ledger.takeBody(piece.length)) {
      this.#refuse(refuse(route.dialect, 503, 'too many request bodies at once, please try again', RETRY_AFTER_S));
    } else {
      this.#heldBytes += piece.length;
      this.#pieces.push(piece);
      this.#expectBody();
    }
  }

  /** The request is whole. */
  #check(): void {
    const accepted = this.#demandAccepted();
    const [first, second] = this.#pieces;
    const clean = rebuildRequest(this.#client, accepted, first && !second ? first : concatBytes(...this.#pieces));
    this.#pieces = [];
    this.#bodyDue?.dispose();
    if (clean.kind === 'refused') {
      this.#refuse(clean);
      return;
    }
    this.#model = clean.model;
    const { route } = accepted;
    const place = route.runsModel ? this.#services.ledger.takeRun(this.#client) : undefined;
    if (place === 'client' || place === 'device') {
      const status = place === 'client' ? 429 : 503;
      this.#refuse(refuse(route.dialect, status, 'too many requests at once, please try again', RETRY_AFTER_S));
      return;
    }
    this.#place = place;
    this.#phase = 'checking';
    if (this.#knows(clean, route)) this.#decide(clean, route);
    else void this.#lookUp(clean, route);
  }

  #knows({ model }: CleanRequest, { answer }: HttpRoute): boolean {
    const { directory } = this.#services;
    return model === undefined ? answer !== 'models' || directory.isFresh : directory.standingOf(model) !== undefined;
  }

  async #lookUp(clean: CleanRequest, route: HttpRoute): Promise<void> {
    try {
      await this.#services.directory.refresh();
    } catch (error) {
      if (this.#phase === 'checking') this.#refuse({ kind: 'refused', dialect: route.dialect, ...publicErrorOf(TunnelError.from(error)) });
      return;
    }
    if (this.#phase === 'checking') this.#decide(clean, route);
  }

  #decide(clean: CleanRequest, route: HttpRoute): void {
    const { model } = clean;
    const standing = model === undefined ? 'local' : this.#services.directory.standingOf(model);
    const isFit = standing === 'local' || (standing === 'cloud' && this.#client.cloudModels === true);
    if (model === undefined || isFit) this.#forward(clean, route);
    else this.#refuse(standing === 'cloud' ? refuseCloud(route.dialect) : refuseMissingModel(route, model));
  }

  #forward({ method, path, body, form }: CleanRequest, route: HttpRoute): void {
    this.#phase = 'forwarding';
    const running = this.#store.add(this.#services.ledger.addRunning());
    const answer = new HttpAnswer({
      clock: this.#services.clock,
      stream: this.#stream,
      route,
      form,
      mayUse: (name, runsElsewhere = false) =>
        mayUseModel(this.#client, { name, cloud: runsElsewhere || this.#services.directory.standingOf(name) === 'cloud' }),
      onTokens: this.#services.onTokens,
      onBegun: () => {
        this.#releaseBody();
      },
      onDone: () => {
        running.dispose();
        this.#answered();
      },
    });
    this.#answer = this.#store.add(answer);
    answer.follow(this.#services.upstream.forward({ method, path, ...(body ? { body } : {}) }, answer));
  }

  #refuse(refusal: HttpRefusal): void {
    writeRefusal(this.#stream, refusal);
    this.#outcome = { status: refusal.status };
    this.#answered();
    // the rest of its request is not wanted
    if (!this.#stream.isReadEnded) this.#stream.stop();
  }

  #answered(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'answered';
    this.#release();
    this.#audit();
  }

  #close(error: ErrorCode | undefined): void {
    if (this.#phase === 'over') return;
    const wasAnswered = this.#phase === 'answered';
    this.#phase = 'over';
    this.#release();
    this.#bodyDue?.dispose();
    this.#hold?.dispose();
    this.#store.dispose();
    if (!wasAnswered) {
      this.#outcome = { status: undefined, ...(error === undefined ? {} : { error }) };
      this.#audit();
    }
    this.#onOver(this);
  }

  /** A client that says nothing more while we wait for it does not keep its place. */
  #expectBody(): void {
    this.#bodyDue?.dispose();
    this.#bodyDue = this.#services.clock.after(HTTP_HOLD_MS, () => {
      this.#stream.reset('cancelled');
    });
  }

  /** Ollama has all it needs of us. */
  #release(): void {
    this.#place?.dispose();
    this.#releaseBody();
  }

  #releaseBody(): void {
    this.#services.ledger.takeBody(-this.#heldBytes);
    this.#heldBytes = 0;
    this.#pieces = [];
  }

  /** Who, what, how it went; never what was said. */
  #audit(): void {
    const record = {
      request: this.#accepted ? `${this.#accepted.route.method} ${this.#accepted.route.path}` : 'refused',
      // one that Ollama was asked for: any other name is the caller's own text
      model: this.#answer && this.#model,
      status: this.#answer?.outcome.status ?? this.#outcome.status,
      error: this.#outcome.error ?? this.#answer?.outcome.error,
      requestBytes: this.#bodyBytes,
      answerBytes: this.#answer?.outcome.bytes ?? 0,
      ms: Math.round(this.#services.clock.monotonic() - this.#startedAt),
    };
    this.#services.log.info('http request', { client: this.#client.id, ...record });
    this.#client.onRequest?.(record);
  }

  #demandAccepted(): AcceptedHead {
    if (!this.#accepted) throw new Error('a body before its head');
    return this.#accepted;
  }
}
