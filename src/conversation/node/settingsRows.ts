import { parseChatSettings, type ChatSettings } from '../../protocol/chatSettings.ts';
import type { OwnerId } from '../ports.ts';
import type { StoreRows } from './answerRows.ts';

/** Settings of conversations, of those too that have no message yet. */
export class SettingsRows {
  readonly #rows: Pick<StoreRows, 'all' | 'run'>;

  constructor(rows: Pick<StoreRows, 'all' | 'run'>) {
    this.#rows = rows;
  }

  get(owner: OwnerId, conversationId: string): ChatSettings {
    const row = this.#rows.all('SELECT settings FROM chat_settings WHERE owner = ? AND conversation_id = ?', owner, conversationId)[0];
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
    this.#rows.run(sql, owner, conversationId, JSON.stringify(settings), now);
  }

  /** Those that no conversation has taken up since `limit`, or whose conversation is gone for good. */
  purge(limit: number): void {
    this.#rows.run('DELETE FROM chat_settings WHERE updated_at < ? AND conversation_id NOT IN (SELECT id FROM conversation)', limit);
  }
}
