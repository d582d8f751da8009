import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { spawn } from 'node:child_process';
import { LeaderLock } from '../../../src/agent/node/leaderLock.ts';
import { resetIdentity } from '../../../src/agent/node/resetIdentity.ts';
import { SqliteDeviceStore } from '../../../src/agent/node/sqliteDeviceStore.ts';
import { defaultStateFolder, StateFolder } from '../../../src/agent/node/stateFolder.ts';
import type { StoredClient } from '../../../src/agent/deviceStore.ts';
import { TunnelError } from '../../../src/protocol/errors.ts';
import { nodeCrypto } from '../../../src/secure/node/nodeCrypto.ts';
import { SeededRandom } from '../../fakes/seededRandom.ts';
import { root } from '../../harness/paths.ts';

const code = (expected: string) => (error: unknown) => error instanceof TunnelError && error.code === expected;

const NOW = Date.UTC(2026, 10, 1);

const client: StoredClient = {
  id: 'a',
  name: 'Firefox on Android',
  kind: 'page',
  scope: 'chat',
  owner: 'owner',
  publicKey: new SeededRandom(7).bytes(32),
  psk: new SeededRandom(7).bytes(32),
  dialHash: new SeededRandom(7).bytes(32),
  state: 'pending',
  pairedAt: 5,
};

describe('the state folder', () => {
  let path: string;
  let folder: StateFolder;
  const random = new SeededRandom(1);
  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), 'c2l-state-')), 'state');
    folder = new StateFolder(path);
  });
  afterEach(() => {
    rmSync(join(path, '..'), { recursive: true, force: true });
  });

  it('and the files in it are for their user alone', function () {
    if (process.platform === 'win32') this.skip();
    folder.identity(nodeCrypto, random);
    folder.relayFile.write({ origin: 'https://relay.example', invite: 'a.1.b' });
    assert.equal(statSync(path).mode & 0o777, 0o700);
    for (const name of ['identity.key', 'identity.pub', 'relay.json']) assert.equal(statSync(join(path, name)).mode & 0o777, 0o600, name);
  });

  it('keeps one identity', () => {
    const first = folder.identity(nodeCrypto, random);
    assert.deepEqual(new StateFolder(path).identity(nodeCrypto, random).publicKey, first.publicKey);
  });

  it('brings a file of the first schema along: its clients come as before, and keys with an end are kept beside them', () => {
    const old = new DatabaseSync(folder.deviceFile);
    old.exec(`
      CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
      CREATE TABLE client (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, scope TEXT NOT NULL, owner TEXT NOT NULL,
        public_key BLOB NOT NULL, psk BLOB NOT NULL, dial_hash BLOB NOT NULL UNIQUE,
        state TEXT NOT NULL, paired_at INTEGER NOT NULL, last_seen_at INTEGER, revoked_at INTEGER
      ) STRICT;
      INSERT INTO client VALUES ('a', 'Firefox', 'page', 'chat', 'owner', x'01', x'02', x'03', 'active', 5, 6, NULL);
      PRAGMA user_version = 1;
    `);
    old.close();
    const devices = new SqliteDeviceStore(folder.deviceFile, NOW);
    assert.deepEqual(
      devices.clients().map(({ id, lastSeenAt, expiresAt }) => [id, lastSeenAt, expiresAt]),
      [['a', 6, undefined]],
    );
    devices.saveClient({ ...client, id: 'k', kind: 'key', state: 'active', expiresAt: 9 });
    devices.dispose();
    const again = new SqliteDeviceStore(folder.deviceFile, NOW);
    assert.equal(again.damagedFile, undefined);
    assert.equal(again.clients().find(({ id }) => id === 'k')?.expiresAt, 9);
    again.dispose();
  });

  it('forgets its relay, and says nothing of one that is not there', () => {
    folder.relayFile.write({ origin: 'https://relay.example', invite: 'a.1.b' });
    folder.relayFile.forget();
    assert.equal(folder.relayFile.read(), undefined);
    folder.relayFile.forget();
  });

  it('becomes another device when its identity is reset: no pairing and no key is left, chats and relay are', () => {
    const first = folder.identity(nodeCrypto, random);
    folder.relayFile.write({ origin: 'https://relay.example', invite: 'a.1.b' });
    writeFileSync(folder.conversationsFile, 'chats');
    const before = new SqliteDeviceStore(folder.deviceFile, NOW);
    before.saveClient(client);
    before.saveClient({ ...client, id: 'b', state: 'revoked', dialHash: new SeededRandom(8).bytes(32) });
    const epoch = before.raiseEpoch();
    before.dispose();
    resetIdentity(path);
    const after = new SqliteDeviceStore(folder.deviceFile, NOW);
    assert.deepEqual(after.clients(), []);
    assert.ok(after.raiseEpoch() > epoch);
    after.dispose();
    assert.notDeepEqual(folder.identity(nodeCrypto, random).publicKey, first.publicKey);
    assert.equal(folder.relayFile.read()?.invite, 'a.1.b');
    assert.equal(readFileSync(folder.conversationsFile, 'utf8'), 'chats');
    assert.match(readFileSync(folder.auditFile, 'utf8'), /"what":"identityReset"/);
  });

  it('is reset while an identity is lost, and not while an agent runs', () => {
    folder.identity(nodeCrypto, random);
    rmSync(join(path, 'identity.key'));
    assert.throws(() => folder.identity(nodeCrypto, random), code('identityLost'));
    const leader = new LeaderLock(folder.lockFile);
    assert.throws(() => {
      resetIdentity(path);
    }, code('anotherLeads'));
    leader.dispose();
    resetIdentity(path);
    assert.ok(folder.identity(nodeCrypto, random));
  });

  it('says identity lost instead of making a new key, when the private half is missing, damaged, or another one', () => {
    folder.identity(nodeCrypto, random);
    const key = readFileSync(join(path, 'identity.key'), 'utf8');
    const other = Buffer.alloc(32, 9).toString('base64url');
    for (const content of [undefined, '', 'AAAA', 'not base64 at all', other]) {
      if (content === undefined) rmSync(join(path, 'identity.key'));
      else writeFileSync(join(path, 'identity.key'), content);
      assert.throws(() => folder.identity(nodeCrypto, random), code('identityLost'), content);
    }
    writeFileSync(join(path, 'identity.key'), key);
    folder.identity(nodeCrypto, random);
  });

  it('remembers the relay, and names a file that it cannot read', () => {
    assert.equal(folder.relayFile.read(), undefined);
    folder.relayFile.write({ origin: 'https://relay.example' });
    assert.deepEqual(folder.relayFile.read(), { origin: 'https://relay.example' });
    folder.relayFile.write({ origin: 'https://relay.example', invite: 'a.1.b' });
    assert.deepEqual(folder.relayFile.read(), { origin: 'https://relay.example', invite: 'a.1.b' });
    writeFileSync(join(path, 'relay.json'), '{ "origin": "no address" }');
    assert.throws(() => folder.relayFile.read(), code('storeFailed'));
    writeFileSync(join(path, 'relay.json'), '{');
    assert.throws(() => folder.relayFile.read(), code('storeFailed'));
  });

  it('that cannot be made is refused with the remedy', function () {
    const file = join(path, 'file');
    writeFileSync(file, '');
    chmodSync(file, 0o400);
    assert.throws(
      () => new StateFolder(join(file, 'below')),
      (error: unknown) => error instanceof TunnelError && /C2L_STATE/.test(error.detail ?? ''),
    );
  });

  it('is where C2L_STATE says, else in the user’s own place', () => {
    assert.equal(defaultStateFolder({ C2L_STATE: '/somewhere' }), '/somewhere');
    assert.match(defaultStateFolder({}), /CloudToLocalLLM/);
  });

  it('has one leader; the lock of a killed one is free at once', async () => {
    const lock = new LeaderLock(folder.lockFile);
    assert.throws(() => new LeaderLock(folder.lockFile), code('anotherLeads'));
    lock.dispose();
    lock.dispose();
    const script = `const { LeaderLock } = await import(${JSON.stringify(join(root, 'src/agent/node/leaderLock.ts'))});
      globalThis.lock = new LeaderLock(${JSON.stringify(folder.lockFile)}); console.log('held'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    assert.throws(() => new LeaderLock(folder.lockFile), code('anotherLeads'));
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;
    new LeaderLock(folder.lockFile).dispose();
  });

  it('notes downloads under way, and takes what somebody else wrote there for none', () => {
    const file = join(path, 'pulls.json');
    assert.deepEqual(folder.pullNotes.read(), []);
    folder.pullNotes.write(['qwen3:8b', 'gemma3:4b']);
    assert.deepEqual(new StateFolder(path).pullNotes.read(), ['qwen3:8b', 'gemma3:4b']);
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
    for (const other of [
      '{',
      '{"a":1}',
      '[1]',
      JSON.stringify(Array.from({ length: 100 }, () => 'm')),
      JSON.stringify(['x'.repeat(300)]),
    ]) {
      writeFileSync(file, other);
      assert.deepEqual(folder.pullNotes.read(), [], other.slice(0, 20));
    }
    folder.pullNotes.write([]);
    assert.equal(existsSync(file), false);
  });

  it('keeps clients and a rising epoch', () => {
    const store = new SqliteDeviceStore(folder.deviceFile, NOW);
    assert.deepEqual([store.raiseEpoch(), store.raiseEpoch()], [NOW + 1, NOW + 2]);
    store.saveClient(client);
    store.saveClient({ ...client, state: 'active', lastSeenAt: 6, revokedAt: 7 });
    store.dispose();
    const again = new SqliteDeviceStore(folder.deviceFile, NOW + 1_000);
    assert.equal(again.raiseEpoch(), NOW + 3);
    assert.equal(again.damagedFile, undefined);
    assert.deepEqual(again.clients(), [{ ...client, state: 'active', lastSeenAt: 6, revokedAt: 7 }]);
    again.removeClient('a');
    assert.deepEqual(again.clients(), []);
    again.dispose();
    assert.throws(() => again.clients(), code('storeFailed'));
  });

  it('refuses a device file of a newer version', () => {
    const store = new SqliteDeviceStore(folder.deviceFile, NOW);
    store.dispose();
    // user_version stands at offset 60 of the file (sqlite.org/fileformat2.html)
    const bytes = readFileSync(folder.deviceFile);
    bytes.writeUInt32BE(99, 60);
    writeFileSync(folder.deviceFile, bytes);
    assert.throws(() => new SqliteDeviceStore(folder.deviceFile, NOW), code('storeFailed'));
  });

  it('puts a damaged device file aside, names it, lets nobody of it in, and begins above its epochs', () => {
    const damages: readonly ((bytes: Buffer) => Buffer)[] = [
      (bytes) => bytes.fill(0x5a, 0, 16),
      (bytes) => bytes.fill(0x5a, 100, 4_096),
      (bytes) => bytes.fill(0x5a, 4_096),
      (bytes) => bytes.subarray(0, 5_000),
      () => Buffer.from('not a database at all'.repeat(500)),
    ];
    for (const [number, damage] of damages.entries()) {
      const file = `${folder.deviceFile}-${String(number)}`;
      const store = new SqliteDeviceStore(file, NOW);
      const epoch = store.raiseEpoch();
      store.saveClient(client);
      store.dispose();
      const damaged = damage(readFileSync(file));
      writeFileSync(file, damaged);
      const again = new SqliteDeviceStore(file, NOW + 60_000);
      const { damagedFile } = again;
      assert.ok(damagedFile, `damage ${String(number)} goes unseen`);
      assert.deepEqual(readFileSync(damagedFile).subarray(100), damaged.subarray(100));
      assert.deepEqual(again.clients(), []);
      assert.ok(again.raiseEpoch() > epoch);
      again.saveClient(client);
      again.dispose();
      const healed = new SqliteDeviceStore(file, NOW + 120_000);
      assert.deepEqual([healed.damagedFile, healed.clients()], [undefined, [client]]);
      healed.dispose();
    }
  });
});
