import type { Disposable } from '../../../src/base/disposable.ts';
import type { ChatMessage } from '../../../src/protocol/chatMessage.ts';
import { isRunning } from '../../../src/protocol/chatMessage.ts';
import type { ChatReply } from '../../../src/protocol/chat.ts';
import type { TunnelChatPort } from '../../../src/tunnel/tunnelChatPort.ts';
import { newId } from './stack.ts';

/** Asks one question and notes what a view of its conversation is shown, and when. */
export class Witness implements Disposable {
  readonly conversationId: string;
  readonly prompt: string;
  readonly #port: TunnelChatPort;
  readonly #requestId = newId();
  readonly #subscription: Disposable;
  /** Each time that the answer has grown: when (`performance.now()`), and its length then. */
  readonly #grown: { readonly at: number; readonly units: number }[] = [];
  #messages: ChatMessage[] = [];
  answerId: string | undefined;
  refused: string | undefined;
  snapshots = 0;

  constructor(port: TunnelChatPort, conversationId: string, prompt: string) {
    this.#port = port;
    this.conversationId = conversationId;
    this.prompt = prompt;
    this.#subscription = port.onReply((reply) => {
      this.#take(reply);
    });
    port.send({ type: 'open', conversationId });
    port.send({ type: 'send', requestId: this.#requestId, conversationId, text: prompt, model: 'stand-in:latest' });
  }

  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** The answer as it is shown. */
  get answer(): ChatMessage | undefined {
    return this.#messages.find(({ id }) => id === this.answerId);
  }

  get isOver(): boolean {
    const state = this.answer?.state;
    return state !== undefined && !isRunning(state);
  }

  /** How much of the answer was shown at a time. */
  shownAt(time: number): number {
    return this.#grown.findLast(({ at }) => at <= time)?.units ?? 0;
  }

  /** When more than `units` of it was first shown; undefined when that never was. */
  shownBeyond(units: number): number | undefined {
    return this.#grown.find((step) => step.units > units)?.at;
  }

  stop(): void {
    const answer = this.answerId === undefined ? {} : { answerId: this.answerId };
    this.#port.send({ type: 'stop', requestId: newId(), conversationId: this.conversationId, ...answer });
  }

  dispose(): void {
    this.#port.send({ type: 'close', conversationId: this.conversationId });
    this.#subscription.dispose();
  }

  #take(reply: ChatReply): void {
    if (reply.type === 'accepted' && reply.requestId === this.#requestId) this.answerId = reply.answerId;
    else if (reply.type === 'refused' && (reply.requestId === this.#requestId || reply.requestId === undefined)) this.refused = reply.error;
    else if (reply.type === 'snapshot' && reply.conversationId === this.conversationId) {
      this.snapshots++;
      this.#messages = [...reply.messages];
    } else if (reply.type === 'event' && reply.conversationId === this.conversationId) this.#apply(reply.event);
  }

  #apply(event: Extract<ChatReply, { type: 'event' }>['event']): void {
    if (event.type === 'turn') this.#messages.push(event.question, event.answer);
    else if (event.type === 'chunk') {
      const { id, chunk } = event.message;
      this.#change(id, ({ text }) => ({ text: text + chunk, state: 'streaming' }));
      if (id === this.answerId) this.#grown.push({ at: performance.now(), units: this.answer?.text.length ?? 0 });
    } else if (event.type === 'answerState') this.#change(event.answerId, () => ({ state: event.state }));
  }

  #change(id: string, change: (message: ChatMessage) => Partial<ChatMessage>): void {
    this.#messages = this.#messages.map((message) => (message.id === id ? { ...message, ...change(message) } : message));
  }
}
