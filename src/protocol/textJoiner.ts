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

  #hold({ messageId, offset, text, isThinking = false }: TextAhead): void {
    const key = keyOf(messageId, isThinking);
    if (offset === 0) this.#drop(key);
    const before = this.#ahead.get(key) ?? '';
    if (before.length !== offset) throw new DecodeError(`text at ${String(offset)} after ${String(before.length)}`);
    this.#units += text.length;
    if (this.#units > MAX_TEXT_AHEAD_UNITS) throw new DecodeError('too much text ahead of its message');
    this.#ahead.set(key, before + text);
  }

  #join(message: ChatMessage): ChatMessage {
    const { textOffset, thinkingOffset, ...rest } = message;
    return {
      ...rest,
      ...(textOffset === undefined ? {} : { text: this.#take(message.id, false, textOffset) + message.text }),
      ...(thinkingOffset === undefined ? {} : { thinking: this.#take(message.id, true, thinkingOffset) + (message.thinking ?? '') }),
    };
  }

  #take(messageId: string, isThinking: boolean, offset: number): string {
    const key = keyOf(messageId, isThinking);
    const before = this.#ahead.get(key) ?? '';
    if (before.length !== offset) throw new DecodeError(`message from ${String(offset)} after ${String(before.length)}`);
    this.#drop(key);
    return before;
  }

  #drop(key: string): void {
    this.#units -= this.#ahead.get(key)?.length ?? 0;
    this.#ahead.delete(key);
  }
}

function keyOf(messageId: string, isThinking: boolean): string {
  return isThinking ? `${messageId} thinking` : messageId;
}
