import { DatabaseSync } from 'node:sqlite';
import * as v from 'valibot';
import type { Disposable } from '../../base/disposable.ts';
import { DamagedError, isDamage } from '../../conversation/node/damage.ts';
import { databaseFiles, setAside } from '../../conversation/node/setAside.ts';
import { TunnelError } from '../../protocol/errors.ts';
import type { DeviceStore, StoredClient } from '../deviceStore.ts';

const SCHEMA_VERSION = 2;

const schema = `
  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  CREATE TABLE client (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, scope TEXT NOT NULL, owner TEXT NOT NULL,
    public_key BLOB NOT NULL, psk BLOB NOT NULL, dial_hash BLOB NOT NULL UNIQUE,
    state TEXT NOT NULL, paired_at INTEGER NOT NULL, last_seen_at INTEGER, revoked_at INTEGER, expires_at INTEGER
  ) STRICT;
`;

const bytes = v.instance(Uint8Array);
const clientRow = v.object({
  id: v.string(),
  name: v.string(),
  kind: v.picklist(['page', 'editor', 'proxy', 'cli', 'key']),
  scope: v.picklist(['chat', 'models', 'api']),
  owner: v.string(),
  public_key: bytes,
  psk: bytes,
  dial_hash: bytes,
  state: v.picklist(['pending', 'active', 'expired', 'revoked']),
  paired_at: v.number(),
  last_seen_at: v.nullable(v.number()),
  revoked_at: v.nullable(v.number()),
  expires_at: v.nullable(v.number()),
});

/** Clients and epoch of a device, in a SQLite file of its own. */
export class SqliteDeviceStore implements DeviceStore, Disposable {
  /** A damaged file that was set aside: its path now. Its clients must pair again. */
  readonly damagedFile: string | undefined;
  readonly #database: DatabaseSync;

  /** @param nowMs wall clock; a file that is made begins its epochs there. @throws TunnelError `storeFailed` */
  constructor(file: string, nowMs: number) {
    const { database, damagedFile } = guard(() => openOrReplace(file, nowMs));
    this.#database = database;
    this.damagedFile = damagedFile;
  }

  raiseEpoch(): number {
    return guard(() => {
      const row = this.#database
        .prepare("INSERT INTO counter VALUES ('epoch', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1 RETURNING value")
        .get();
      return v.parse(v.object({ value: v.number() }), row).value;
    });
  }

  clients(): readonly StoredClient[] {
    return guard(() => this.#database.prepare('SELECT * FROM client').all().map(toClient));
  }

  saveClient(client: StoredClient): void {
    guard(() =>
      this.#database
        .prepare('INSERT OR REPLACE INTO client VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(
          client.id,
          client.name,
          client.kind,
          client.scope,
          client.owner,
          client.publicKey,
          client.psk,
          client.dialHash,
          client.state,
          client.pairedAt,
          client.lastSeenAt ?? null,
          client.revokedAt ?? null,
          client.expiresAt ?? null,
        ),
    );
  }

  removeClient(id: string): void {
    guard(() => this.#database.prepare('DELETE FROM client WHERE id = ?').run(id));
  }

  isPaused(): boolean {
    return guard(() => {
      const row = this.#database.prepare("SELECT value FROM counter WHERE name = 'paused'").get();
      return row !== undefined && v.parse(v.object({ value: v.number() }), row).value !== 0;
    });
  }

  setPaused(paused: boolean): void {
    guard(() => this.#database.prepare("INSERT OR REPLACE INTO counter VALUES ('paused', ?)").run(paused ? 1 : 0));
  }

  dispose(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/**
 * Nothing is brought over from a damaged file: what can still be read of it may be older than a revocation, and would let that client in
 * again.
 */
function openOrReplace(file: string, nowMs: number): { database: DatabaseSync; damagedFile: string | undefined } {
  try {
    return { database: open(file, nowMs), damagedFile: undefined };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const damagedFile = setAside(file, nowMs, databaseFiles);
    return { database: open(file, nowMs), damagedFile };
  }
}

function open(file: string, nowMs: number): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000');
    const { user_version: version } = v.parse(v.object({ user_version: v.number() }), database.prepare('PRAGMA user_version').get());
    if (version > SCHEMA_VERSION) throw new TunnelError('storeFailed', 'written by a newer version of this program');
    // A relay may still hold the device by an epoch of the file that is gone, and takes none that is lower.
    const epoch = `INSERT INTO counter VALUES ('epoch', ${String(Math.floor(nowMs))})`;
    if (version === 0) database.exec(`BEGIN; ${schema} ${epoch}; PRAGMA user_version = ${String(SCHEMA_VERSION)}; COMMIT`);
    if (version === 1) database.exec(`BEGIN; ALTER TABLE client ADD COLUMN expires_at INTEGER; PRAGMA user_version = 2; COMMIT`);
    check(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The file is small: it is looked at page by page, and row by row. @throws DamagedError, and what SQLite throws */
function check(database: DatabaseSync): void {
  const verdict = String(database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']);
  if (verdict !== 'ok') throw new DamagedError(verdict);
  const tables = database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name IN ('counter', 'client')").get()?.['n'];
  if (tables !== 2) throw new DamagedError('a table is missing');
  const clients = v.safeParse(v.array(clientRow), database.prepare('SELECT * FROM client').all());
  if (!clients.success) throw new DamagedError('a client that nobody wrote');
}

function toClient(row: unknown): StoredClient {
  const r = v.parse(clientRow, row);
  return {
    id: r.id,
    name: r.name,
    kind: r.kind,
    scope: r.scope,
    owner: r.owner,
    publicKey: r.public_key,
    psk: r.psk,
    dialHash: r.dial_hash,
    state: r.state,
    pairedAt: r.paired_at,
    ...(r.last_seen_at === null ? {} : { lastSeenAt: r.last_seen_at }),
    ...(r.revoked_at === null ? {} : { revokedAt: r.revoked_at }),
    ...(r.expires_at === null ? {} : { expiresAt: r.expires_at }),
  };
}

function guard<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw TunnelError.from(error, 'storeFailed');
  }
}
