import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inviteFor, runAgent } from '../../../src/agent/node/agentCommand.ts';
import { agentVerb } from '../../../src/agent/node/agentVerb.ts';
import { TunnelError } from '../../../src/protocol/errors.ts';

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

    it('hands its options on, also those before the word pair', async () => {
      const verb = agentVerb().exitOverride();
      await assert.rejects(verb.parseAsync(['--state', state, '--json', 'pair'], { from: 'user' }), code('badRelayUrl'));
      assert.ok(readFileSync(join(state, 'identity.pub'), 'utf8').length > 0);
    });
  });
});
