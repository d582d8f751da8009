import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeAgent, type NodeAgent } from '../../../src/agent/node/createNodeAgent.ts';
import { createKeyAnywhere, listAnywhere, revokeAnywhere } from '../../../src/agent/node/leaderKeys.ts';
import { LeaderLock } from '../../../src/agent/node/leaderLock.ts';
import { newPipeAddress, removePipe } from '../../../src/agent/node/pipeAddress.ts';
import { StateFolder } from '../../../src/agent/node/stateFolder.ts';
import { nullLogger } from '../../../src/base/log.ts';
import { StatusBus } from '../../../src/status/statusEventBus.ts';
import { until } from '../../integration/support/stack.ts';

describe('keys and clients on the command line, while an agent runs', function () {
  this.timeout(20_000);
  let state: string;
  let node: NodeAgent | undefined;
  let lines: string[];
  const print = (line: string): void => void lines.push(line);
  const start = async (): Promise<void> => {
    const ollama = (): { url: string } => ({ url: 'http://127.0.0.1:9' });
    node = createNodeAgent({
      stateFolder: state,
      bus: new StatusBus(),
      log: nullLogger,
      ollama,
      face: { role: 'agent', name: 'An agent' },
    });
    await until('the note', () => new StateFolder(state).readLeader() !== undefined);
  };
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'c2l-keys-'));
    lines = [];
  });
  afterEach(() => {
    node?.dispose();
    node = undefined;
    rmSync(state, { recursive: true, force: true });
  });

  it('are made, listed and revoked by it, in the same words as without one', async () => {
    await createKeyAnywhere('Before', { state }, print);
    await start();
    await createKeyAnywhere('Script', { state, scope: 'chat', days: '30', json: true }, print);
    const made = JSON.parse(lines[1] ?? '') as Record<string, unknown>;
    assert.match(String(made['key']), /^c2l_[\w-]{43}_[\w-]{43}$/);
    assert.deepEqual([made['event'], made['name'], made['scope']], ['key', 'Script', 'chat']);
    lines = [];
    await listAnywhere({ state }, print, 'key');
    const listed = lines.splice(0).toSorted();
    await listAnywhere({ state, json: true }, print, 'client');
    assert.deepEqual(lines, []);
    await revokeAnywhere('Script', { state, json: true }, print, 'key');
    assert.deepEqual(JSON.parse(lines.splice(0).join()), { event: 'revoked', clientId: made['clientId'] });
    await assert.rejects(revokeAnywhere('Script', { state }, print, 'key'), { code: 'noSuchKey' });
    await assert.rejects(revokeAnywhere('Phone', { state }, print, 'client'), { code: 'noSuchClient' });
    await assert.rejects(createKeyAnywhere('x', { state, days: '0' }, print), { code: 'badNumber' });
    await assert.rejects(createKeyAnywhere('x'.repeat(300), { state }, print), { code: 'messageTooLong' });
    node?.dispose();
    await listAnywhere({ state }, print, 'key');
    assert.deepEqual(
      listed.filter((line) => line.endsWith('Before')),
      lines,
    );
    assert.match(listed.find((line) => line.endsWith('Script')) ?? '', /^[\w-]{22} {2}chat {2}until \d{4}-.* {2}never used {2}Script$/);
  });

  it('name a program that leads and does not answer, or does not say where it listens', async () => {
    const folder = new StateFolder(state);
    const lock = new LeaderLock(folder.lockFile);
    const address = newPipeAddress(state, { bytes: (count) => new Uint8Array(count).fill(7), float: () => 0 }, undefined);
    const server = createServer((socket) => socket.destroy());
    try {
      await assert.rejects(listAnywhere({ state }, print, 'key'), { code: 'leaderStuck', detail: undefined });
      await new Promise<void>((resolve) => server.listen(address, resolve));
      folder.writeLeader({ address, role: 'window', name: 'A window', pid: 1 });
      await assert.rejects(listAnywhere({ state }, print, 'key'), { code: 'leaderStuck', detail: 'A window' });
    } finally {
      server.close();
      removePipe(address);
      lock.dispose();
    }
  });
});
