import type { AnswerStats } from '../protocol/chatMessage.ts';
import { TunnelError } from '../protocol/errors.ts';
import { readChatLine, type ChatLine } from './chatLines.ts';
import { textError } from './errors.ts';
import { NdjsonDecoder, NdjsonError } from './ndjson.ts';

/** What an answer's bytes turn into. After `onEnd` or `onError` nothing follows. */
export interface AnswerListener {
  /** A line has come, even one without text: the model is alive. */
  onLine(): void;
  /** Never empty. */
  onText(text: string): void;
  /** Never empty. */
  onThought(text: string): void;
  onEnd(stats: AnswerStats): void;
  onError(error: TunnelError): void;
}

/** Reads the body of a streamed `/api/chat` answer. Only a `done` line is a success; whatever else ends it is an error. */
export class AnswerReader {
  readonly #listener: AnswerListener;
  readonly #decoder = new NdjsonDecoder();
  #isOver = false;

  constructor(listener: AnswerListener) {
    this.#listener = listener;
  }

  push(bytes: Uint8Array): void {
    if (!this.#isOver) this.#hear(this.#decoder.push(bytes));
  }

  /** The body has ended. */
  end(): void {
    if (!this.#isOver) this.#hear(this.#decoder.end());
    this.#fail(new TunnelError('ollamaEndedEarly'));
  }

  /** The listener is to hear no more, not even the rest of what is being read now. */
  stop(): void {
    this.#isOver = true;
  }

  #hear(values: Iterable<unknown>): void {
    try {
      for (const value of values) {
        this.#listener.onLine();
        this.#play(readChatLine(value));
        if (this.#over()) return;
      }
    } catch (error) {
      // a listener that throws is a bug and goes its way; a line that cannot be read is ours
      if (!(error instanceof NdjsonError)) throw error;
      this.#fail(new TunnelError('ollamaFailed', error.message, { cause: error }));
    }
  }

  #play(line: ChatLine): void {
    switch (line.kind) {
      case 'piece':
        this.#say(line);
        return;
      case 'done':
        this.#say(line);
        if (this.#over()) return;
        this.#isOver = true;
        this.#listener.onEnd(line.stats);
        return;
      case 'error':
        this.#fail(textError(line.text));
        return;
      case 'unknown':
        this.#fail(new TunnelError('ollamaFailed', 'a line makes no sense'));
    }
  }

  #say({ text, thinking }: { readonly text: string; readonly thinking: string }): void {
    if (thinking !== '' && !this.#over()) this.#listener.onThought(thinking);
    if (text !== '' && !this.#over()) this.#listener.onText(text);
  }

  #fail(error: TunnelError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.onError(error);
  }

  /** Asked anew each time: every call to the listener may have stopped us. */
  #over(): boolean {
    return this.#isOver;
  }
}
