import { closeSync, copyFileSync, existsSync, fstatSync, ftruncateSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { TunnelError } from '../../protocol/errors.ts';
import { DamagedError, isDamage } from './damage.ts';
import { migrate } from './migrate.ts';
import { salvage, type Salvaged } from './salvage.ts';
import { INDEX_DAMAGE, migrations, rebuildIndex, SCHEMA_VERSION, tables } from './schema.ts';
import { databaseFiles, setAside } from './setAside.ts';
import { hasForeignWal } from './walHeader.ts';

/** How long a statement waits for another process's lock, ms. It blocks this thread, so it is short. */
const BUSY_TIMEOUT_MS = 500;
/** Up to this size every file is checked page by page when opened, at about 0.7 ms a megabyte; a longer one only after an unclean end. */
const ALWAYS_CHECK_BYTES = 16 * 1024 * 1024;

/** A header that asks for more than so many times of what is there is itself damaged. */
const MAX_FILLED_TIMES = 100;

/** A file of conversations that was found damaged. It is kept beside the new one. */
export interface DamagedFile extends Salvaged {
  /** Its path now. */
  readonly file: string;
}

export interface OpenedDatabase {
  readonly db: DatabaseSync;
  readonly damaged?: DamagedFile;
}

/**
 * Opens the file at `path`, made when there is none. A damaged one is put aside, a fresh one is made, and what can still be read is brought
 * over. @throws TunnelError `storeNewer`; what SQLite and the file system throw
 */
export function openDatabase(path: string, nowMs: number): OpenedDatabase {
  const lostWal = existsSync(path) && hasForeignWal(path) ? setAside(path, nowMs, ['-wal', '-shm']) : undefined;
  try {
    const db = openSound(path);
    return { db, ...(lostWal === undefined ? {} : { damaged: { file: `${lostWal}-wal`, ...countsOf(db) } }) };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const file = setAside(path, nowMs, databaseFiles);
    const db = openSound(path);
    return { db, damaged: { file, ...bringOver(file, path, db) } };
  }
}

/** The file as it is, of this schema alone. @throws TunnelError `storeNewer`; what SQLite throws */
export function openToRead(path: string): OpenedDatabase {
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
    if (version === SCHEMA_VERSION) return { db };
    throw version > SCHEMA_VERSION ? new TunnelError('storeNewer') : new Error(`schema ${String(version)}`);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A database that touches no disk: SQLite keeps what it sorts and rolls back in memory too. */
export function openInMemory(): DatabaseSync {
  const db = new DatabaseSync(':memory:', { enableForeignKeyConstraints: true });
  db.exec('PRAGMA temp_store = MEMORY');
  for (const script of migrations) db.exec(script);
  return db;
}

function openSound(path: string): DatabaseSync {
  // SQLite gives the -wal and -shm files the mode of the main file: conversations are for their user alone.
  closeSync(openSync(path, 'a', 0o600));
  // A clean end takes the write-ahead log away.
  const check = existsSync(`${path}-wal`) || statSync(path).size <= ALWAYS_CHECK_BYTES;
  let db = connect(path);
  try {
    db = migrate(db, path, connect);
    if (check) checkPages(db);
    checkTables(db);
    return db;
  } catch (error) {
    if (db.isOpen) db.close();
    throw error;
  }
}

function connect(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** @throws DamagedError */
function checkPages(db: DatabaseSync): void {
  const verdict = (): string => String(db.prepare('PRAGMA quick_check(1)').get()?.['quick_check']);
  let words = verdict();
  if (INDEX_DAMAGE.test(words)) {
    rebuildIndex(db);
    words = verdict();
  }
  if (words !== 'ok') throw new DamagedError(words);
}

/** A sound database that is not ours, or whose list of tables has suffered. @throws DamagedError */
function checkTables(db: DatabaseSync): void {
  const there = new Set(
    db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all()
      .map((row) => row['name']),
  );
  const missing = tables.find((name) => !there.has(name));
  if (missing !== undefined) throw new DamagedError(`schema ${String(SCHEMA_VERSION)} without ${missing}`);
}

/** Reads from a copy: opening writes, and what was put aside stays as it was found. */
function bringOver(damaged: string, path: string, into: DatabaseSync): Salvaged {
  const copy = `${path}.salvage`;
  const remove = (): void => {
    for (const companion of databaseFiles) rmSync(copy + companion, { force: true });
  };
  remove();
  try {
    for (const companion of ['', '-wal']) if (existsSync(damaged + companion)) copyFileSync(damaged + companion, copy + companion);
    fillUp(copy);
    return salvage(copy, into);
  } catch {
    return countsOf(into); // Not even that can be read, or there is no room for a copy.
  } finally {
    remove();
  }
}

/** SQLite reads nothing of a file that is shorter than its header says: what is missing becomes empty pages. */
function fillUp(copy: string): void {
  const header = new DataView(new ArrayBuffer(32));
  const descriptor = openSync(copy, 'r+');
  try {
    readSync(descriptor, header, 0, 32, 0);
    // sqlite.org/fileformat2.html, section 1.3: page size (1 means 65,536) and number of pages.
    const pageSize = header.getUint16(16) === 1 ? 65_536 : header.getUint16(16);
    const bytes = pageSize * header.getUint32(28);
    const { size } = fstatSync(descriptor);
    if (size < bytes && bytes <= MAX_FILLED_TIMES * size) ftruncateSync(descriptor, bytes);
  } finally {
    closeSync(descriptor);
  }
}

function countsOf(db: DatabaseSync): Salvaged {
  const row = db.prepare('SELECT (SELECT count(*) FROM conversation) AS conversations, (SELECT count(*) FROM message) AS messages').get();
  return { conversations: Number(row?.['conversations']), messages: Number(row?.['messages']) };
}
