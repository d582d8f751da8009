import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { titleFrom } from '../title.ts';
import { messageColumns, readMessage, readSummary, summaryColumns, type Row } from './rows.ts';

/** What stood on a page that is no more, to the end. */
const LOST_TEXT = /\0{4}[^]*$/;

export interface Salvaged {
  readonly conversations: number;
  readonly messages: number;
}

/** Rows in a row that cannot be read before a table is given up: the pages above them are gone, not one leaf. */
const MAX_GAP = 100_000;

/**
 * Brings what can be read out of the damaged database at `path` into the sound, empty one `into`, row by row, all in one transaction. Each
 * row must be what this program writes; a message whose parent is lost stands behind the one before it.
 */
export function salvage(path: string, into: DatabaseSync): Salvaged {
  const from = new DatabaseSync(path);
  into.exec('BEGIN IMMEDIATE');
  try {
    const found = new Salvage(from, into).run();
    into.exec('COMMIT');
    return found;
  } catch (error) {
    if (into.isTransaction) into.exec('ROLLBACK');
    throw error;
  } finally {
    from.close();
  }
}

class Salvage {
  readonly #from: DatabaseSync;
  readonly #into: DatabaseSync;

  constructor(from: DatabaseSync, into: DatabaseSync) {
    this.#from = from;
    this.#into = into;
  }

  run(): Salvaged {
    let conversations = 0;
    for (const row of this.#rows('conversation')) if (this.#keepConversation(row)) conversations++;
    const last = new Map<string, string>();
    let messages = 0;
    for (const row of this.#rows('message')) {
      const [id, of] = [String(row['id']), String(row['conversation_id'])];
      const isNew = !this.#has('conversation', of);
      if (isNew && !this.#beginFor(row)) continue;
      const parent = row['parent_id'];
      const isOrphan = typeof parent === 'string' && !this.#has('message', parent);
      if (!this.#keepMessage(isOrphan ? { ...row, parent_id: last.get(of) ?? null } : row)) continue;
      if (isNew) conversations++;
      messages++;
      last.set(of, id);
      this.#keepParts(id);
      this.#keepImages(id);
    }
    for (const [conversation, head] of last)
      this.#run(
        `UPDATE conversation SET head_id = ? WHERE id = ? AND NOT EXISTS (SELECT 1 FROM message WHERE id = conversation.head_id)`,
        ...[head, conversation],
      );
    this.#keepAll('reply'); // without them a request that is sent again would be carried out again
    this.#keepAll('chat_settings');
    this.#keepAll('saved_prompt');
    return { conversations, messages };
  }

  /** By rising ordinal, past what cannot be read. */
  *#rows(table: 'conversation' | 'message'): Iterable<Row> {
    const next = this.#tried(() => this.#from.prepare(`SELECT * FROM ${table} WHERE ordinal > ? ORDER BY ordinal LIMIT 1`));
    for (let at = 0, gap = 0; next && gap < MAX_GAP;) {
      try {
        const row = next.get(at);
        if (!row) return;
        at = Math.max(at + 1, Number(row['ordinal']) || 0);
        gap = 0;
        yield row;
      } catch {
        at++;
        gap++;
      }
    }
  }

  #keepConversation(row: Row): boolean {
    return this.#keep('conversation', row, () =>
      readSummary(this.#into.prepare(`SELECT ${summaryColumns} FROM conversation WHERE id = ?`).get(row['id'] ?? null) ?? {}),
    );
  }

  #keepMessage(row: Row): boolean {
    const { text } = row;
    return this.#keep('message', typeof text === 'string' ? { ...row, text: text.replace(LOST_TEXT, '') } : row, () =>
      readMessage(this.#into.prepare(`SELECT ${messageColumns} FROM message WHERE id = ?`).get(row['id'] ?? null) ?? {}),
    );
  }

  /** A message whose conversation is lost: the replies still say whose it was. */
  #beginFor(message: Row): boolean {
    const { conversation_id: id = null, created_at: createdAt = null, text } = message;
    const owner = this.#tried(() => this.#from.prepare('SELECT owner FROM reply WHERE conversation_id = ? LIMIT 1').get(id)?.['owner']);
    if (owner === undefined) return false;
    const title = titleFrom(typeof text === 'string' ? text : '');
    return this.#keepConversation({ id, owner, title, created_at: createdAt, updated_at: createdAt });
  }

  #keepParts(messageId: string): void {
    const parts = this.#tried(() => this.#from.prepare('SELECT * FROM part WHERE message_id = ? ORDER BY n').all(messageId)) ?? [];
    for (const part of parts) this.#insert('part', part);
  }

  #keepImages(messageId: string): void {
    const links = this.#tried(() => this.#from.prepare('SELECT * FROM message_image WHERE message_id = ? ORDER BY n').all(messageId)) ?? [];
    for (const link of links) {
      const image = this.#tried(() => this.#from.prepare('SELECT * FROM image WHERE id = ?').get(link['image_id'] ?? null));
      if (image) this.#insert('image', image); // it may be there already, with another version of the question
      this.#insert('message_image', link);
    }
  }

  #keepAll(table: 'reply' | 'chat_settings' | 'saved_prompt'): void {
    this.#tried(() => {
      for (const row of this.#from.prepare(`SELECT * FROM ${table}`).iterate()) this.#insert(table, row);
      return true;
    });
  }

  #has(table: 'conversation' | 'message', id: string): boolean {
    return this.#into.prepare(`SELECT 1 FROM ${table} WHERE id = ?`).get(id) !== undefined;
  }

  /** Inserts a row, and takes it back when it cannot be read as what it should be. */
  #keep(table: 'conversation' | 'message', row: Row, readBack: () => unknown): boolean {
    if (!this.#insert(table, row)) return false;
    if (this.#tried(readBack) !== undefined) return true;
    this.#run(`DELETE FROM ${table} WHERE id = ?`, row['id'] ?? null);
    return false;
  }

  /** The columns that there still are. Types, references and keys are checked by the tables themselves. */
  #insert(table: string, row: Row): boolean {
    const known = this.#into.prepare(`PRAGMA table_info(${table})`).all();
    const names = known.map(({ name }) => String(name)).filter((name) => name in row);
    const places = names.map(() => '?').join(', ');
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${places})`;
    return this.#tried(() => this.#run(sql, ...names.map((name) => row[name] ?? null))) !== undefined;
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#into.prepare(sql).run(...values).changes);
  }

  #tried<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch {
      return undefined;
    }
  }
}
