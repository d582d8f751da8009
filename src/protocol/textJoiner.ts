import { DecodeError } from '../base/bytes.ts';
import type { ChatReply, HubReply, TextAhead } from './chat.ts';
import type { ChatMessage } from './chatMessage.ts';
import { MAX_TEXT_AHEAD_UNITS } from './limits.ts';

/** Makes whole messages of what a hub sent in pieces. One per line: a new line begins with nothing. */
export class TextJoiner {
  readonly #ahead = new Map<string, string>();
  #units = 0;

  /** The reply with whole messages, or `undefined` while it is still coming. @throws DecodeError when pieces are missing or too many */
  take(reply: HubReply): ChatReply | undefined {
    switch (reply.type) {
      case 'text':
        this.#hold(reply);
        return undefined;
      case 'snapshot':
      case 'page':
        return { ...reply, messages: reply.messages.map((message) => this.#join(message)) };
      case 'event':
        if (reply.event.type !== 'turn') return reply;
        return { ...reply, event: { ...reply.event, question: this.#join(reply.event.question), answer: this.#join(reply.event.answer) } };
      default:
        return reply;
    }
  }

  #hold({ messageId, offset, text }: TextAhead): void {
    if (offset === 0) this.#drop(messageId);
    const before = this.#ahead.get(messageId) ?? '';
    if (before.length !== offset) throw new DecodeError(`text at ${String(offset)} after ${String(before.length)}`);
    this.#units += text.length;
    if (this.#units > MAX_TEXT_AHEAD_UNITS) throw new DecodeError('too much text ahead of its message');
    this.#ahead.set(messageId, before + text);
  }

  #join(message: ChatMessage): ChatMessage {
    const { textOffset, ...rest } = message;
    if (textOffset === undefined) return message;
    const before = this.#ahead.get(message.id) ?? '';
    if (before.length !== textOffset) throw new DecodeError(`message from ${String(textOffset)} after ${String(before.length)}`);
    this.#drop(message.id);
    return { ...rest, text: before + message.text };
  }

  #drop(messageId: string): void {
    this.#units -= this.#ahead.get(messageId)?.length ?? 0;
    this.#ahead.delete(messageId);
  }
}
