import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SqliteStore } from '../../src/conversation/node/sqliteStore.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { idOf, sampleTurn } from './sampleTurns.ts';
import { storeConformance } from './storeConformance.ts';

const dayMs = 24 * 60 * 60_000;

storeConformance('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'c2l-store-'));
  const clock = new FakeClock();
  let { store } = SqliteStore.open(join(folder, 'chats.db'), clock);
  const first = store;
  return {
    store: first,
    reopen() {
      store.dispose();
      ({ store } = SqliteStore.open(join(folder, 'chats.db'), clock));
      return store;
    },
    cleanUp() {
      store.dispose();
      rmSync(folder, { recursive: true });
    },
  };
});

describe('SQLite store', () => {
  let folder: string;
  let path: string;
  const clock = new FakeClock();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-store-'));
    path = join(folder, 'chats.db');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function fill(turns: number): void {
    const { store } = SqliteStore.open(path, clock);
    for (let n = 0; n < turns; n++) store.commitTurn(sampleTurn({ name: String(n), question: 'x'.repeat(3000) }));
    store.dispose();
  }

  it('refuses a file that a newer version wrote, and leaves it as it is', () => {
    fill(1);
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 999');
    db.close();
    assert.throws(
      () => SqliteStore.open(path, clock),
      (error: unknown) => error instanceof TunnelError && error.code === 'storeNewer' && (error.detail ?? '').includes('999'),
    );
    assert.deepEqual(readdirSync(folder), ['chats.db']);
  });

  it('is readable for its user alone', () => {
    fill(1);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('says storeFailed when the file cannot be opened or written', () => {
    assert.throws(() => SqliteStore.open(join(folder, 'missing', 'chats.db'), clock), { code: 'storeFailed' });
    const { store } = SqliteStore.open(path, clock);
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    assert.throws(
      () => {
        store.commitTurn(sampleTurn({ name: '1' }));
      },
      { code: 'storeFailed' },
    );
    other.exec('ROLLBACK');
    other.close();
    store.commitTurn(sampleTurn({ name: '1' }));
    store.dispose();
  }).timeout(5000);

  it('empties the bin and forgets requests after 30 days, not before', async () => {
    const own = new FakeClock();
    const { store } = SqliteStore.open(path, own);
    store.commitTurn(sampleTurn({ name: 'kept', conversation: 'kept' }));
    store.commitTurn(sampleTurn({ name: 'gone', conversation: 'gone' }));
    store.rememberReply('owner', idOf('stop'), { type: 'accepted', requestId: idOf('stop') });
    store.deleteConversation('owner', idOf('gone'));
    store.dispose();
    await own.advance(29 * dayMs);
    const early = SqliteStore.open(path, own).store;
    assert.equal(early.purge(), false);
    assert.equal(early.listDeleted('owner', 10).length, 1);
    assert.ok(early.replyTo('owner', idOf('r gone')));
    assert.ok(early.replyTo('owner', idOf('stop')));
    early.dispose();
    await own.advance(2 * dayMs);
    const late = SqliteStore.open(path, own).store;
    assert.deepEqual(late.listDeleted('owner', 10), []);
    assert.throws(
      () => {
        late.restoreConversation('owner', idOf('gone'));
      },
      { code: 'unknownConversation' },
    );
    while (late.purge());
    assert.equal(late.replyTo('owner', idOf('r gone')), undefined);
    assert.equal(late.replyTo('owner', idOf('stop')), undefined);
    assert.ok(late.replyTo('owner', idOf('r kept')));
    late.commitTurn(sampleTurn({ name: 'again', conversation: 'gone' }));
    late.dispose();
  });

  it('purges a long conversation in small steps, and the whole of it', async () => {
    const own = new FakeClock();
    const { store } = SqliteStore.open(path, own);
    for (let n = 0; n < 180; n++) store.commitTurn(sampleTurn({ name: String(n), question: 'long question '.repeat(100) }));
    store.deleteConversation('owner', idOf('c'));
    await own.advance(31 * dayMs);
    let steps = 0;
    let longest = 0;
    for (let more = true; more; steps++) {
      const begun = performance.now();
      more = store.purge();
      longest = Math.max(longest, performance.now() - begun);
    }
    store.dispose();
    assert.equal(steps, 5);
    assert.ok(longest < 500, String(longest));
    const db = new DatabaseSync(path);
    for (const table of ['conversation', 'message', 'part', 'reply', 'message_text_docsize'])
      assert.equal(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'], 0, table);
    db.close();
  });

  it('records whose child each message is', () => {
    fill(2);
    const db = new DatabaseSync(path);
    const parents = db.prepare('SELECT id, parent_id FROM message ORDER BY ordinal').all();
    const head = db.prepare('SELECT head_id FROM conversation').get();
    db.close();
    assert.deepEqual(
      parents.map((row) => row['parent_id']),
      [null, idOf('q 0'), idOf('a 0'), idOf('q 1')],
    );
    assert.equal(head?.['head_id'], idOf('a 1'));
  });
});
