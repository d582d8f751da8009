import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LeaderLock } from '../../../src/agent/node/leaderLock.ts';
import { SharedAgent } from '../../../src/agent/node/sharedAgent.ts';
import { StateFolder } from '../../../src/agent/node/stateFolder.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { nullLogger } from '../../../src/base/log.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { helloRequest, type ChatReply } from '../../../src/protocol/chat.ts';
import type { ChatPort } from '../../../src/protocol/chatPort.ts';
import { TunnelError } from '../../../src/protocol/errors.ts';
import { StatusBus } from '../../../src/status/statusEventBus.ts';
import { AnswerView } from '../../integration/support/answerView.ts';
import { newId, until } from '../../integration/support/stack.ts';
import { startFakeOllama, type FakeOllama } from '../../standin/startFakeOllama.ts';

const text = 'one two three four five six seven eight nine ten '.repeat(3).trim();

describe('windows of one OS user', function () {
  this.timeout(30_000);
  let path: string;
  let ollama: FakeOllama;
  const windows: SharedAgent[] = [];

  before(async () => {
    ollama = await startFakeOllama({ tokensPerSec: 60 });
  });
  after(() => ollama.close());
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'c2l-windows-'));
  });
  afterEach(() => {
    for (const window of windows.splice(0)) window.dispose();
    rmSync(path, { recursive: true, force: true });
  });

  function open(
    name: string,
    versions: { readonly version?: number; readonly oldest?: number; readonly product?: string } = {},
    role: 'window' | 'agent' = 'window',
  ): SharedAgent {
    const window = new SharedAgent({
      stateFolder: path,
      bus: new StatusBus(),
      clock: systemClock,
      random: systemRandom,
      log: nullLogger,
      ollama: () => ({ url: ollama.url }),
      face: { role, name, versions },
    });
    windows.push(window);
    return window;
  }

  function view(window: SharedAgent): { readonly port: ChatPort; readonly replies: ChatReply[] } {
    const port = window.createChatPort();
    const replies: ChatReply[] = [];
    port.onReply((reply) => replies.push(reply));
    port.send(helloRequest);
    return { port, replies };
  }

  const chatsAsked = (): number => ollama.asked.length;
  const send = (conversationId: string, requestId = newId()) =>
    ({ type: 'send', requestId, conversationId, text, model: 'stand-in:latest' }) as const;

  it('welcome a view whenever it begins to listen, also long after its line was made', async () => {
    const first = await open('first').ready;
    const second = await open('second').ready;
    for (const window of [first, second]) {
      const port = window.createChatPort();
      await new Promise((resolve) => setTimeout(resolve, 100));
      const heard: string[] = [];
      port.onReply(({ type }) => heard.push(type));
      port.send(helloRequest);
      await until('the welcome', () => heard.includes('welcome'));
      port.dispose();
    }
  });

  it('show the same chat live, and either may ask and stop', async () => {
    const first = await open('first').ready;
    const second = await open('second').ready;
    assert.deepEqual([first.control.role, second.control.role], ['leads', 'follows']);
    assert.equal(second.control.deviceId, first.control.deviceId);
    const [a, b] = [view(first), view(second)];
    const conversationId = newId();
    const [seenA, seenB] = [new AnswerView(a.port, conversationId), new AnswerView(b.port, conversationId)];
    for (const { port } of [a, b]) port.send({ type: 'open', conversationId });
    b.port.send(send(conversationId));
    await until('the end', () => seenA.isOver && seenB.isOver);
    assert.deepEqual([seenA.state, seenB.state, seenB.text], ['done', 'done', seenA.text]);
    assert.match(seenA.text, /nine ten$/);
    const requestId = newId();
    b.port.send(send(conversationId));
    await until('some words', () => seenA.text.length > 5 && seenA.text.length < 100);
    b.port.send({ type: 'stop', requestId, conversationId });
    await until('the stop', () => seenA.isOver && seenB.isOver);
    assert.deepEqual([seenA.state, seenB.text], ['stopped', seenA.text]);
    a.port.dispose();
    b.port.dispose();
  });

  it('hand over when the one that leads is closed: a view goes on, its answer is interrupted and nothing is doubled', async () => {
    const first = await open('first').ready;
    const second = await open('second').ready;
    const third = await open('third').ready;
    const viewers = [second, third].map(view);
    const conversationId = newId();
    const seen = viewers.map(({ port }) => new AnswerView(port, conversationId));
    for (const { port } of viewers) port.send({ type: 'open', conversationId });
    viewers[0]?.port.send(send(conversationId));
    await until('some words', () => seen.every((each) => each.text.length > 20));
    const asked = chatsAsked();
    first.dispose();
    await until('a new leader', () => [second, third].some(({ control }) => control.role === 'leads'), 2_000);
    await until('the end', () => seen.every((each) => each.isOver));
    assert.deepEqual(
      seen.map(({ state }) => state),
      ['interrupted', 'interrupted'],
    );
    assert.equal(seen[0]?.text, seen[1]?.text);
    assert.equal(chatsAsked(), asked, 'asked once');
    await until('both are settled', () => [second, third].filter(({ seat }) => seat.kind === 'follows').length === 1);
    viewers[1]?.port.send(send(conversationId));
    await until('the next answer', () => seen.every((each) => each.state === 'done'));
    for (const { port } of viewers) port.dispose();
  });

  it('go on with a download when the one that leads is closed; a window that follows begins, sees and ends it', async () => {
    await ollama.set({ pull: { layers: 2, bytes: 1000, tickMs: 0, failAt: null, stallAt: 5 } });
    const first = await open('first').ready;
    const second = await open('second').ready;
    await first.control.checkOllama();
    const { port, replies } = view(second);
    const pull = () => replies.findLast(({ type }) => type === 'pulls');
    const isIn = (state: string): boolean => {
      const said = pull();
      return said?.type === 'pulls' && said.items.some((item) => item.name === 'new:1b' && item.state === state);
    };
    const asked = (): number => ollama.requests.filter((request) => request.path === '/api/pull').length;
    const welcomes = (): number => replies.filter(({ type }) => type === 'welcome').length;
    port.send({ type: 'pullModel', requestId: newId(), model: 'new:1b' });
    await until('the download', () => isIn('running') && asked() === 1);
    first.dispose();
    await until('a new leader', () => second.control.role === 'leads', 2_000);
    await until('its welcome', () => welcomes() === 2);
    replies.length = 0;
    await until('the download, gone on with', () => isIn('running') && asked() === 2);
    port.send({ type: 'cancelPull', requestId: newId(), model: 'new:1b' });
    await until('its end', () => isIn('cancelled'));
    assert.deepEqual(new StateFolder(path).pullNotes.read(), []);
    port.dispose();
  });

  it('carry commands to the one that leads, and tell what became of them', async () => {
    const first = await open('first').ready;
    const second = await open('second').ready;
    await second.control.setRelay('http://127.0.0.1:9');
    assert.equal(first.control.relay?.origin, 'http://127.0.0.1:9');
    assert.equal(second.control.relay?.origin, 'http://127.0.0.1:9');
    await second.control.setRemotePaused(true);
    assert.equal(first.control.isRemotePaused, true);
    const key = await second.control.createApiKey('a key');
    assert.deepEqual(
      first.control.clients.map(({ id }) => id),
      [key.clientId],
    );
    await assert.rejects(async () => second.control.changeClient(key.clientId, { name: '\u0000'.repeat(500) }), TunnelError);
    await second.control.revoke(key.clientId);
    assert.deepEqual([first.control.clients, second.control.clients], [[], []]);
    assert.equal((await second.control.checkOllama()).state, 'ok');
    const giveUp = new AbortController();
    const connecting = second.control.connect({ signal: giveUp.signal });
    await until('the try', () => first.control.bus.current.state !== 'disconnected');
    await until('the follower knows', () => second.control.bus.current.state === first.control.bus.current.state);
    giveUp.abort();
    await assert.rejects(connecting);
    second.control.disconnect();
    await until('the end', () => second.control.bus.current.state === 'disconnected' && first.control.bus.current.state === 'disconnected');
    const hops: string[] = [];
    const diagnosis = await second.control.diagnose({ onHop: ({ hop }) => hops.push(hop) });
    assert.equal(diagnosis.hops.length, hops.length);
  });

  it('bring chats to files and back from a window that follows', async () => {
    const first = await open('first').ready;
    const second = await open('second').ready;
    const { port, replies } = view(first);
    const conversationId = newId();
    const seen = new AnswerView(port, conversationId);
    port.send({ type: 'open', conversationId });
    port.send(send(conversationId));
    await until('the answer', () => seen.isOver);
    const json = await second.chats.exportChat(conversationId, 'json');
    assert.equal(json, await first.chats.exportChat(conversationId, 'json'));
    assert.deepEqual(await second.chats.importChats(json), { added: 1, skipped: 0, left: 0 });
    port.send({ type: 'listConversations' });
    await until('two', () => replies.some((reply) => reply.type === 'conversations' && reply.items.length === 2));
    port.dispose();
  });

  it('let a newer one lead once the answer that is being written has ended, and the older one follow it', async () => {
    const older = await open('older', { product: '0.1.0' }).ready;
    const { port } = view(older);
    const conversationId = newId();
    const seen = new AnswerView(port, conversationId);
    port.send({ type: 'open', conversationId });
    port.send(send(conversationId));
    await until('some words', () => seen.text.length > 10);
    const newer = await open('newer', { product: '0.2.0' }).ready;
    assert.equal(newer.control.role, 'follows');
    await until('the change', () => newer.control.role === 'leads' && older.seat.kind === 'follows');
    assert.equal(seen.state, 'done');
    port.send(send(conversationId));
    await until('an answer from there', () => seen.text === '' || seen.state !== 'done');
    await until('its end', () => seen.state === 'done' && seen.text.length > 0);
    port.dispose();
  });

  it('let the background agent lead once the answer that is being written has ended, and all of them follow it', async () => {
    const first = await open('first').ready;
    const others = [await open('second').ready, await open('third').ready];
    const { port } = view(first);
    const conversationId = newId();
    const seen = new AnswerView(port, conversationId);
    port.send({ type: 'open', conversationId });
    port.send(send(conversationId));
    await until('some words', () => seen.text.length > 10);
    const agent = await open('agent', {}, 'agent').ready;
    assert.equal(agent.control.role, 'follows');
    await until(
      'the change',
      () => agent.control.role === 'leads' && [first, ...others].every(({ seat }) => seat.kind === 'follows'),
      15_000,
    );
    assert.deepEqual([seen.state, first.control.role], ['done', 'agent']);
    await open('a newer one', { product: '0.2.0' }).ready;
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(agent.control.role, 'leads', 'it stays when a newer window asks');
    port.dispose();
  });

  it('keep the place that an older background agent asks for, until they go', async () => {
    const window = await open('newer', { product: '0.2.0' }).ready;
    const agent = await open('agent', { product: '0.1.0' }, 'agent').ready;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual([window.control.role, agent.control.role], ['leads', 'follows']);
    window.dispose();
    await until('it leads', () => agent.control.role === 'leads', 2_000);
  });

  it('say which must be reloaded when one cannot work with who leads, and refuses what would be lost', async () => {
    await open('leader').ready;
    const other = await open('other', { version: 0, oldest: 0 }).ready;
    const { port } = view(other);
    assert.deepEqual([port.status, other.control.bus.current.error], [{ state: 'error', error: 'windowOlder' }, 'windowOlder']);
    assert.throws(() => {
      port.send(send(newId()));
    }, /windowOlder/);
    await assert.rejects(other.control.connect(), /windowOlder/);
    windows[0]?.dispose();
    await until('it leads', () => other.control.role === 'leads', 3_000);
    assert.equal(port.status.state, 'connected');
    assert.equal(other.control.bus.current.error, undefined);
    port.dispose();
  });

  it('show what was written, name the window that hangs, refuse what would change something, and go on after it: leaderStuck', async () => {
    const writer = await open('writer').ready;
    const first = view(writer);
    const conversationId = newId();
    const written = new AnswerView(first.port, conversationId);
    first.port.send({ type: 'open', conversationId });
    first.port.send(send(conversationId));
    await until('the answer', () => written.isOver);
    first.port.dispose();
    windows.splice(0)[0]?.dispose();

    const folder = new StateFolder(path);
    const lock = new LeaderLock(folder.lockFile);
    const held: Socket[] = [];
    const silent = createServer((socket) => held.push(socket));
    const address = join(path, 'silent.sock');
    await new Promise<void>((resolve) => silent.listen(address, resolve));
    folder.writeLeader({ address, role: 'window', name: 'Editor, garden', pid: 4711 });
    try {
      const began = Date.now();
      const window = await open('follower').ready;
      assert.ok(Date.now() - began < 7_000);
      const { port } = view(window);
      const seen = new AnswerView(port, conversationId);
      assert.deepEqual(port.status, { state: 'error', error: 'leaderStuck' });
      assert.deepEqual([window.control.bus.current.state, window.control.bus.current.error], ['error', 'leaderStuck']);
      port.send({ type: 'open', conversationId });
      await until('the chat', () => seen.text === written.text);
      assert.throws(() => {
        port.send(send(conversationId));
      }, /leaderStuck.*Editor, garden, process 4711/);
      await assert.rejects(window.control.connect(), /leaderStuck/);
      lock.dispose();
      for (const socket of held) socket.destroy();
      silent.close();
      await until('it leads', () => window.control.role === 'leads', 2_000);
      await until('its line', () => port.status.state === 'connected');
      port.send(send(conversationId));
      await until('an answer', () => seen.state !== 'done');
      await until('its end', () => seen.state === 'done');
      port.dispose();
    } finally {
      lock.dispose();
      silent.close();
    }
  });
});
