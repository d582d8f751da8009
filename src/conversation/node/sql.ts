import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Disposable } from '../../base/disposable.ts';
import { TunnelError } from '../../protocol/errors.ts';
import { isDamage } from './damage.ts';
import type { Row } from './rows.ts';

/** Statements on one database: prepared once, in transactions that hold or leave nothing, and with one kind of error. */
export class Sql implements Disposable {
  readonly #db: DatabaseSync;
  readonly #rebuildIndex: (db: DatabaseSync) => void;
  #isRebuilt = false;
  readonly #statements = new Map<string, StatementSync>();

  /** @param rebuildIndex makes the search index anew from the texts */
  constructor(db: DatabaseSync, rebuildIndex: (db: DatabaseSync) => void) {
    this.#db = db;
    this.#rebuildIndex = rebuildIndex;
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  /** @returns how many rows have changed */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** @throws TunnelError `storeFailed` with SQLite's words */
  read<T>(work: () => T): T {
    return guard(() => this.#withIndex(work));
  }

  /** All of `change` or nothing of it. @throws TunnelError `storeFailed` with SQLite's words */
  write<T>(change: () => T): T {
    return guard(() => this.#withIndex(() => this.#transaction(change)));
  }

  /** The file is whole and closed afterwards. */
  dispose(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #transaction<T>(change: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = change();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Damage may be the search index's alone, which costs nothing but time: the texts are elsewhere. Tried once. */
  #withIndex<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!isDamage(error) || this.#isRebuilt || this.#db.isTransaction) throw error;
      this.#isRebuilt = true;
      this.#rebuildIndex(this.#db);
      return work();
    }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const made = this.#db.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

/** Turns what SQLite and the file system throw into `storeFailed`. */
export function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TunnelError) throw error;
    throw new TunnelError('storeFailed', wordsFor(error), { cause: error });
  }
}

/** SQLite's words, or the file system's code: neither holds anything private. */
function wordsFor(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errstr' in error) return String(error.errstr);
  return 'code' in error ? String(error.code) : undefined;
}
