import { parseSearchHit, type SearchHit } from '../../protocol/chat.ts';
import { wellFormed } from '../textPieces.ts';
import type { Row } from './rows.ts';

/** Words around a find, at most, and UTF-16 units in all: one word can be as long as the message. */
const EXCERPT_TOKENS = 24;
const MAX_EXCERPT_UNITS = 400;
/** Before the first find, when an excerpt is cut. */
const LEAD_UNITS = 60;
/** Stand around each find in what SQLite gives; private use characters, which {@link plainExcerpt} takes out again. */
const OPEN = '\ue000';
const CLOSE = '\ue001';

/** Messages that match an expression of FTS5: parameters are expression, owner, limit. */
export const searchSql = `SELECT message.conversation_id AS conversationId, title, message.id AS messageId, role, message.created_at AS createdAt,
    snippet(message_text, 0, '${OPEN}', '${CLOSE}', '…', ${String(EXCERPT_TOKENS)}) AS excerpt
  FROM message_text JOIN message ON message.ordinal = message_text.rowid JOIN conversation ON conversation.id = message.conversation_id
  WHERE message_text MATCH ? AND owner = ? AND deleted_at IS NULL ORDER BY rank LIMIT ?`;

/**
 * What a person typed as an expression of FTS5 (sqlite.org/fts5.html, section 3): every word as a string, so that nothing in it is an
 * operator, the last as the beginning of one. Undefined when it holds no word.
 */
export function matchExpression(query: string): string | undefined {
  const words = query.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return words.length === 0 ? undefined : `${words.map((word) => `"${word}"`).join(' ')}*`;
}

/** @throws DecodeError when the row is not what was asked for */
export function readHit(row: Row): SearchHit {
  return parseSearchHit({ ...row, ...plainExcerpt(String(row['excerpt'])) });
}

type Mark = readonly [begin: number, end: number];

function plainExcerpt(marked: string): { readonly excerpt: string; readonly marks: readonly Mark[] } {
  const marks: Mark[] = [];
  let excerpt = '';
  let begin: number | undefined;
  for (const part of marked.split(/([\ue000\ue001])/)) {
    if (part === OPEN) begin = excerpt.length;
    else if (part === CLOSE) {
      if (begin !== undefined) marks.push([begin, excerpt.length]);
      begin = undefined;
    } else excerpt += part;
  }
  return cut(excerpt, marks);
}

function cut(excerpt: string, marks: readonly Mark[]): { readonly excerpt: string; readonly marks: readonly Mark[] } {
  if (excerpt.length <= MAX_EXCERPT_UNITS) return { excerpt, marks };
  const start = Math.max(0, (marks[0]?.[0] ?? 0) - LEAD_UNITS);
  const end = start + MAX_EXCERPT_UNITS;
  const kept = marks.filter(([begin]) => begin < end).map(([begin, finish]): Mark => [begin - start, Math.min(finish, end) - start]);
  return { excerpt: wellFormed(excerpt.slice(start, end)), marks: kept };
}
