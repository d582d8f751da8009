import { parseSavedPrompt, type SavedPrompt } from '../../protocol/chatPrompts.ts';
import type { OwnerId, PromptStore } from '../ports.ts';
import { readable } from './rows.ts';
import type { Sql } from './sql.ts';

/** Prompts that people keep. */
export class PromptRows implements PromptStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  list(owner: OwnerId): readonly SavedPrompt[] {
    const sql = 'SELECT id, name, text FROM saved_prompt WHERE owner = ? ORDER BY name COLLATE NOCASE, id';
    return this.#sql.read(() => readable(this.#sql.all(sql, owner), parseSavedPrompt));
  }

  save(owner: OwnerId, { id, name, text }: SavedPrompt): void {
    const sql = `INSERT INTO saved_prompt (owner, id, name, text) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET name = excluded.name, text = excluded.text`;
    this.#sql.write(() => this.#sql.run(sql, owner, id, name, text));
  }

  delete(owner: OwnerId, id: string): void {
    this.#sql.write(() => this.#sql.run('DELETE FROM saved_prompt WHERE owner = ? AND id = ?', owner, id));
  }
}
