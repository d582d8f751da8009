import type { SQLOutputValue } from 'node:sqlite';
import * as v from 'valibot';
import { type ConversationSummary } from '../../protocol/chat.ts';
import { id, parseMessage, type ChatMessage } from '../../protocol/chatMessage.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

const summaryRow = v.object({
  id,
  title: v.string(),
  model: v.nullable(v.string()),
  created_at: v.number(),
  updated_at: v.number(),
  running: v.number(),
});

export const summaryColumns = `id, title, model, created_at, updated_at,
  EXISTS (SELECT 1 FROM message WHERE conversation_id = conversation.id AND state IN ('waiting', 'loading', 'streaming')) AS running`;

/** All that can be read: one damaged row hides itself, not the others. */
export function readable<T>(rows: readonly Row[], read: (row: Row) => T): T[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)];
    } catch {
      return [];
    }
  });
}

/** @throws ValiError when the row is not what was written */
export function readSummary(row: Row): ConversationSummary {
  const { title, model, created_at, updated_at, running, ...rest } = v.parse(summaryRow, row);
  return { id: rest.id, title, ...(model === null ? {} : { model }), createdAt: created_at, updatedAt: updated_at, running: running !== 0 };
}

/** Of a message: its images without their data, as JSON, in their order; null for none. */
const imagesColumn = `(SELECT json_group_array(json_object('id', i.id, 'type', i.type, 'width', i.width, 'height', i.height,
    'units', length(i.data), 'alt', i.alt)) FROM (SELECT image.* FROM message_image JOIN image ON image.id = image_id
    WHERE message_id = message.id ORDER BY n) AS i) AS images`;

export const messageColumns = `id, role,
  text || coalesce((SELECT group_concat(part.text, '' ORDER BY n) FROM part WHERE message_id = message.id), '') AS text,
  nullif(coalesce(thinking, '') ||
    coalesce((SELECT group_concat(part.thinking, '' ORDER BY n) FROM part WHERE message_id = message.id), ''), '') AS thinking,
  thinking_ms AS thinkingMs, created_at AS createdAt, model, state, next_sequence AS nextSequence, stats, error, error_detail AS errorDetail, stand_in AS standIn,
  ${imagesColumn}`;

/** Of the messages that could stand in the place of one; `IS`, for the first ones have no parent. */
const beside = 'FROM message AS s WHERE s.conversation_id = message.conversation_id AND s.parent_id IS message.parent_id';

/** Beside {@link messageColumns}: where a message stands among its siblings. */
export const siblingColumns = `(SELECT count(*) ${beside}) AS siblingCount,
  (SELECT count(*) ${beside} AND s.ordinal <= message.ordinal) AS siblingPosition,
  (SELECT s.id ${beside} AND s.ordinal < message.ordinal ORDER BY s.ordinal DESC LIMIT 1) AS previousSibling,
  (SELECT s.id ${beside} AND s.ordinal > message.ordinal ORDER BY s.ordinal LIMIT 1) AS nextSibling`;

/** @throws DecodeError when the row is not what was written */
export function readMessage(row: Row): ChatMessage {
  const present: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) if (value !== null) present[name] = value;
  if (typeof present['stats'] === 'string') present['stats'] = JSON.parse(present['stats']) as unknown;
  if (typeof present['images'] === 'string' && present['images'] !== '[]') present['images'] = JSON.parse(present['images']) as unknown;
  else delete present['images'];
  if ('standIn' in present) present['standIn'] = present['standIn'] !== 0;
  return parseMessage({ ...present, ...siblingsOf(present) });
}

function siblingsOf(row: Readonly<Record<string, unknown>>): { readonly siblings?: unknown } {
  const { siblingCount: count, siblingPosition: position, previousSibling: previous, nextSibling: next } = row;
  if (typeof count !== 'number' || count < 2) return {};
  return { siblings: { position, count, ...(previous === undefined ? {} : { previous }), ...(next === undefined ? {} : { next }) } };
}
