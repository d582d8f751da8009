import { closeSync, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from './schema.ts';

/** How long a statement waits for another process's lock, ms. It blocks this thread, so it is short. */
const BUSY_TIMEOUT_MS = 500;
/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html). */
const DAMAGE = [11, 26];

/** Up to this size every file is checked page by page when opened, at about 0.7 ms a megabyte; a longer one only after an unclean end. */
const ALWAYS_CHECK_BYTES = 16 * 1024 * 1024;

export interface OpenedDatabase {
  readonly db: DatabaseSync;
  /** Where a damaged file was put aside; nothing is ever deleted. */
  readonly damaged?: string;
}

/** Opens the file at `path`, made when there is none; a damaged one is put aside and a fresh one made. @throws what SQLite throws */
export function openDatabase(path: string, nowMs: number): OpenedDatabase {
  try {
    return { db: openSound(path) };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const damaged = setAside(path, nowMs);
    return { db: openSound(path), damaged };
  }
}

function openSound(path: string): DatabaseSync {
  // SQLite gives the -wal and -shm files the mode of the main file: conversations are for their user alone.
  closeSync(openSync(path, 'a', 0o600));
  // A clean end takes the write-ahead log away.
  const check = existsSync(`${path}-wal`) || statSync(path).size <= ALWAYS_CHECK_BYTES;
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    const verdict = check ? db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] : 'ok';
    if (verdict !== 'ok') throw new DamagedError(String(verdict));
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

class DamagedError extends Error {
  override readonly name = 'DamagedError';
}

function isDamage(error: unknown): boolean {
  if (error instanceof DamagedError) return true;
  const code: unknown = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  // The low byte of an extended result code is the plain one.
  return typeof code === 'number' && DAMAGE.includes(code & 0xff);
}

/** Renames the file and its companions. @returns the file's new name, without its folder */
function setAside(path: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replace(/[:.]/g, '-');
  let target = `${path}.damaged-${stamp}`;
  for (let n = 2; existsSync(target); n++) target = `${path}.damaged-${stamp}-${String(n)}`;
  for (const companion of ['', '-wal', '-shm']) if (existsSync(path + companion)) renameSync(path + companion, target + companion);
  return basename(target);
}
