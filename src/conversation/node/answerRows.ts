import { isRunning } from '../../protocol/chatMessage.ts';
import type { AnswerUpdate } from '../ports.ts';
import { messageColumns, readMessage } from './rows.ts';
import type { Sql } from './sql.ts';

/** How much of a running answer is on disk: UTF-16 units of text and of thinking, and rows in `part`. */
interface Progress {
  readonly units: number;
  readonly thoughtUnits: number;
  readonly parts: number;
}

const running = `state IN ('waiting', 'loading', 'streaming')`;
const joined = (column: string): string => `(SELECT group_concat(part.${column}, '' ORDER BY n) FROM part WHERE message_id = message.id)`;

/** Writes answers as they grow: a checkpoint adds a row, the end joins them. */
export class AnswerRows {
  readonly #sql: Sql;
  readonly #progress = new Map<string, Progress>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** An answer was committed, empty. */
  begin(answerId: string): void {
    this.#progress.set(answerId, { units: 0, thoughtUnits: 0, parts: 0 });
  }

  update(answerId: string, update: AnswerUpdate): void {
    const { text, thinking = '', state } = update;
    const known = this.#progress.get(answerId) ?? this.#read(answerId);
    if (!known) return;
    const added = text.slice(known.units);
    const thought = thinking.slice(known.thoughtUnits);
    const grows = added !== '' || thought !== '';
    this.#sql.write(() => {
      if (!isRunning(state)) this.#finish(answerId, text, thinking);
      else if (grows)
        this.#sql.run('INSERT INTO part (message_id, n, text, thinking) VALUES (?, ?, ?, ?)', answerId, known.parts, added, thought);
      this.#state(answerId, update);
    });
    if (!isRunning(state)) this.#progress.delete(answerId);
    else this.#progress.set(answerId, { units: text.length, thoughtUnits: thinking.length, parts: known.parts + Number(grows) });
  }

  /** Turns what still runs into `interrupted`. @returns how many */
  interrupt(): number {
    let count = 0;
    this.#sql.write(() => {
      count = Number(this.#sql.all(`SELECT count(*) AS n FROM message WHERE ${running}`)[0]?.['n']);
      this.#sql.run(
        `UPDATE message SET state = 'interrupted', text = text || coalesce(${joined('text')}, ''),
          thinking = nullif(coalesce(thinking, '') || coalesce(${joined('thinking')}, ''), '') WHERE ${running}`,
      );
      this.#sql.run('DELETE FROM part');
    });
    this.#progress.clear();
    return count;
  }

  /** An answer that had ended runs again, from where it stands. Inside a change of the store's. */
  reopen(answerId: string): void {
    this.#sql.run(`UPDATE message SET state = 'waiting', stats = NULL, error = NULL, error_detail = NULL WHERE id = ?`, answerId);
    this.#progress.delete(answerId);
  }

  #finish(answerId: string, text: string, thinking: string): void {
    this.#sql.run('UPDATE message SET text = ?, thinking = ? WHERE id = ?', text, thinking === '' ? null : thinking, answerId);
    this.#sql.run('DELETE FROM part WHERE message_id = ?', answerId);
  }

  #state(answerId: string, update: AnswerUpdate): void {
    const { state, nextSequence, stats, error = null, errorDetail = null, standIn, thinkingMs = null } = update;
    this.#sql.run(
      `UPDATE message SET state = ?, next_sequence = ?, stats = ?, error = ?, error_detail = ?, thinking_ms = ?,
        stand_in = coalesce(?, stand_in) WHERE id = ?`,
      ...[state, nextSequence, stats === undefined ? null : JSON.stringify(stats), error, errorDetail, thinkingMs],
      ...[standIn === undefined ? null : Number(standIn), answerId],
    );
  }

  #read(answerId: string): Progress | undefined {
    return this.#sql.read(() => {
      const row = this.#sql.all(`SELECT ${messageColumns} FROM message WHERE id = ?`, answerId)[0];
      const parts = Number(this.#sql.all('SELECT count(*) AS n FROM part WHERE message_id = ?', answerId)[0]?.['n']);
      const message = row && readMessage(row);
      return message && { units: message.text.length, thoughtUnits: message.thinking?.length ?? 0, parts };
    });
  }
}
