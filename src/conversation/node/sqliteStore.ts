import type { SQLInputValue } from 'node:sqlite';
import type { Clock } from '../../base/clock.ts';
import { parseChatReply, type ChatReply, type ConversationSummary, type SearchHit } from '../../protocol/chat.ts';
import type { ChatMessage } from '../../protocol/chatMessage.ts';
import type { ChatSettings } from '../../protocol/chatSettings.ts';
import { TunnelError } from '../../protocol/errors.ts';
import type { ArchivedConversation } from '../chatArchive.ts';
import type { AnswerUpdate, Continuation, ConversationStore, NewTurn, OwnerId, PromptStore } from '../ports.ts';
import { AnswerRows } from './answerRows.ts';
import { ImageRows } from './imageRows.ts';
import { openDatabase, openInMemory, openToRead, type DamagedFile } from './openDatabase.ts';
import { purgeStep, unwritten } from './pastRows.ts';
import { PromptRows } from './promptRows.ts';
import { messageColumns, readable, readMessage, readSummary, siblingColumns, summaryColumns } from './rows.ts';
import { rebuildIndex } from './schema.ts';
import { matchExpression, readHit, searchSql } from './search.ts';
import { SettingsRows } from './settingsRows.ts';
import { guard, Sql } from './sql.ts';

/** How long a deleted conversation stays in the bin, and how long a reply is remembered. */
const KEEP_MS = 30 * 24 * 60 * 60_000;

export interface OpenedStore {
  readonly store: SqliteStore;
  /** A damaged file that was put aside: the person must be told. */
  readonly damaged?: DamagedFile;
}

/** Conversations in one SQLite file: write-ahead log, full synchronous, so what has returned survives a crash of the machine. */
export class SqliteStore implements ConversationStore {
  readonly prompts: PromptStore;
  readonly #sql: Sql;
  readonly #clock: Clock;
  readonly #answers: AnswerRows;
  readonly #settings: SettingsRows;
  readonly #images: ImageRows;

  private constructor(sql: Sql, clock: Clock) {
    this.#sql = sql;
    this.#clock = clock;
    this.#answers = new AnswerRows(sql);
    this.#settings = new SettingsRows(sql);
    this.prompts = new PromptRows(sql);
    this.#images = new ImageRows(sql);
  }

  /** @param readsOnly another process writes the file: changes fail with `storeFailed`. @throws TunnelError `storeFailed`, `storeNewer` */
  static open(path: string, clock: Clock, readsOnly = false): OpenedStore {
    const { db, damaged } = guard(() => (readsOnly ? openToRead(path) : openDatabase(path, clock.now())));
    return { store: new SqliteStore(new Sql(db, rebuildIndex), clock), ...(damaged === undefined ? {} : { damaged }) };
  }

  /** One that writes nothing down: a temporary chat's. @throws TunnelError `storeFailed` */
  static inMemory(clock: Clock): SqliteStore {
    return new SqliteStore(new Sql(guard(openInMemory), rebuildIndex), clock);
  }

  listConversations(owner: OwnerId, options: { readonly limit?: number; readonly before?: string } = {}): ConversationSummary[] {
    const { limit = -1, before } = options;
    const after = 'AND (updated_at, ordinal) < (SELECT updated_at, ordinal FROM conversation WHERE id = ? AND owner = ?)';
    const sql = `SELECT ${summaryColumns} FROM conversation WHERE owner = ? AND deleted_at IS NULL ${before === undefined ? '' : after}
      ORDER BY updated_at DESC, ordinal DESC LIMIT ?`;
    return this.#sql.read(() => readable(this.#sql.all(sql, owner, ...(before === undefined ? [] : [before, owner]), limit), readSummary));
  }

  conversation(owner: OwnerId, conversationId: string): ConversationSummary | undefined {
    const sql = `SELECT ${summaryColumns} FROM conversation WHERE id = ? AND owner = ? AND deleted_at IS NULL`;
    return this.#sql.read(() => this.#sql.all(sql, conversationId, owner).map(readSummary)[0]);
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
    const rows = this.#sql.read(() => this.#sql.all(sql, conversationId, owner, ...(before === undefined ? [] : [before]), limit + 1));
    return { messages: readable(rows.slice(0, limit), readMessage).reverse(), more: rows.length > limit };
  }

  message(
    owner: OwnerId,
    conversationId: string,
    messageId: string,
  ): { readonly message: ChatMessage; readonly parentId: string | null } | undefined {
    const sql = `SELECT ${messageColumns}, ${siblingColumns}, parent_id AS parentId FROM message WHERE id = ? AND conversation_id =
      (SELECT id FROM conversation WHERE id = ? AND owner = ? AND deleted_at IS NULL)`;
    return this.#sql.read(() => {
      const row = this.#sql.all(sql, messageId, conversationId, owner)[0];
      return row && { message: readMessage(row), parentId: typeof row['parentId'] === 'string' ? row['parentId'] : null };
    });
  }

  choose(owner: OwnerId, conversationId: string, messageId: string): void {
    this.#sql.write(() => {
      if (!this.message(owner, conversationId, messageId)) throw new TunnelError('unknownMessage');
      const sql = `WITH RECURSIVE down (id, step) AS (
          SELECT ?, 0
          UNION ALL
          SELECT (SELECT id FROM message WHERE conversation_id = ? AND parent_id = down.id ORDER BY ordinal DESC LIMIT 1), step + 1
          FROM down WHERE down.id IS NOT NULL
        )
        UPDATE conversation SET head_id = (SELECT id FROM down WHERE id IS NOT NULL ORDER BY step DESC LIMIT 1) WHERE id = ?`;
      this.#sql.run(sql, messageId, conversationId, conversationId);
    });
  }

  commitTurn(turn: NewTurn): void {
    const { requestId, owner, conversationId, title, question, answer, images = [], parentId, reply } = turn;
    this.#sql.write(() => {
      const known = this.#sql.all('SELECT owner, deleted_at, head_id FROM conversation WHERE id = ?', conversationId)[0];
      if (known && (known['owner'] !== owner || known['deleted_at'] !== null)) throw new TunnelError('unknownConversation');
      const { createdAt, model = null } = answer;
      if (!known)
        this.#sql.run(
          'INSERT INTO conversation (id, owner, title, created_at, updated_at) VALUES (?, ?, ?, ?, ?)',
          ...[conversationId, owner, title, createdAt, createdAt],
        );
      if (typeof parentId === 'string' && !this.message(owner, conversationId, parentId)) throw new TunnelError('unknownMessage');
      const behind = parentId === undefined ? (known?.['head_id'] ?? null) : parentId;
      for (const image of images) this.#images.insert(image);
      if (question) this.#insert(conversationId, question, behind);
      this.#insert(conversationId, answer, question ? question.id : behind);
      this.#sql.run(
        'UPDATE conversation SET model = ?, updated_at = ?, head_id = ? WHERE id = ?',
        ...[model, createdAt, answer.id, conversationId],
      );
      this.#remember(owner, requestId, reply, conversationId);
    });
    this.#answers.begin(answer.id);
  }

  replyTo(owner: OwnerId, requestId: string): ChatReply | undefined {
    return this.#sql.read(() => {
      const found = this.#sql.all('SELECT reply FROM reply WHERE owner = ? AND request_id = ?', owner, requestId)[0]?.['reply'];
      return typeof found === 'string' ? parseChatReply(JSON.parse(found)) : undefined;
    });
  }

  rememberReply(owner: OwnerId, requestId: string, reply: ChatReply): void {
    this.#sql.write(() => {
      this.#remember(owner, requestId, reply, null);
    });
  }

  updateAnswer(answerId: string, update: AnswerUpdate): void {
    this.#answers.update(answerId, update);
  }

  continueAnswer({ requestId, owner, conversationId, answerId, reply }: Continuation): void {
    this.#sql.write(() => {
      const head = this.#sql.all('SELECT head_id FROM conversation WHERE id = ?', conversationId)[0]?.['head_id'];
      if (!this.message(owner, conversationId, answerId) || head !== answerId) throw new TunnelError('unknownMessage');
      this.#answers.reopen(answerId);
      this.#sql.run('UPDATE conversation SET updated_at = ? WHERE id = ?', this.#clock.now(), conversationId);
      this.#remember(owner, requestId, reply, conversationId);
    });
  }

  settings(owner: OwnerId, conversationId: string): ChatSettings {
    return this.#sql.read(() => this.#settings.get(owner, conversationId));
  }

  configure(owner: OwnerId, conversationId: string, settings: ChatSettings): void {
    this.#sql.write(() => {
      this.#settings.set(owner, conversationId, settings, this.#clock.now());
    });
  }

  rename(owner: OwnerId, conversationId: string, title: string): void {
    this.#sql.write(() => {
      this.#sql.run('UPDATE conversation SET title = ? WHERE id = ? AND owner = ? AND deleted_at IS NULL', title, conversationId, owner);
    });
  }

  deleteConversation(owner: OwnerId, conversationId: string): void {
    const sql = 'UPDATE conversation SET deleted_at = ? WHERE id = ? AND owner = ? AND deleted_at IS NULL';
    this.#sql.write(() => {
      this.#sql.run(sql, this.#clock.now(), conversationId, owner);
    });
  }

  restoreConversation(owner: OwnerId, conversationId: string): void {
    this.#sql.write(() => {
      const sql = 'SELECT 1 FROM conversation WHERE id = ? AND owner = ? AND deleted_at >= ?';
      const found = this.#sql.all(sql, conversationId, owner, this.#binLimit);
      if (found.length === 0) throw new TunnelError('unknownConversation');
      this.#sql.run('UPDATE conversation SET deleted_at = NULL WHERE id = ?', conversationId);
    });
  }

  listDeleted(owner: OwnerId, limit: number): ConversationSummary[] {
    const sql = `SELECT ${summaryColumns} FROM conversation WHERE owner = ? AND deleted_at >= ?
      ORDER BY deleted_at DESC, ordinal DESC LIMIT ?`;
    return this.#sql.read(() => readable(this.#sql.all(sql, owner, this.#binLimit, limit), readSummary));
  }

  image(owner: OwnerId, conversationId: string, imageId: string): string | undefined {
    return this.#sql.read(() => (this.conversation(owner, conversationId) ? this.#images.data(conversationId, imageId) : undefined));
  }

  archive(owner: OwnerId, conversationId: string): ArchivedConversation | undefined {
    const sql = `SELECT ${messageColumns}, parent_id AS parentId FROM message WHERE conversation_id = ? ORDER BY ordinal`;
    return this.#sql.read(() => {
      const summary = this.conversation(owner, conversationId);
      const headId = this.#sql.all('SELECT head_id AS headId FROM conversation WHERE id = ?', conversationId)[0]?.['headId'];
      if (!summary || typeof headId !== 'string') return undefined;
      const { title, createdAt, updatedAt, model } = summary;
      const messages = readable(this.#sql.all(sql, conversationId), ({ parentId, ...row }) => ({
        message: readMessage(row),
        parentId: typeof parentId === 'string' ? parentId : null,
      }));
      const images = new Map(
        messages.flatMap(({ message }) =>
          (message.images ?? []).map(({ id }) => [id, this.#images.data(conversationId, id) ?? ''] as const),
        ),
      );
      return {
        ...{ title, createdAt, updatedAt, messages, headId },
        ...(model === undefined ? {} : { model }),
        ...(images.size === 0 ? {} : { images }),
      };
    });
  }

  addArchived(owner: OwnerId, conversationId: string, conversation: ArchivedConversation): void {
    const { title, createdAt, updatedAt, model = null, messages, headId, images = new Map<string, string>() } = conversation;
    this.#sql.write(() => {
      this.#sql.run(
        'INSERT INTO conversation (id, owner, title, model, created_at, updated_at, head_id) VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[conversationId, owner, title, model, createdAt, updatedAt, headId],
      );
      const infos = new Map(messages.flatMap(({ message }) => (message.images ?? []).map((info) => [info.id, info] as const)));
      for (const [id, info] of infos) this.#images.insert({ info, data: images.get(id) ?? '' });
      for (const { message, parentId } of messages) this.#insert(conversationId, message, parentId);
    });
  }

  search(owner: OwnerId, query: string, limit: number): SearchHit[] {
    const expression = matchExpression(query);
    return expression === undefined ? [] : this.#sql.read(() => readable(this.#sql.all(searchSql, expression, owner, limit), readHit));
  }

  unwritten(before: number, limit: number): { owner: OwnerId; id: string }[] {
    return this.#sql.read(() => unwritten(this.#sql, before, limit));
  }

  purge(): boolean {
    return this.#sql.write(() => purgeStep(this.#sql, this.#settings, this.#binLimit));
  }

  interruptRunning(): number {
    return this.#answers.interrupt();
  }

  /** The file is whole and closed afterwards. */
  dispose(): void {
    this.#sql.dispose();
  }

  /** What was put into the bin before this is gone, whether or not it has been purged. */
  get #binLimit(): number {
    return this.#clock.now() - KEEP_MS;
  }

  #insert(conversationId: string, message: ChatMessage, parentId: SQLInputValue): void {
    const { id, role, text, createdAt, model = null, state = null, nextSequence = null, standIn } = message;
    const { stats, error = null, errorDetail = null, thinking = null, thinkingMs = null } = message;
    this.#sql.run(
      `INSERT INTO message (id, conversation_id, parent_id, role, text, created_at, model, state, next_sequence, stand_in,
        stats, error, error_detail, thinking, thinking_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[id, conversationId, parentId, role, text, createdAt, model, state, nextSequence, standIn === undefined ? null : Number(standIn)],
      ...[stats === undefined ? null : JSON.stringify(stats), error, errorDetail, thinking, thinkingMs],
    );
    if (message.images) this.#images.link(id, message.images);
  }

  #remember(owner: OwnerId, requestId: string, reply: ChatReply, conversationId: string | null): void {
    const sql = 'INSERT INTO reply (owner, request_id, conversation_id, reply, created_at) VALUES (?, ?, ?, ?, ?)';
    this.#sql.run(sql, owner, requestId, conversationId, JSON.stringify(reply), this.#clock.now());
  }
}
