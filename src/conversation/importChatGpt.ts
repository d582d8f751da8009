import * as v from 'valibot';
import type { ForeignConversation, ForeignMessage } from './foreignChats.ts';

/**
 * One conversation of ChatGPT's `conversations.json`, a list of trees: `mapping` holds nodes by id, each with its parent; a root without a
 * message begins it; `current_node` ends the branch shown. Times are seconds. Only what is read is described.
 */
const conversation = v.object({
  title: v.nullish(v.string()),
  create_time: v.nullish(v.number()),
  update_time: v.nullish(v.number()),
  current_node: v.nullish(v.string()),
  default_model_slug: v.nullish(v.string()),
  mapping: v.record(
    v.string(),
    v.object({
      parent: v.nullish(v.string()),
      message: v.nullish(
        v.object({
          author: v.object({ role: v.string() }),
          create_time: v.nullish(v.number()),
          content: v.nullish(v.looseObject({ content_type: v.optional(v.string()) })),
          metadata: v.nullish(v.looseObject({})),
          /** Other than `all` when a tool was spoken to. */
          recipient: v.nullish(v.string()),
        }),
      ),
    }),
  ),
});
type Message = NonNullable<v.InferOutput<typeof conversation>['mapping'][string]['message']>;

export function readChatGpt(entry: unknown): ForeignConversation | undefined {
  const result = v.safeParse(conversation, entry);
  if (!result.success) return undefined;
  const { title, create_time, update_time, current_node, default_model_slug, mapping } = result.output;
  const messages = Object.entries(mapping).map(([id, { parent, message }]): ForeignMessage => {
    const role = message ? roleOf(message) : 'other';
    const slug = message?.metadata?.['model_slug'];
    return {
      id,
      parentId: parent ?? null,
      role,
      text: role === 'other' ? '' : textOf(message?.content),
      createdAt: ms(message?.create_time),
      model: typeof slug === 'string' ? slug : (default_model_slug ?? undefined),
    };
  });
  return {
    ...{ title: title ?? '', createdAt: ms(create_time), updatedAt: ms(update_time), messages },
    ...{ headId: current_node ?? undefined },
  };
}

function roleOf({ author, metadata, recipient }: Message): ForeignMessage['role'] {
  const isHidden = metadata?.['is_visually_hidden_from_conversation'] === true || (recipient ?? 'all') !== 'all';
  return !isHidden && (author.role === 'user' || author.role === 'assistant') ? author.role : 'other';
}

/** Text and what was said aloud; images and files are not in the file. Thoughts are no part of the answer. */
function textOf(content: Message['content']): string {
  const type = content?.content_type;
  if (type !== 'text' && type !== 'multimodal_text' && type !== undefined) return '';
  const parts: unknown = content?.['parts'];
  if (!Array.isArray(parts)) return '';
  return parts
    .map((part: unknown) => (typeof part === 'string' ? part : typeof part === 'object' && part && 'text' in part ? part.text : ''))
    .filter((text): text is string => typeof text === 'string' && text !== '')
    .join('\n');
}

function ms(seconds: number | null | undefined): number | undefined {
  return typeof seconds === 'number' ? seconds * 1000 : undefined;
}
