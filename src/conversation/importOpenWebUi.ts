import * as v from 'valibot';
import type { ForeignConversation, ForeignMessage } from './foreignChats.ts';

const oneMessage = v.object({
  id: v.string(),
  parentId: v.nullish(v.string()),
  role: v.string(),
  content: v.nullish(v.union([v.string(), v.array(v.unknown())])),
  timestamp: v.nullish(v.number()),
  model: v.nullish(v.string()),
});

/**
 * One conversation of Open WebUI's export, a list of rows: `chat.history` is a tree with `currentId` at the end of the branch shown. Times are
 * seconds, `chat.timestamp` is ms. Only what is read is described.
 */
const conversation = v.object({
  title: v.nullish(v.string()),
  created_at: v.nullish(v.number()),
  updated_at: v.nullish(v.number()),
  chat: v.object({
    title: v.nullish(v.string()),
    history: v.object({ currentId: v.nullish(v.string()), messages: v.record(v.string(), oneMessage) }),
  }),
});

export function readOpenWebUi(entry: unknown): ForeignConversation | undefined {
  const result = v.safeParse(conversation, entry);
  if (!result.success) return undefined;
  const { title, created_at, updated_at, chat } = result.output;
  return {
    title: title ?? chat.title ?? '',
    createdAt: ms(created_at),
    updatedAt: ms(updated_at),
    headId: chat.history.currentId ?? undefined,
    messages: Object.values(chat.history.messages).map(({ id, parentId, role, content, timestamp, model }): ForeignMessage => {
      const known = role === 'user' || role === 'assistant' ? role : 'other';
      return { id, parentId: parentId ?? null, role: known, text: textOf(content), createdAt: ms(timestamp), model: model ?? undefined };
    }),
  };
}

/** Plain, or in parts of which some are text. Thoughts stand in `<details type="reasoning">`, which is no part of the answer. */
function textOf(content: v.InferOutput<typeof oneMessage>['content']): string {
  const text = Array.isArray(content)
    ? content.flatMap((part) => (typeof part === 'object' && part && 'text' in part && typeof part.text === 'string' ? [part.text] : []))
    : [content ?? ''];
  return text.join('\n').replace(/<details type="reasoning"[^>]*>[^]*?<\/details>\s*/g, '');
}

/** Older versions wrote ms here and there. */
function ms(time: number | null | undefined): number | undefined {
  if (typeof time !== 'number') return undefined;
  return time > 1e11 ? time : time * 1000;
}
