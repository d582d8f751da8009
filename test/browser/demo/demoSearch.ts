import type { SearchHit } from '../../../src/protocol/chat.ts';
import type { ChatMessage } from '../../../src/protocol/chatMessage.ts';

/** Messages that hold the words as they were typed. */
export function searchIn(
  chats: ReadonlyMap<string, { readonly title: string; readonly messages: readonly ChatMessage[] }>,
  query: string,
): SearchHit[] {
  const items = [...chats].flatMap(([conversationId, { title, messages }]) =>
    messages.flatMap(({ id: messageId, role, text, createdAt }) => {
      const at = text.toLowerCase().indexOf(query.toLowerCase());
      if (at < 0) return [];
      const start = Math.max(0, at - 30);
      const excerpt = text.slice(start, at + 90);
      const marks: [number, number][] = [[at - start, at - start + query.length]];
      return [{ conversationId, title, messageId, role, createdAt, excerpt, marks }];
    }),
  );
  return items.slice(0, 50);
}
