import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { GenerationSink } from '../../conversation/ports.ts';
import type { AnswerStats } from '../../protocol/chatMessage.ts';
import { TunnelError } from '../../protocol/errors.ts';
import { AnswerReader } from '../answerReader.ts';
import { connectionError, connectionFailure, statusError } from '../errors.ts';
import { collectBody } from './ollamaHttp.ts';

/** A connection that is not there by then is not coming. */
const CONNECT_TIMEOUT_MS = 10_000;
/** After the last line Ollama ends the answer itself; one that does not is cut off. */
const LINGER_MS = 2_000;
/** A refusal's body is one short sentence. */
const MAX_REFUSAL_BYTES = 64 * 1024;

export interface GenerationOptions {
  readonly clock: Clock;
  /** From the connection to the first line: waiting, load and prompt. */
  readonly firstTokenTimeoutMs: number;
  /** Between two pieces. */
  readonly idleTimeoutMs: number;
  /** Sees an error before the sink does, and may sharpen it. */
  readonly refine: (error: TunnelError) => TunnelError;
  /** The first line has come: the model is in memory. */
  readonly onBegin: () => void;
  /** Adds to the counters what is known besides. */
  readonly complete: (stats: AnswerStats) => AnswerStats;
  /** Bytes have come. */
  readonly onLife: () => void;
  /** The connection is closed, whatever the end. */
  readonly onClosed: () => void;
}

/** `connecting`, then `waiting` for the first line, then `streaming`; `over` once the sink has heard its last word or we were stopped. */
type Phase = 'connecting' | 'waiting' | 'streaming' | 'over';

/** One request to `/api/chat` and its answer. Asked once, whatever happens. */
export class OllamaGeneration implements Disposable {
  readonly #request: ClientRequest;
  readonly #sink: GenerationSink;
  readonly #options: GenerationOptions;
  readonly #reader: AnswerReader;
  #phase: Phase = 'connecting';
  #timer: Disposable | undefined;
  #saidLoading = false;

  /** @param request not yet ended; @param body what to end it with */
  constructor(request: ClientRequest, body: Uint8Array, sink: GenerationSink, options: GenerationOptions) {
    this.#request = request;
    this.#sink = sink;
    this.#options = options;
    this.#reader = new AnswerReader({
      onLine: () => {
        this.#stream();
      },
      onText: (text) => {
        sink.onText(text);
      },
      onThought: (text) => {
        sink.onThought(text);
      },
      onEnd: (stats) => {
        this.#finish();
        sink.onEnd(options.complete(stats));
      },
      onError: (error) => {
        this.#fail(error);
      },
    });
    this.#limit(CONNECT_TIMEOUT_MS, 'ollamaWrongHost');
    request.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail(this.#phase === 'streaming' ? brokenOff(error) : connectionError(connectionFailure(error.code), error));
    });
    request.once('socket', (socket) => {
      socket.setNoDelay(true);
      socket.once('connect', () => {
        this.#wait();
      });
    });
    request.once('finish', () => {
      this.#sayLoading();
    });
    request.once('response', (response) => {
      this.#take(response);
    });
    request.once('close', () => {
      this.#fail(brokenOff());
      this.#timer?.dispose();
      options.onClosed();
    });
    request.end(body);
  }

  dispose(): void {
    this.#phase = 'over';
    this.#reader.stop();
    this.#timer?.dispose();
    this.#request.destroy();
  }

  #wait(): void {
    if (this.#phase !== 'connecting') return;
    this.#phase = 'waiting';
    this.#limit(this.#options.firstTokenTimeoutMs, 'ollamaFirstTokenTimeout');
  }

  #stream(): void {
    if (this.#phase === 'over') return;
    this.#sayLoading();
    if (this.#phase !== 'streaming') this.#options.onBegin();
    this.#phase = 'streaming';
  }

  #sayLoading(): void {
    if (this.#saidLoading || this.#phase === 'over') return;
    this.#saidLoading = true;
    this.#sink.onLoading();
  }

  #take(response: IncomingMessage): void {
    if (response.statusCode !== 200) {
      this.#takeRefusal(response);
      return;
    }
    if (!/json/i.test(response.headers['content-type'] ?? '')) {
      this.#fail(new TunnelError('ollamaForeign', 'the answer is no JSON'));
      return;
    }
    response.on('data', (bytes: Uint8Array) => {
      this.#options.onLife();
      this.#reader.push(bytes);
      if (this.#phase === 'streaming') this.#limit(this.#options.idleTimeoutMs, 'ollamaIdleTimeout');
    });
    response.once('end', () => {
      this.#reader.end();
    });
    response.on('error', (error) => {
      this.#fail(brokenOff(error));
    });
  }

  #takeRefusal(response: IncomingMessage): void {
    collectBody(response, MAX_REFUSAL_BYTES).then(
      (body) => {
        this.#fail(statusError(response.statusCode ?? 0, body));
      },
      () => {
        this.#fail(statusError(response.statusCode ?? 0, ''));
      },
    );
  }

  #limit(ms: number, code: 'ollamaWrongHost' | 'ollamaFirstTokenTimeout' | 'ollamaIdleTimeout'): void {
    this.#timer?.dispose();
    this.#timer = this.#options.clock.after(ms, () => {
      this.#fail(new TunnelError(code));
    });
  }

  #finish(): void {
    this.#phase = 'over';
    this.#timer?.dispose();
    this.#timer = this.#options.clock.after(LINGER_MS, () => {
      this.#request.destroy();
    });
  }

  #fail(error: TunnelError): void {
    if (this.#phase === 'over') return;
    this.dispose();
    this.#sink.onError(this.#options.refine(error));
  }
}

function brokenOff(cause?: unknown): TunnelError {
  return new TunnelError('ollamaEndedEarly', undefined, { cause });
}
