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

/** How much of each long message has gone ahead of the reply that will hold it. Remembers lengths, no text. */
export class TextsAhead {
  readonly #sent = new Map<string, number>();

  /** The next piece to send, or `undefined` when what is left fits into a reply. A running answer may have grown since. */
  nextPiece(conversationId: string, message: ChatMessage): TextAhead | undefined {
    if (fits(this.rest(message))) return undefined;
    const offset = this.#sent.get(message.id) ?? 0;
    const text = pieceAt(message.text, offset, MAX_CHUNK_UNITS);
    this.#sent.set(message.id, offset + text.length);
    return { type: 'text', conversationId, messageId: message.id, offset, text };
  }

  /** The message without what has gone ahead of it. */
  rest(message: ChatMessage): ChatMessage {
    const textOffset = this.#sent.get(message.id);
    return textOffset === undefined ? message : { ...message, text: message.text.slice(textOffset), textOffset };
  }
}

function fits(message: ChatMessage): boolean {
  return message.text.length <= MAX_WHOLE_MESSAGE_BYTES && jsonBytes(message) <= MAX_WHOLE_MESSAGE_BYTES;
}
