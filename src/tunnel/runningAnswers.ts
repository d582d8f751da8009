import { type ChatReply } from '../protocol/chat.ts';
import { isRunning } from '../protocol/chatMessage.ts';

/** Follows which answers are being written, from the replies that a view receives. */
export class RunningAnswers {
  readonly #byConversation = new Map<string, Set<string>>();

  get count(): number {
    let count = 0;
    for (const answers of this.#byConversation.values()) count += answers.size;
    return count;
  }

  apply(reply: ChatReply): void {
    if (reply.type === 'snapshot') {
      const running = reply.messages.filter(({ state }) => state !== undefined && isRunning(state));
      this.#byConversation.set(reply.conversationId, new Set(running.map(({ id }) => id)));
      return;
    }
    if (reply.type !== 'event') return;
    const answers = this.#byConversation.get(reply.conversationId) ?? new Set();
    this.#byConversation.set(reply.conversationId, answers);
    const { event } = reply;
    if (event.type === 'turn') answers.add(event.answer.id);
    else if (event.type === 'answerState' && !isRunning(event.state)) answers.delete(event.answerId);
  }

  forget(conversationId: string): void {
    this.#byConversation.delete(conversationId);
  }

  clear(): void {
    this.#byConversation.clear();
  }
}
