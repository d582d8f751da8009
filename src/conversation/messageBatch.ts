import type { TextAhead } from '../protocol/chat.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';
import { MAX_SNAPSHOT_BYTES, MAX_SNAPSHOT_MESSAGES } from '../protocol/limits.ts';
import { jsonBytes, type TextsAhead } from './textsAhead.ts';

/** The newest messages that fit one reply, oldest first. */
export interface MessageBatch {
  readonly messages: readonly ChatMessage[];
  /** There are earlier ones. */
  readonly more: boolean;
}

/** A question and its answer are always in a batch, however long. */
const ALWAYS = 2;

/**
 * Takes messages, newest first, until a reply is full. When one of the first two is too long for it, the result is a piece of its text to
 * send ahead; ask again after it.
 */
export function nextBatch(conversationId: string, newestFirst: Iterable<ChatMessage>, ahead: TextsAhead): MessageBatch | TextAhead {
  const messages: ChatMessage[] = [];
  let bytes = 0;
  for (const message of newestFirst) {
    if (messages.length === MAX_SNAPSHOT_MESSAGES) return { messages: messages.reverse(), more: true };
    if (messages.length < ALWAYS) {
      const piece = ahead.nextPiece(conversationId, message);
      if (piece) return piece;
    }
    const rest = messages.length < ALWAYS ? ahead.rest(message) : message;
    const size = rest.text.length + (rest.thinking?.length ?? 0) > MAX_SNAPSHOT_BYTES ? Infinity : jsonBytes(rest);
    if (messages.length >= ALWAYS && bytes + size > MAX_SNAPSHOT_BYTES) return { messages: messages.reverse(), more: true };
    messages.push(rest);
    bytes += size;
  }
  return { messages: messages.reverse(), more: false };
}
