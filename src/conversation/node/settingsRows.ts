import { parseChatSettings, type ChatSettings } from '../../protocol/chatSettings.ts';
import type { OwnerId } from '../ports.ts';
import type { Sql } from './sql.ts';

/** Settings of conversations, of those too that have no message yet. */
export class SettingsRows {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  get(owner: OwnerId, conversationId: string): ChatSettings {
    const row = this.#sql.all('SELECT settings FROM chat_settings WHERE owner = ? AND conversation_id = ?', owner, conversationId)[0];
    const text = row?.['settings'];
    if (typeof text !== 'string') return {};
    try {
      return parseChatSettings(JSON.parse(text));
    } catch {
      // better asked as Ollama likes than not shown at all
      return {};
    }
  }

  set(owner: OwnerId, conversationId: string, settings: ChatSettings, now: number): void {
    const sql = `INSERT INTO chat_settings (owner, conversation_id, settings, updated_at) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET settings = excluded.settings, updated_at = excluded.updated_at`;
    this.#sql.run(sql, owner, conversationId, JSON.stringify(settings), now);
  }

  /** Up to `most` of those that no conversation has taken up since `limit`, or whose conversation is gone for good. @returns how many */
  purge(limit: number, most: number): number {
    const sql = `DELETE FROM chat_settings WHERE (owner, conversation_id) IN (SELECT owner, conversation_id FROM chat_settings
      WHERE updated_at < ? AND conversation_id NOT IN (SELECT id FROM conversation) LIMIT ?)`;
    return this.#sql.run(sql, limit, most);
  }
}
