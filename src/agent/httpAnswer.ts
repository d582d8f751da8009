import { concatBytes, DecodeError, fromUtf8 } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { MuxStream } from '../mux/muxStream.ts';
import { publicErrorIn, publicErrorOf, type PublicError } from '../ollama/publicErrors.ts';
import type { UpstreamFlow, UpstreamHead, UpstreamSink } from '../ollama/upstream.ts';
import { trimAnswer } from '../policy/httpAnswers.ts';
import { refusalBody, type HttpRefusal } from '../policy/httpPolicy.ts';
import type { HttpRoute } from '../policy/httpRoutes.ts';
import type { ErrorCode, TunnelError } from '../protocol/errors.ts';
import { encodeHttpHead, type HttpResponseHead } from '../protocol/http.ts';
import { MAX_HTTP_LIST_BYTES } from '../protocol/limits.ts';
import { encodeStreamMessage } from '../protocol/messageStream.ts';

/** What the stream is given at once of an answer that we hold whole. */
const PIECE_BYTES = 32 * 1024;

/** What became of an answer, for the audit line. */
export interface AnswerOutcome {
  readonly status: number | undefined;
  readonly bytes: number;
  /** Why it was cut off after it had begun. */
  readonly error?: ErrorCode;
}

export interface HttpAnswerOptions {
  readonly stream: MuxStream;
  readonly route: HttpRoute;
  /** May this client see the model of that name? */
  readonly mayUse: (model: string) => boolean;
  /** So many more lines of a model's answer have come: Ollama writes one a token. */
  readonly onTokens: (count: number) => void;
  /** Ollama has taken the request. */
  readonly onBegun: () => void;
  /** Nothing more is written; the stream ends by itself. */
  readonly onDone: () => void;
}

/**
 * Writes Ollama's answer to a stream as it comes, and reads on only as fast as the stream takes it: a client that does not read holds back
 * Ollama itself. Lists and errors are short; they are collected and written anew.
 */
export class HttpAnswer implements UpstreamSink, Disposable {
  readonly #options: HttpAnswerOptions;
  readonly #store = new DisposableStore();
  #flow: UpstreamFlow | undefined;
  #head: UpstreamHead | undefined;
  #collected: Uint8Array[] | undefined;
  /** Of a trimmed answer, what the stream has not taken yet. */
  #rest: Uint8Array | undefined;
  #bytes = 0;
  #outcome: Omit<AnswerOutcome, 'bytes'> = { status: undefined };

  constructor(options: HttpAnswerOptions) {
    this.#options = options;
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
    this.#options.onBegun();
    const { status, contentType } = head;
    if (status >= 300 || this.#options.route.answer !== 'bytes') this.#collected = [];
    else this.#writeHead({ status, ...(contentType === undefined ? {} : { contentType }) });
  }

  onBody(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (!this.#collected) {
      if (this.#options.route.runsModel) this.#options.onTokens(linesIn(bytes));
      if (!this.#options.stream.write(bytes)) this.#flow?.pause();
    } else if (this.#bytes <= MAX_HTTP_LIST_BYTES) this.#collected.push(bytes);
    else this.refuse({ status: 502, text: 'Ollama’s answer is too long' });
  }

  onEnd(): void {
    if (this.#collected && this.#head) this.#answerCollected(this.#head, concatBytes(...this.#collected));
    else this.#end();
  }

  onError(error: TunnelError): void {
    if (this.#outcome.status === undefined) {
      this.refuse(publicErrorOf(error));
      return;
    }
    this.#outcome = { ...this.#outcome, error: error.code };
    this.#options.stream.fail(error.code);
    this.#done();
  }

  /** Answers in Ollama's stead. */
  refuse(error: PublicError | HttpRefusal): void {
    writeRefusal(this.#options.stream, { dialect: this.#options.route.dialect, kind: 'refused', ...error });
    this.#outcome = { status: error.status };
    this.#done();
  }

  dispose(): void {
    this.#store.dispose();
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

const NEWLINE = 0x0a;

/** Lines that end here; the empty ones between server-sent events are none. */
function linesIn(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) if (bytes[at - 1] !== NEWLINE) count++;
  return count;
}

/** Writes a whole answer of ours and ends our direction. */
export function writeRefusal(stream: MuxStream, refusal: HttpRefusal): void {
  const { status, retryAfter } = refusal;
  const head = { status, contentType: 'application/json; charset=utf-8', ...(retryAfter === undefined ? {} : { retryAfter }) };
  stream.write(encodeStreamMessage(encodeHttpHead(head)));
  stream.write(refusalBody(refusal));
  stream.end();
}
