import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { TunnelError } from '../../protocol/errors.ts';
import { DamagedError } from './damage.ts';
import { migrations as released, SCHEMA_VERSION } from './schema.ts';

type Connect = (path: string) => DatabaseSync;

/**
 * Brings the database at `path` up to date. One that holds something is copied, the copy is changed and checked, and takes the old one's place
 * in one step: until then a failure, or an end of the process, leaves the old file as it was. Only the process that leads calls this.
 * @param migrations one script per version
 * @returns the database to go on with: `db` itself, or a connection to the new file, and `db` is closed
 * @throws TunnelError `storeNewer` when the file is newer than this program
 */
export function migrate(db: DatabaseSync, path: string, connect: Connect, migrations: readonly string[] = released): DatabaseSync {
  const copy = `${path}.migrating`;
  // Left by a process that was killed in the middle of it.
  discard(copy);
  const version = versionOf(db);
  if (version > migrations.length)
    throw new TunnelError('storeNewer', `schema ${String(version)}, this program knows ${String(SCHEMA_VERSION)}`);
  if (version === migrations.length) return db;
  if (version === 0) {
    apply(db, migrations);
    return db;
  }
  try {
    // Empty is as good as absent to SQLite, and this one is for its user alone.
    closeSync(openSync(copy, 'w', 0o600));
    db.prepare('VACUUM INTO ?').run(copy);
    const changed = connect(copy);
    try {
      apply(changed, migrations);
      const verdict = changed.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
      if (verdict !== 'ok') throw new DamagedError(String(verdict));
    } finally {
      changed.close();
    }
    db.close();
    // A log that is still there belongs to somebody else who has the old file open.
    if (existsSync(`${path}-wal`)) throw new TunnelError('storeFailed', 'another program has the chats open');
    renameSync(copy, path);
    syncFolder(path);
    return connect(path);
  } catch (error) {
    discard(copy);
    throw error;
  }
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
}

/** From the version that stands there once the file is ours: two processes may find it empty at once, and the second finds it made. */
function apply(db: DatabaseSync, migrations: readonly string[]): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const script of migrations.slice(versionOf(db))) db.exec(script);
    db.exec(`PRAGMA user_version = ${String(migrations.length)}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function discard(copy: string): void {
  for (const companion of ['', '-wal', '-shm']) rmSync(copy + companion, { force: true });
}

/** A rename holds once its folder is on the disk. Windows has no such call, and needs none. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
