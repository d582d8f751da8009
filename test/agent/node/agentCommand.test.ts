import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inviteFor, runAgent } from '../../../src/agent/node/agentCommand.ts';
import { agentVerb } from '../../../src/agent/node/agentVerb.ts';
import { createKey, listKeys, revokeKey } from '../../../src/agent/node/keysCommand.ts';
import { LeaderLock } from '../../../src/agent/node/leaderLock.ts';
import { SqliteDeviceStore } from '../../../src/agent/node/sqliteDeviceStore.ts';
import { StateFolder } from '../../../src/agent/node/stateFolder.ts';
import { UserError } from '../../../src/base/userError.ts';
import { TunnelError } from '../../../src/protocol/errors.ts';
import { deriveApiKey, parseApiKey } from '../../../src/secure/apiKey.ts';
import { deviceIdOf } from '../../../src/secure/deviceIdentity.ts';
import { nodeCrypto } from '../../../src/secure/node/nodeCrypto.ts';

describe('the verb agent', () => {
  it('shows a kept invite to its own relay and to no other', () => {
    const kept = { origin: 'https://relay.example', invite: 'a.1.b' };
    assert.equal(inviteFor('wss://relay.example/', kept), 'a.1.b');
    assert.equal(inviteFor('https://other.example', kept), undefined);
    assert.equal(inviteFor('https://relay.example:444', kept), undefined);
    assert.equal(inviteFor('https://relay.example', undefined), undefined);
  });

  describe('without a relay to go to', () => {
    let state: string;
    const code = (expected: string) => (error: unknown) => error instanceof TunnelError && error.code === expected;
    beforeEach(() => {
      state = mkdtempSync(join(tmpdir(), 'c2l-agent-'));
    });
    afterEach(() => {
      rmSync(state, { recursive: true, force: true });
    });

    it('names the missing address, leaves no signal handler and frees the state folder', async () => {
      const handlers = process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
      for (let i = 0; i < 2; i++) await assert.rejects(runAgent({ state, json: true }), code('badRelayUrl'));
      assert.equal(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM'), handlers);
    });

    it('refuses an address that is none, and keeps what it knew', async () => {
      writeFileSync(join(state, 'relay.json'), '{"origin":"https://relay.example","invite":"a.1.b"}');
      await assert.rejects(runAgent({ state, relay: 'http://relay.example', json: true }), code('badRelayUrl'));
      assert.deepEqual(JSON.parse(readFileSync(join(state, 'relay.json'), 'utf8')), { origin: 'https://relay.example', invite: 'a.1.b' });
    });

    it('makes an API key that opens this device and no other, keeps no trace of its secret, and not while another process leads', () => {
      const lines: string[] = [];
      const create = (): void => {
        createKey('My laptop', { state, json: true }, (line) => lines.push(line));
      };
      create();
      const printed = JSON.parse(lines.join()) as { key: string; name: string; clientId: string };
      const { deviceKey, secret } = parseApiKey(printed.key);
      assert.equal(deviceIdOf(deviceKey), readFileSync(join(state, 'identity.pub'), 'utf8').trim());
      const folder = new StateFolder(state);
      const store = new SqliteDeviceStore(folder.deviceFile, Date.now());
      const [client] = store.clients();
      store.dispose();
      const { psk, dialHash, staticKey } = deriveApiKey(nodeCrypto, secret);
      assert.deepEqual(
        [client?.id, client?.name, client?.kind, client?.scope, client?.state, client?.psk, client?.dialHash, client?.publicKey],
        [printed.clientId, 'My laptop', 'key', 'api', 'active', psk, dialHash, staticKey.publicKey],
      );
      for (const name of readdirSync(state)) {
        const bytes = readFileSync(join(state, name));
        assert.ok(!bytes.includes(Buffer.from(secret)) && !bytes.includes(printed.key.slice(-43)), `${name} holds the secret`);
      }
      const audit = JSON.parse(readFileSync(folder.auditFile, 'utf8')) as Record<string, unknown>;
      assert.deepEqual([audit['what'], audit['client'], audit['name']], ['keyMade', printed.clientId, 'My laptop']);
      const lock = new LeaderLock(folder.lockFile);
      assert.throws(create, (error: unknown) => error instanceof UserError && error.code === 'agentRunning');
      lock.dispose();
    });

    it('makes keys with scope and end, lists those that are good, and revokes one by its name or id', () => {
      const lines: string[] = [];
      const print = (line: string): void => void lines.push(line);
      createKey('Script', { state, scope: 'chat', days: '30', json: true }, print);
      createKey('Twice', { state }, print);
      createKey('Twice', { state }, print);
      const [made] = lines.splice(0).map((line, index) => (index === 0 ? (JSON.parse(line) as Record<string, unknown>) : {}));
      const { clientId, expiresAt, scope } = made ?? {};
      assert.equal(scope, 'chat');
      assert.ok(Math.abs(Number(expiresAt) - Date.now() - 30 * 86_400_000) < 60_000);
      listKeys({ state }, print);
      const listed = lines.splice(0);
      assert.equal(listed.length, 3);
      assert.match(listed.find((line) => line.endsWith('Script')) ?? '', /^[\w-]{22} {2}chat {2}until \d{4}-.* {2}never used {2}Script$/);
      listKeys({ state, json: true }, print);
      assert.doesNotMatch(lines.splice(0).join(), /c2l_|psk|secret/);
      const fails = (which: string, expected: string): void => {
        assert.throws(
          () => {
            revokeKey(which, { state }, print);
          },
          (error: unknown) => error instanceof UserError && error.code === expected,
        );
      };
      fails('Twice', 'manyKeys');
      fails('nobody', 'noSuchKey');
      revokeKey('Script', { state }, print);
      fails(String(clientId), 'noSuchKey');
      assert.deepEqual(lines.splice(0), ['Revoked: Script']);
      listKeys({ state }, print);
      assert.equal(lines.length, 2);
      assert.match(readFileSync(new StateFolder(state).auditFile, 'utf8'), /"name":"Script","what":"revoked"/);
    });

    it('makes no key with a scope or an end that is none', () => {
      for (const [options, expected] of [
        [{ scope: 'models' }, 'badScope'],
        ...['0', '-1', '1.5', '3651', 'x', ''].map((days) => [{ days }, 'badNumber'] as const),
      ] as const)
        assert.throws(
          () => {
            createKey('x', { state, ...options }, () => assert.fail());
          },
          (error: unknown) => error instanceof UserError && error.code === expected,
        );
    });

    it('hands its options on, also those before the word pair', async () => {
      const verb = agentVerb({ cliFile: 'nowhere' }).exitOverride();
      await assert.rejects(verb.parseAsync(['--state', state, '--json', 'pair'], { from: 'user' }), code('badRelayUrl'));
      assert.ok(readFileSync(join(state, 'identity.pub'), 'utf8').length > 0);
    });
  });
});
