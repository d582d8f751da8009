import { utf8 } from '../base/bytes.ts';
import type { TextAhead } from '../protocol/chat.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';
import { MAX_CHUNK_UNITS, MAX_SNAPSHOT_BYTES } from '../protocol/limits.ts';
import { pieceAt } from './textPieces.ts';

/** A message as JSON that is longer than this is sent in pieces; two of them, a question and its answer, fit a snapshot. */
export const MAX_WHOLE_MESSAGE_BYTES = MAX_SNAPSHOT_BYTES / 2;

export function jsonBytes(value: unknown): number {
  return utf8(JSON.stringify(value)).length;
}

interface Sent {
  readonly text: number;
  readonly thinking: number;
}

/** How much of each long message has gone ahead of the reply that will hold it. Remembers lengths, no text. */
export class TextsAhead {
  readonly #sent = new Map<string, Sent>();

  /** The next piece to send, or `undefined` when what is left fits into a reply. A running answer may have grown since. */
  nextPiece(conversationId: string, message: ChatMessage): TextAhead | undefined {
    const rest = this.rest(message);
    if (fits(rest)) return undefined;
    const sent = this.#sent.get(message.id) ?? { text: 0, thinking: 0 };
    const { thinking = '' } = message;
    // The longer one first, so that both end up short enough.
    const isThinking = (rest.thinking?.length ?? 0) > rest.text.length;
    const offset = isThinking ? sent.thinking : sent.text;
    const text = pieceAt(isThinking ? thinking : message.text, offset, MAX_CHUNK_UNITS);
    const end = offset + text.length;
    this.#sent.set(message.id, isThinking ? { ...sent, thinking: end } : { ...sent, text: end });
    return { type: 'text', conversationId, messageId: message.id, offset, text, ...(isThinking ? { isThinking } : {}) };
  }

  /** The message without what has gone ahead of it. */
  rest(message: ChatMessage): ChatMessage {
    const { text = 0, thinking = 0 } = this.#sent.get(message.id) ?? {};
    return {
      ...message,
      ...(text === 0 ? {} : { text: message.text.slice(text), textOffset: text }),
      ...(thinking === 0 ? {} : { thinking: message.thinking?.slice(thinking) ?? '', thinkingOffset: thinking }),
    };
  }
}

function fits(message: ChatMessage): boolean {
  return message.text.length + (message.thinking?.length ?? 0) <= MAX_WHOLE_MESSAGE_BYTES && jsonBytes(message) <= MAX_WHOLE_MESSAGE_BYTES;
}
