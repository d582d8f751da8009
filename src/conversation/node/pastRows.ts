import type { OwnerId } from '../ports.ts';
import type { SettingsRows } from './settingsRows.ts';
import type { Sql } from './sql.ts';

/** Rows that one step of a purge deletes: some milliseconds, with their part of the search index. */
const PURGED_AT_ONCE = 100;

/** Deletes a few rows of what was put into the bin, set or remembered before `limit`, wall clock, ms. @returns whether there may be more */
export function purgeStep(sql: Sql, settings: SettingsRows, limit: number): boolean {
  const gone = sql.all('SELECT id FROM conversation WHERE deleted_at < ? LIMIT 1', limit)[0]?.['id'];
  if (typeof gone === 'string') {
    const messages = 'DELETE FROM message WHERE ordinal IN (SELECT ordinal FROM message WHERE conversation_id = ? LIMIT ?)';
    if (sql.run(messages, gone, PURGED_AT_ONCE) < PURGED_AT_ONCE) sql.run('DELETE FROM conversation WHERE id = ?', gone);
    return true;
  }
  if (settings.purge(limit, PURGED_AT_ONCE) === PURGED_AT_ONCE) return true;
  const replies = `DELETE FROM reply WHERE (owner, request_id) IN
    (SELECT owner, request_id FROM reply WHERE conversation_id IS NULL AND created_at < ? LIMIT ?)`;
  return sql.run(replies, limit, PURGED_AT_ONCE) === PURGED_AT_ONCE;
}

/** Conversations, longest ago first, that were last written in before `before`. */
export function unwritten(sql: Sql, before: number, limit: number): { owner: OwnerId; id: string }[] {
  const rows = sql.all(
    'SELECT owner, id FROM conversation WHERE deleted_at IS NULL AND updated_at < ? ORDER BY updated_at LIMIT ?',
    ...[before, limit],
  );
  return rows.map(({ owner, id }) => ({ owner: String(owner), id: String(id) }));
}
