import assert from 'node:assert/strict';
import {
  chmodSync as chmod,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../src/conversation/node/migrate.ts';
import { migrations } from '../../src/conversation/node/schema.ts';
import { SqliteStore, type OpenedStore } from '../../src/conversation/node/sqliteStore.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { idOf, sampleTurn } from './sampleTurns.ts';

const all = { limit: 1000 };
const PAGE = 4096;
const CONVERSATIONS = 30;
const TURNS = 4;

describe('SQLite store on damaged data', () => {
  let folder: string;
  let path: string;
  const clock = new FakeClock();
  const opened: OpenedStore[] = [];

  let filled: Buffer;
  before(() => {
    const own = mkdtempSync(join(tmpdir(), 'c2l-damage-'));
    const { store } = SqliteStore.open(join(own, 'chats.db'), clock);
    for (let c = 0; c < CONVERSATIONS; c++)
      for (let n = 0; n < TURNS; n++) {
        const name = `${String(c)}.${String(n)}`;
        store.commitTurn(sampleTurn({ name, conversation: `c${String(c)}`, question: `${name} ${'long question '.repeat(180)}` }));
        store.updateAnswer(idOf(`a ${name}`), { text: `answer ${name}`, state: 'done', nextSequence: 1 });
      }
    store.dispose();
    filled = readFileSync(join(own, 'chats.db'));
    rmSync(own, { recursive: true });
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-damage-'));
    path = join(folder, 'chats.db');
  });
  afterEach(() => {
    for (const { store } of opened.splice(0)) store.dispose();
    rmSync(folder, { recursive: true });
  });

  function open(at = clock): OpenedStore {
    const one = SqliteStore.open(path, at);
    opened.push(one);
    return one;
  }

  /** Thirty conversations of four turns each, over some 150 pages. */
  function fill(): void {
    writeFileSync(path, filled);
  }

  function overwrite(at: number, bytes: Buffer): void {
    const file = openSync(path, 'r+');
    writeSync(file, bytes, 0, bytes.length, at);
    closeSync(file);
  }

  /** SQLite itself keeps anybody from writing into the tables of an index, unless told not to. */
  function unguarded(): DatabaseSync {
    const db = new DatabaseSync(path);
    db.enableDefensive(false);
    return db;
  }

  const garbage = (length: number, seed = 1): Buffer => Buffer.from(new SeededRandom(seed).bytes(length));

  /** The file is there under its new name as it was found, and the person can be told; what was brought over is what was written. */
  function expectAside({ store, damaged }: OpenedStore, found: Buffer): number {
    assert.match(basename(damaged?.file ?? ''), /^chats\.db\.damaged-2026-01-01T/);
    assert.ok(readFileSync(damaged?.file ?? '').equals(found), 'byte for byte');
    const listed = store.listConversations('owner');
    assert.equal(listed.length, damaged?.conversations);
    let messages = 0;
    for (const { id } of listed) {
      const page = store.messages('owner', id, all).messages;
      messages += page.length;
      for (const { role, text } of page)
        if (role === 'user')
          assert.ok(`${text.slice(0, text.indexOf(' '))} ${'long question '.repeat(180)}`.startsWith(text) || text === '');
        else assert.match(text, /^(answer \d+\.\d)?$/);
      assert.equal(new Set(page.map((message) => message.id)).size, page.length);
    }
    assert.equal(messages, damaged?.messages);
    store.commitTurn(sampleTurn({ name: 'new', conversation: 'new' }));
    assert.equal(store.messages('owner', idOf('new'), all).messages.length, 2);
    assert.equal(store.search('owner', 'question new', 10).length, 1);
    return messages;
  }

  it('puts a file aside that is no database, byte for byte, names it and begins anew', () => {
    fill();
    const damaged = Buffer.concat([Buffer.from('garbage'), readFileSync(path).subarray(7)]);
    writeFileSync(path, damaged);
    expectAside(open(), damaged);
    opened.pop()?.store.dispose();
    writeFileSync(path, 'garbage again, which SQLite takes for no database');
    const again = open();
    assert.equal(again.damaged?.conversations, 0);
    assert.equal(readdirSync(folder).filter((name) => /\.damaged-.*Z(-\d+)?$/.test(name)).length, 2);
  });

  it('brings over what a truncated file still holds', () => {
    fill();
    const damaged = readFileSync(path).subarray(0, Math.floor(statSync(path).size * 0.6));
    writeFileSync(path, damaged);
    assert.ok(expectAside(open(), Buffer.from(damaged)) > 20);
  });

  it('brings over nearly all when pages in the middle are overwritten', () => {
    fill();
    const prompt = { id: idOf('prompt'), name: 'review', text: 'Review this.' };
    open().store.prompts.save('owner', prompt);
    opened.pop()?.store.dispose();
    const pages = statSync(path).size / PAGE;
    overwrite(Math.floor(pages / 2) * PAGE, garbage(2 * PAGE));
    const damaged = readFileSync(path);
    const found = open();
    assert.ok(expectAside(found, damaged) > 0.7 * 2 * CONVERSATIONS * TURNS);
    assert.deepEqual(found.store.prompts.list('owner'), [prompt]);
  });

  it('begins anew when the header or the list of tables is overwritten, and keeps the file', () => {
    for (const [at, length] of [
      [0, 100],
      [100, PAGE - 100],
    ] as const) {
      fill();
      overwrite(at, garbage(length, at + 1));
      const found = readFileSync(path);
      expectAside(open(), found);
      opened.pop()?.store.dispose();
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
    }
  });

  it('survives any page overwritten: opens, and shows nothing that was not written', () => {
    fill();
    const whole = readFileSync(path);
    const pages = whole.length / PAGE;
    let salvaged = 0;
    for (let page = 1; page < pages; page += 23) {
      const damaged = Buffer.from(whole);
      damaged.set(garbage(PAGE, page), page * PAGE);
      writeFileSync(path, damaged);
      const one = open();
      if (one.damaged) salvaged += expectAside(one, damaged);
      opened.pop()?.store.dispose();
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
    }
    assert.ok(salvaged > 0);
  }).timeout(60_000);

  it('makes a damaged search index anew, and puts nothing aside', () => {
    fill();
    const db = unguarded();
    db.exec("UPDATE message_text_data SET block = x'ffffffffffff' WHERE id > 10");
    db.close();
    const { store, damaged } = open();
    assert.equal(damaged, undefined);
    assert.equal(store.search('owner', 'long', 1000).length, CONVERSATIONS * TURNS);
    const live = unguarded();
    live.exec("UPDATE message_text_data SET block = x'ffffffffffff' WHERE id > 10");
    live.close();
    assert.equal(store.search('owner', 'question', 1000).length, CONVERSATIONS * TURNS);
    store.commitTurn(sampleTurn({ name: 'after' }));
    assert.equal(store.search('owner', 'after', 10).length, 1);
  });

  it('puts a log aside that is not one, names it, and keeps the conversations', () => {
    fill();
    const log = garbage(9000);
    writeFileSync(`${path}-wal`, log);
    const { store, damaged } = open();
    assert.ok(readFileSync(damaged?.file ?? '').equals(log));
    assert.deepEqual([damaged?.conversations, damaged?.messages], [CONVERSATIONS, 2 * CONVERSATIONS * TURNS]);
    assert.equal(store.listConversations('owner').length, CONVERSATIONS);
  });

  it('takes an empty log, and one of zeros, for what a crash leaves', () => {
    for (const log of [Buffer.alloc(0), Buffer.alloc(32 + 24 + PAGE)]) {
      fill();
      writeFileSync(`${path}-wal`, log);
      const { store, damaged } = open();
      assert.equal(damaged, undefined);
      assert.equal(store.listConversations('owner').length, CONVERSATIONS);
      opened.pop()?.store.dispose();
      rmSync(path);
    }
  });

  it('puts a sound database aside that is somebody else’s', () => {
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA journal_mode = WAL; CREATE TABLE other (x); PRAGMA user_version = ${String(migrations.length)}`);
    db.close();
    const found = readFileSync(path);
    expectAside(open(), found);
  });

  it('shows the other conversations when one holds a row that cannot be read', () => {
    fill();
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA foreign_keys = OFF; UPDATE conversation SET id = 'not an id' WHERE ordinal = 3;
      UPDATE message SET stats = '{no json' WHERE ordinal = 8`);
    db.close();
    const { store } = open();
    assert.equal(store.listConversations('owner').length, CONVERSATIONS - 1);
    assert.equal(store.messages('owner', idOf('c0'), all).messages.length, 2 * TURNS - 1);
  });

  describe('migration', () => {
    const connect = (file: string): DatabaseSync => new DatabaseSync(file);

    function older(): Buffer {
      const db = new DatabaseSync(path);
      db.exec(`${migrations[0] ?? ''} PRAGMA user_version = 1;
        INSERT INTO conversation (id, owner, title, created_at, updated_at, head_id) VALUES ('${idOf('c')}', 'owner', 'old', 1, 1, '${idOf('m')}');
        INSERT INTO message (id, conversation_id, role, text, created_at) VALUES ('${idOf('m')}', '${idOf('c')}', 'user', 'an old question', 1)`);
      db.close();
      return readFileSync(path);
    }

    it('takes an old file over into the schema of today', () => {
      older();
      const { store, damaged } = open();
      assert.equal(damaged, undefined);
      assert.equal(store.messages('owner', idOf('c'), all).messages[0]?.text, 'an old question');
      assert.equal(store.search('owner', 'old', 10).length, 1);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.includes('migrating')),
        [],
      );
    });

    it('leaves the old file as it was when it fails, and when its process was killed in the middle', () => {
      const before = older();
      const db = connect(path);
      assert.throws(() => migrate(db, path, connect, [...migrations, 'CREATE TABLE more (x); INSERT INTO nowhere VALUES (1)']));
      db.close();
      assert.ok(readFileSync(path).equals(before));
      assert.deepEqual(readdirSync(folder), ['chats.db']);
      writeFileSync(`${path}.migrating`, 'half of it');
      assert.equal(open().store.listConversations('owner').length, 1);
      assert.ok(!existsSync(`${path}.migrating`));
    });

    it('makes an empty file once, when another process has made it since it was looked at', () => {
      const [late, other] = [connect(path), connect(path)];
      const exec = late.exec.bind(late);
      late.exec = (sql) => {
        if (sql === 'BEGIN IMMEDIATE' && other.isOpen) {
          migrate(other, path, connect);
          other.close();
        }
        exec(sql);
      };
      migrate(late, path, connect).close();
      assert.equal(open().damaged, undefined);
    });

    it('waits with it while another program has the old file open', () => {
      older();
      const other = new DatabaseSync(path);
      other.exec("PRAGMA journal_mode = WAL; UPDATE conversation SET title = 'from another'");
      assert.throws(() => open(), { code: 'storeFailed' });
      other.close();
      assert.equal(open().store.listConversations('owner')[0]?.title, 'from another');
    });
  });

  it('says storeFailed in a folder that cannot be written to, and changes nothing', () => {
    fill();
    const before = readFileSync(path);
    const shelf = join(folder, 'shelf');
    mkdirSync(shelf);
    cpSync(path, join(shelf, 'chats.db'));
    const isRoot = process.geteuid?.() === 0;
    const mode = (folderMode: number, fileMode: number): void => {
      chmod(shelf, folderMode);
      chmod(join(shelf, 'chats.db'), fileMode);
    };
    chmod(folder, 0o755);
    mode(0o555, 0o444);
    // For root nothing is read-only.
    if (isRoot) process.seteuid?.(65534);
    try {
      assert.throws(() => SqliteStore.open(join(shelf, 'chats.db'), clock), { code: 'storeFailed' });
      assert.throws(() => SqliteStore.open(join(shelf, 'none.db'), clock), { code: 'storeFailed' });
    } finally {
      if (isRoot) process.seteuid?.(0);
      mode(0o755, 0o644);
    }
    assert.ok(readFileSync(join(shelf, 'chats.db')).equals(before));
    assert.deepEqual(readdirSync(shelf), ['chats.db']);
  });
});
