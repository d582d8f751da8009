import { deferred, type Deferred } from '../base/deferred.ts';
import { type ChatReply, type ConversationEvent } from '../protocol/chat.ts';
import { isRunning, type AnswerState, type ChatMessage } from '../protocol/chatMessage.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import type { StreamingMessage } from '../protocol/status.ts';

type Phase = { readonly kind: 'running' } | { readonly kind: 'done' } | { readonly kind: 'failed'; readonly error: TunnelError };

/** One answer as a stream of pieces, made from what a chat line says about its conversation. */
export class AnswerStream {
  readonly requestId: string;
  readonly conversationId: string;
  #phase: Phase = { kind: 'running' };
  readonly #pieces: StreamingMessage[] = [];
  #answerId: string | undefined;
  /** Of the next piece handed on, and of the next one to come from the hub; they part when a snapshot takes the place of pieces. */
  #sequence = 0;
  #expected = 0;
  #units = 0;
  #isComplete = false;
  #more: Deferred<undefined> | undefined;

  constructor(requestId: string, conversationId: string) {
    this.requestId = requestId;
    this.conversationId = conversationId;
  }

  get isRunning(): boolean {
    return this.#phase.kind === 'running';
  }

  take(reply: ChatReply): void {
    if (!this.isRunning) return;
    if (reply.type === 'refused' && reply.requestId === this.requestId) this.fail(new TunnelError(reply.error, reply.detail));
    else if (reply.type === 'event' && reply.conversationId === this.conversationId) this.#takeEvent(reply.event);
    else if (reply.type === 'snapshot' && reply.conversationId === this.conversationId) this.#takeAnswer(reply.messages.at(-1));
  }

  fail(error: TunnelError): void {
    if (!this.isRunning) return;
    this.#phase = { kind: 'failed', error };
    this.#more?.resolve(undefined);
  }

  /** Ends after the complete piece. @throws TunnelError after the last piece, when the answer did not come to its end */
  async *pieces(): AsyncGenerator<StreamingMessage, void> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece) yield piece;
      else if (this.#phase.kind === 'failed') throw this.#phase.error;
      else if (this.#phase.kind === 'done') return;
      else {
        this.#more = deferred();
        await this.#more.promise;
      }
    }
  }

  #takeEvent(event: ConversationEvent): void {
    if (event.type === 'turn') this.#answerId = event.answer.id;
    else if (event.type === 'chunk' && event.message.id === this.#answerId) this.#takeChunk(event.message);
    else if (event.type === 'answerState' && event.answerId === this.#answerId) this.#takeState(event);
  }

  #takeChunk({ chunk, isComplete, sequence, timestamp }: StreamingMessage): void {
    if (sequence < this.#expected) return;
    if (sequence > this.#expected) this.fail(new TunnelError('badMessage', 'a piece of the answer is missing'));
    else this.#push(chunk, isComplete, sequence + 1, timestamp);
  }

  /** A snapshot: what it holds beyond what has been handed on is one piece. */
  #takeAnswer(answer: ChatMessage | undefined): void {
    if (answer?.role !== 'assistant') return;
    this.#answerId = answer.id;
    const { text, state = 'done', nextSequence = 0, createdAt } = answer;
    const ended = !isRunning(state);
    const rest = text.slice(this.#units);
    if (rest !== '' || ended) this.#push(rest, ended, nextSequence, createdAt);
    this.#expected = nextSequence;
    this.#takeState(answer);
  }

  #takeState({ state = 'done', error, errorDetail }: Pick<ChatMessage, 'state' | 'error' | 'errorDetail'>): void {
    if (isRunning(state)) return;
    if (state === 'done') this.#phase = { kind: 'done' };
    else this.fail(new TunnelError(error ?? defaultError(state), errorDetail));
    this.#more?.resolve(undefined);
  }

  #push(chunk: string, isComplete: boolean, expected: number, timestamp: number): void {
    this.#expected = expected;
    this.#units += chunk.length;
    if (this.#isComplete || this.#answerId === undefined) return;
    this.#isComplete = isComplete;
    const { conversationId } = this;
    this.#pieces.push({ id: this.#answerId, conversationId, chunk, isComplete, sequence: this.#sequence++, timestamp });
    this.#more?.resolve(undefined);
  }
}

/** Why an answer did not come to its end, when its state is all that is known. */
function defaultError(state: AnswerState): ErrorCode {
  if (state === 'stopped') return 'cancelled';
  return state === 'interrupted' ? 'deviceRestarted' : 'internal';
}
