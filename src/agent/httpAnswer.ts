import { concatBytes, DecodeError, fromUtf8, utf8 } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { MuxStream } from '../mux/muxStream.ts';
import { publicErrorIn, publicErrorOf, type PublicError } from '../ollama/publicErrors.ts';
import type { UpstreamFlow, UpstreamHead, UpstreamSink } from '../ollama/upstream.ts';
import { formWords, QUIET_MS, type AnswerForm, type FormWords } from '../policy/answerForms.ts';
import { trimAnswer, type MayUse } from '../policy/httpAnswers.ts';
import { refusalBody, type HttpRefusal } from '../policy/httpPolicy.ts';
import type { HttpRoute } from '../policy/httpRoutes.ts';
import { errorCatalogue, type ErrorCode, type TunnelError } from '../protocol/errors.ts';
import { encodeHttpHead, type HttpResponseHead } from '../protocol/http.ts';
import { MAX_HTTP_LIST_BYTES } from '../protocol/limits.ts';
import { encodeStreamMessage } from '../protocol/messageStream.ts';
import { AnswerLines } from './answerLines.ts';
import { QuietWatch } from './quietWatch.ts';

/** What the stream is given at once of an answer that we hold whole. */
const PIECE_BYTES = 32 * 1024;

/** What became of an answer, for the audit line. */
export interface AnswerOutcome {
  /** Of an error that came too late for a status, the one that it would have had. */
  readonly status: number | undefined;
  readonly bytes: number;
  /** Why it was cut off after it had begun. */
  readonly error?: ErrorCode;
}

export interface HttpAnswerOptions {
  readonly clock: Clock;
  readonly stream: MuxStream;
  readonly route: HttpRoute;
  readonly form: AnswerForm;
  /** May this client see the model of that name? */
  readonly mayUse: MayUse;
  /** So many more lines of a model's answer have come: Ollama writes one a token. */
  readonly onTokens: (count: number) => void;
  /** Ollama has taken the request. */
  readonly onBegun: () => void;
  /** Nothing more is written; the stream ends by itself. */
  readonly onDone: () => void;
}

/**
 * Writes Ollama's answer to a stream as it comes, and reads on only as fast as the stream takes it: a client that does not read holds back
 * Ollama itself. Lists and errors are short; they are collected and written anew. While a model is silent (it loads, waits for its turn,
 * reads the prompt) it says that we are still here, so that nothing on the way gives the answer up.
 */
export class HttpAnswer implements UpstreamSink, Disposable {
  readonly #options: HttpAnswerOptions;
  readonly #store = new DisposableStore();
  readonly #words: FormWords;
  readonly #lines: AnswerLines;
  readonly #quiet: QuietWatch | undefined;
  /** A success was announced before Ollama had said anything. */
  #isEarly = false;
  #flow: UpstreamFlow | undefined;
  #head: UpstreamHead | undefined;
  #collected: Uint8Array[] | undefined;
  /** Of a trimmed answer, what the stream has not taken yet. */
  #rest: Uint8Array | undefined;
  #bytes = 0;
  #outcome: Omit<AnswerOutcome, 'bytes'> = { status: undefined };

  constructor(options: HttpAnswerOptions) {
    const { clock, form, route } = options;
    this.#options = options;
    this.#words = formWords[form];
    this.#lines = new AnswerLines(this.#words.lastLine);
    if (route.runsModel)
      this.#quiet = this.#store.add(
        new QuietWatch(clock, this.#words.patienceMs, QUIET_MS, () => {
          this.#sayStillHere();
        }),
      );
    this.#store.add(
      options.stream.onWritable(() => {
        if (this.#rest) this.#writeRest(this.#rest);
        else this.#flow?.resume();
      }),
    );
  }

  get outcome(): AnswerOutcome {
    return { ...this.#outcome, bytes: this.#bytes };
  }

  /** Takes the flow that feeds it; they end together. */
  follow(flow: UpstreamFlow): void {
    this.#flow = this.#store.add(flow);
  }

  onHead(head: UpstreamHead): void {
    this.#head = head;
    this.#quiet?.note();
    this.#options.onBegun();
    const { status, contentType } = head;
    if (status >= 300 || this.#options.route.answer !== 'bytes') this.#collected = [];
    else if (!this.#isEarly) this.#writeHead({ status, ...(contentType === undefined ? {} : { contentType }) });
  }

  onBody(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (!this.#collected) {
      if (this.#options.route.runsModel) this.#follow(bytes);
      if (!this.#options.stream.write(bytes)) this.#flow?.pause();
    } else if (this.#bytes <= MAX_HTTP_LIST_BYTES) this.#collected.push(bytes);
    else this.refuse({ status: 502, text: 'Ollama’s answer is too long' });
  }

  onEnd(): void {
    if (this.#collected && this.#head) {
      this.#answerCollected(this.#head, concatBytes(...this.#collected));
      return;
    }
    if (this.#words.lastLine && !this.#lines.isComplete) {
      // an error in mid-stream, which Ollama does not pass on under /v1 (`middleware/openai.go`, writeResponse)
      this.#outcome = { ...this.#outcome, error: 'ollamaEndedEarly' };
      this.#writeFailure(502, errorCatalogue.ollamaEndedEarly.words);
    }
    this.#end();
  }

  onError(error: TunnelError): void {
    if (!this.#head || this.#collected) {
      this.refuse(publicErrorOf(error));
      return;
    }
    this.#outcome = { ...this.#outcome, error: error.code };
    this.#options.stream.fail(error.code);
    this.#done();
  }

  /** Answers in Ollama's stead. */
  refuse(error: PublicError | HttpRefusal): void {
    const { stream, route } = this.#options;
    if (this.#isEarly) this.#refuseLate(error);
    else writeRefusal(stream, { dialect: route.dialect, kind: 'refused', ...error });
    this.#outcome = { status: error.status };
    this.#done();
  }

  dispose(): void {
    this.#store.dispose();
  }

  #sayStillHere(): void {
    const { stream, form } = this.#options;
    if (this.#collected || (this.#head && form === 'whole') || !stream.isWritable) return;
    if (!this.#head && !this.#isEarly) {
      this.#isEarly = true;
      this.#writeHead({ status: 200, contentType: this.#words.contentType });
    }
    if (this.#lines.isBetween && !this.#lines.isComplete) stream.write(this.#words.beat);
  }

  #follow(bytes: Uint8Array): void {
    const before = this.#lines.tokens;
    this.#quiet?.note();
    this.#lines.push(bytes);
    this.#options.onTokens(this.#lines.tokens - before);
  }

  /** The status is out. One JSON value must not pass for what was asked: whoever reads it finds it broken off. */
  #refuseLate({ status, text }: PublicError | HttpRefusal): void {
    const { stream, form } = this.#options;
    this.#writeFailure(status, text);
    if (form === 'whole') stream.fail('ollamaFailed');
    else stream.end();
  }

  #writeFailure(status: number, text: string): void {
    const { stream, route } = this.#options;
    if (!this.#lines.isBetween) stream.write(utf8('\n\n'));
    stream.write(this.#words.failure(route.dialect, status, text, this.#lines.events));
  }

  #answerCollected({ status, contentType }: UpstreamHead, body: Uint8Array): void {
    const { route, mayUse } = this.#options;
    let trimmed = body;
    try {
      if (status >= 300) {
        this.refuse(publicErrorIn(status, fromUtf8(body)));
        return;
      }
      if (route.answer !== 'bytes' && route.method !== 'HEAD') trimmed = trimAnswer(route.answer, body, mayUse);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.refuse({ status: 502, text: 'something other than Ollama answered' });
      return;
    }
    this.#writeHead({ status, ...(contentType === undefined ? {} : { contentType }) });
    this.#writeRest(trimmed);
  }

  #writeRest(bytes: Uint8Array): void {
    const { stream } = this.#options;
    let at = 0;
    while (at < bytes.length && stream.isWritable) {
      stream.write(bytes.subarray(at, at + PIECE_BYTES));
      at += PIECE_BYTES;
    }
    this.#rest = bytes.subarray(at);
    if (this.#rest.length === 0) this.#end();
  }

  #writeHead(head: HttpResponseHead): void {
    this.#outcome = { status: head.status };
    this.#options.stream.write(encodeStreamMessage(encodeHttpHead(head)));
  }

  #end(): void {
    this.#options.stream.end();
    this.#done();
  }

  #done(): void {
    this.dispose();
    this.#options.onDone();
  }
}

/** Writes a whole answer of ours and ends our direction. */
export function writeRefusal(stream: MuxStream, refusal: HttpRefusal): void {
  const { status, retryAfter } = refusal;
  const head = { status, contentType: 'application/json; charset=utf-8', ...(retryAfter === undefined ? {} : { retryAfter }) };
  stream.write(encodeStreamMessage(encodeHttpHead(head)));
  stream.write(refusalBody(refusal));
  stream.end();
}
