import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Clock } from '../../base/clock.ts';
import { parseChatReply, type ChatReply, type ConversationSummary, type SearchHit } from '../../protocol/chat.ts';
import { type ChatMessage } from '../../protocol/chatMessage.ts';
import type { ChatSettings } from '../../protocol/chatSettings.ts';
import { TunnelError } from '../../protocol/errors.ts';
import type { AnswerUpdate, Continuation, ConversationStore, NewTurn, OwnerId } from '../ports.ts';
import { AnswerRows } from './answerRows.ts';
import { openDatabase } from './openDatabase.ts';
import { messageColumns, readMessage, readSummary, siblingColumns, summaryColumns, type Row } from './rows.ts';
import { matchExpression, readHit, searchSql } from './search.ts';
import { SettingsRows } from './settingsRows.ts';

/** How long a deleted conversation stays in the bin, and how long a reply is remembered. */
const KEEP_MS = 30 * 24 * 60 * 60_000;

export interface OpenedStore {
  readonly store: SqliteStore;
  /** Name of the file that a damaged store was put aside as: the person must be told. */
  readonly damaged?: string;
}

/** Conversations in one SQLite file: write-ahead log, full synchronous, so what has returned survives a crash of the machine. */
export class SqliteStore implements ConversationStore {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #statements = new Map<string, StatementSync>();
  readonly #answers: AnswerRows;
  readonly #settings: SettingsRows;

  private constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    const rows = {
      all: (sql: string, ...values: SQLInputValue[]): Row[] => this.#all(sql, ...values),
      run: (sql: string, ...values: SQLInputValue[]): void => {
        this.#run(sql, ...values);
      },
      write: (change: () => void): void => {
        this.#write(change);
      },
    };
    this.#answers = new AnswerRows(rows);
    this.#settings = new SettingsRows(rows);
  }

  /** @throws TunnelError `storeFailed` */
  static open(path: string, clock: Clock): OpenedStore {
    const { db, damaged } = guard(() => openDatabase(path, clock.now()));
    const store = new SqliteStore(db, clock);
    store.#purge();
    return { store, ...(damaged === undefined ? {} : { damaged }) };
  }

  listConversations(owner: OwnerId, options: { readonly limit?: number; readonly before?: string } = {}): ConversationSummary[] {
    const { limit = -1, before } = options;
    const behind = before === undefined ? '' : 'AND (updated_at, ordinal) < (SELECT updated_at, ordinal FROM conversation WHERE id = ?)';
    const sql = `SELECT ${summaryColumns} FROM conversation WHERE owner = ? AND deleted_at IS NULL ${behind}
      ORDER BY updated_at DESC, ordinal DESC LIMIT ?`;
    return guard(() => this.#all(sql, owner, ...(before === undefined ? [] : [before]), limit).map(readSummary));
  }

  conversation(owner: OwnerId, conversationId: string): ConversationSummary | undefined {
    const sql = `SELECT ${summaryColumns} FROM conversation WHERE id = ? AND owner = ? AND deleted_at IS NULL`;
    return guard(() => this.#all(sql, conversationId, owner).map(readSummary)[0]);
  }

  messages(
    owner: OwnerId,
    conversationId: string,
    options: { readonly limit: number; readonly before?: string },
  ): { readonly messages: readonly ChatMessage[]; readonly more: boolean } {
    const { limit, before } = options;
    // Up the branch from its end, or from what stands before `before`.
    const start = before === undefined ? 'SELECT head_id FROM shown' : 'SELECT parent_id FROM message WHERE id = ?';
    const sql = `WITH RECURSIVE
        shown AS (SELECT id, head_id FROM conversation WHERE id = ? AND owner = ? AND deleted_at IS NULL),
        path AS (
          SELECT ordinal, parent_id, 1 AS step FROM message WHERE id = (${start}) AND conversation_id = (SELECT id FROM shown)
          UNION ALL
          SELECT message.ordinal, message.parent_id, step + 1 FROM path JOIN message ON message.id = path.parent_id WHERE step < ?
        )
      SELECT ${messageColumns}, ${siblingColumns} FROM path CROSS JOIN message USING (ordinal) ORDER BY step`;
    const rows = guard(() => this.#all(sql, conversationId, owner, ...(before === undefined ? [] : [before]), limit + 1).map(readMessage));
    return { messages: rows.slice(0, limit).reverse(), more: rows.length > limit };
  }

  message(
    owner: OwnerId,
    conversationId: string,
    messageId: string,
  ): { readonly message: ChatMessage; readonly parentId: string | null } | undefined {
    const sql = `SELECT ${messageColumns}, ${siblingColumns}, parent_id AS parentId FROM message WHERE id = ? AND conversation_id =
      (SELECT id FROM conversation WHERE id = ? AND owner = ? AND deleted_at IS NULL)`;
    return guard(() => {
      const row = this.#all(sql, messageId, conversationId, owner)[0];
      return row && { message: readMessage(row), parentId: typeof row['parentId'] === 'string' ? row['parentId'] : null };
    });
  }

  choose(owner: OwnerId, conversationId: string, messageId: string): void {
    this.#write(() => {
      if (!this.message(owner, conversationId, messageId)) throw new TunnelError('unknownMessage');
      const sql = `WITH RECURSIVE down (id, step) AS (
          SELECT ?, 0
          UNION ALL
          SELECT (SELECT id FROM message WHERE conversation_id = ? AND parent_id = down.id ORDER BY ordinal DESC LIMIT 1), step + 1
          FROM down WHERE down.id IS NOT NULL
        )
        UPDATE conversation SET head_id = (SELECT id FROM down WHERE id IS NOT NULL ORDER BY step DESC LIMIT 1) WHERE id = ?`;
      this.#run(sql, messageId, conversationId, conversationId);
    });
  }

  commitTurn(turn: NewTurn): void {
    const { requestId, owner, conversationId, title, question, answer, parentId, reply } = turn;
    this.#write(() => {
      const known = this.#all('SELECT owner, deleted_at, head_id FROM conversation WHERE id = ?', conversationId)[0];
      if (known && (known['owner'] !== owner || known['deleted_at'] !== null)) throw new TunnelError('unknownConversation');
      const { createdAt, model = null } = answer;
      if (!known)
        this.#run(
          'INSERT INTO conversation (id, owner, title, created_at, updated_at) VALUES (?, ?, ?, ?, ?)',
          conversationId,
          owner,
          title,
          createdAt,
          createdAt,
        );
      if (typeof parentId === 'string' && !this.message(owner, conversationId, parentId)) throw new TunnelError('unknownMessage');
      const behind = parentId === undefined ? (known?.['head_id'] ?? null) : parentId;
      if (question) this.#insert(conversationId, question, behind);
      this.#insert(conversationId, answer, question ? question.id : behind);
      this.#run('UPDATE conversation SET model = ?, updated_at = ?, head_id = ? WHERE id = ?', model, createdAt, answer.id, conversationId);
      this.#remember(owner, requestId, reply, conversationId);
    });
    this.#answers.begin(answer.id);
  }

  replyTo(owner: OwnerId, requestId: string): ChatReply | undefined {
    return guard(() => {
      const found = this.#all('SELECT reply FROM reply WHERE owner = ? AND request_id = ?', owner, requestId)[0]?.['reply'];
      return typeof found === 'string' ? parseChatReply(JSON.parse(found)) : undefined;
    });
  }

  rememberReply(owner: OwnerId, requestId: string, reply: ChatReply): void {
    this.#write(() => {
      this.#remember(owner, requestId, reply, null);
    });
  }

  updateAnswer(answerId: string, update: AnswerUpdate): void {
    guard(() => {
      this.#answers.update(answerId, update);
    });
  }

  continueAnswer({ requestId, owner, conversationId, answerId, reply }: Continuation): void {
    this.#write(() => {
      const head = this.#all('SELECT head_id FROM conversation WHERE id = ?', conversationId)[0]?.['head_id'];
      if (!this.message(owner, conversationId, answerId) || head !== answerId) throw new TunnelError('unknownMessage');
      this.#answers.reopen(answerId);
      this.#run('UPDATE conversation SET updated_at = ? WHERE id = ?', this.#clock.now(), conversationId);
      this.#remember(owner, requestId, reply, conversationId);
    });
  }

  settings(owner: OwnerId, conversationId: string): ChatSettings {
    return guard(() => this.#settings.get(owner, conversationId));
  }

  configure(owner: OwnerId, conversationId: string, settings: ChatSettings): void {
    this.#write(() => {
      this.#settings.set(owner, conversationId, settings, this.#clock.now());
    });
  }

  rename(owner: OwnerId, conversationId: string, title: string): void {
    this.#write(() => {
      this.#run('UPDATE conversation SET title = ? WHERE id = ? AND owner = ? AND deleted_at IS NULL', title, conversationId, owner);
    });
  }

  deleteConversation(owner: OwnerId, conversationId: string): void {
    const sql = 'UPDATE conversation SET deleted_at = ? WHERE id = ? AND owner = ? AND deleted_at IS NULL';
    this.#write(() => {
      this.#run(sql, this.#clock.now(), conversationId, owner);
    });
  }

  restoreConversation(owner: OwnerId, conversationId: string): void {
    this.#write(() => {
      const found = this.#all('SELECT 1 FROM conversation WHERE id = ? AND owner = ? AND deleted_at IS NOT NULL', conversationId, owner);
      if (found.length === 0) throw new TunnelError('unknownConversation');
      this.#run('UPDATE conversation SET deleted_at = NULL WHERE id = ?', conversationId);
    });
  }

  listDeleted(owner: OwnerId, limit: number): ConversationSummary[] {
    const sql = `SELECT ${summaryColumns} FROM conversation WHERE owner = ? AND deleted_at IS NOT NULL
      ORDER BY deleted_at DESC, ordinal DESC LIMIT ?`;
    return guard(() => this.#all(sql, owner, limit).map(readSummary));
  }

  search(owner: OwnerId, query: string, limit: number): SearchHit[] {
    const expression = matchExpression(query);
    return expression === undefined ? [] : guard(() => this.#all(searchSql, expression, owner, limit).map(readHit));
  }

  interruptRunning(): number {
    return guard(() => this.#answers.interrupt());
  }

  /** The file is whole and closed afterwards. */
  dispose(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #purge(): void {
    const limit = this.#clock.now() - KEEP_MS;
    this.#write(() => {
      this.#run('DELETE FROM conversation WHERE deleted_at < ?', limit);
      this.#settings.purge(limit);
      this.#run('DELETE FROM reply WHERE conversation_id IS NULL AND created_at < ?', limit);
    });
  }

  #insert(conversationId: string, message: ChatMessage, parentId: SQLInputValue): void {
    const { id, role, text, createdAt, model = null, state = null, nextSequence = null, standIn } = message;
    this.#run(
      `INSERT INTO message (id, conversation_id, parent_id, role, text, created_at, model, state, next_sequence, stand_in)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[id, conversationId, parentId, role, text, createdAt, model, state, nextSequence, standIn === undefined ? null : Number(standIn)],
    );
  }

  #remember(owner: OwnerId, requestId: string, reply: ChatReply, conversationId: string | null): void {
    const sql = 'INSERT INTO reply (owner, request_id, conversation_id, reply, created_at) VALUES (?, ?, ?, ?, ?)';
    this.#run(sql, owner, requestId, conversationId, JSON.stringify(reply), this.#clock.now());
  }

  /** All of `change` or nothing of it. */
  #write(change: () => void): void {
    guard(() => {
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        change();
        this.#db.exec('COMMIT');
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#statement(sql).run(...values);
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const made = this.#db.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TunnelError) throw error;
    const words = error instanceof Error && 'errstr' in error ? String(error.errstr) : undefined;
    throw new TunnelError('storeFailed', words, { cause: error });
  }
}
