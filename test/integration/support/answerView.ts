import type { Disposable } from '../../../src/base/disposable.ts';
import type { ChatReply } from '../../../src/protocol/chat.ts';
import type { AnswerState } from '../../../src/protocol/chatMessage.ts';
import type { ErrorCode } from '../../../src/protocol/errors.ts';
import type { ChatPort } from '../../../src/protocol/chatPort.ts';

/** What a view of one conversation shows of its last answer. */
export class AnswerView implements Disposable {
  readonly conversationId: string;
  text = '';
  pieces = 0;
  state: AnswerState | undefined;
  error: ErrorCode | undefined;
  refused: ErrorCode | undefined;
  /** Whole states that the device has sent. */
  snapshots = 0;
  readonly #subscription: Disposable;

  constructor(port: ChatPort, conversationId: string) {
    this.conversationId = conversationId;
    this.#subscription = port.onReply((reply) => {
      this.#take(reply);
    });
  }

  /** Nothing more will be said of this answer. */
  get isOver(): boolean {
    return this.refused !== undefined || ['done', 'stopped', 'interrupted', 'error'].includes(this.state ?? '');
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #take(reply: ChatReply): void {
    if (reply.type === 'refused') this.refused = reply.error;
    if (!('conversationId' in reply) || reply.conversationId !== this.conversationId) return;
    if (reply.type === 'snapshot') {
      const answer = reply.messages.findLast(({ role }) => role === 'assistant');
      this.snapshots++;
      this.text = answer?.text ?? '';
      this.state = answer?.state;
      this.error = answer?.error;
      return;
    }
    if (reply.type !== 'event') return;
    if (reply.event.type === 'turn') {
      this.text = '';
      this.state = reply.event.answer.state;
    } else if (reply.event.type === 'chunk') {
      this.text += reply.event.message.chunk;
      this.pieces++;
    } else if (reply.event.type === 'answerState') {
      this.state = reply.event.state;
      this.error = reply.event.error;
    }
  }
}
