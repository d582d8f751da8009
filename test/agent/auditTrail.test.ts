import assert from 'node:assert/strict';
import { toBase64url, utf8 } from '../../src/base/bytes.ts';
import { nullLogger } from '../../src/base/log.ts';
import type { ChatRequest } from '../../src/protocol/chat.ts';
import { encodeStreamMessage } from '../../src/protocol/messageStream.ts';
import { deriveApiKey, parseApiKey } from '../../src/secure/apiKey.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import { AuditTrail } from '../../src/agent/auditTrail.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { AgentWorld, type WorldClient } from '../fakes/agentWorld.ts';
import { HttpCaller } from '../fakes/httpCaller.ts';
import { MEMORY_RELAY_ORIGIN } from '../fakes/memoryNetwork.ts';

const CANARY = 'canary7f3';
type Line = Readonly<Record<string, unknown>>;

describe('the audit', () => {
  let world: AgentWorld;
  const tunnels: ClientTunnel[] = [];
  beforeEach(async () => {
    world = new AgentWorld();
    await world.start();
  });
  afterEach(() => {
    for (const tunnel of tunnels.splice(0)) tunnel.dispose();
    world.dispose();
    assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
  });

  /** What was noted since the last look, without time, client and name. */
  const noted = (): Line[] =>
    world.audit.splice(0).map((line) => {
      const { time, client, name, ...rest } = JSON.parse(line) as Line;
      assert.ok(line.endsWith('}\n') && !line.slice(0, -1).includes('\n'));
      assert.match(String(time), /^2026-01-01T\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.ok(client === undefined || name !== undefined);
      return rest;
    });

  async function keyHolder(): Promise<{ readonly tunnel: ClientTunnel; readonly key: string }> {
    const { clock, random, network } = world;
    const created = world.agent.createApiKey('Laptop');
    await clock.advance(10);
    const { key } = await created;
    const { deviceKey, secret } = parseApiKey(key);
    const pairing = { origin: MEMORY_RELAY_ORIGIN, deviceKey, ...deriveApiKey(nodeCrypto, secret) };
    const tunnel = new ClientTunnel({ dial: network.dial, clock, random, crypto: nodeCrypto, pairing });
    tunnels.push(tunnel);
    tunnel.supervisor.start();
    await clock.advance(100);
    return { tunnel, key };
  }

  const say = async (client: WorldClient, ...requests: ChatRequest[]): Promise<void> => {
    for (const request of requests) client.port.send(request);
    await world.clock.advance(100);
  };

  it('has a line for each pairing, coming, going, question, change and refusal of a browser', async () => {
    const client = await world.client('guest');
    assert.deepEqual(noted(), [
      { what: 'paired', outcome: 'ok', kind: 'cli', scope: 'chat', guest: true },
      { what: 'connected', outcome: 'ok' },
    ]);
    const conversationId = world.newId();
    const chat = () => ({ requestId: world.newId(), conversationId });
    await say(client, { type: 'listConversations' }, { type: 'open', conversationId });
    await say(client, { ...chat(), type: 'send', text: 'häh?', model: 'fake:latest' });
    await say(client, { ...chat(), type: 'rename', title: 'x' }, { ...chat(), type: 'send', text: 'x', model: 'glm:cloud' });
    await say(client, { requestId: world.newId(), type: 'pullModel', model: 'new:1' });
    assert.deepEqual(noted(), [
      { what: 'question', outcome: 'ok', request: 'send', model: 'fake:latest', bytes: 5 },
      { what: 'chat', outcome: 'ok', request: 'rename' },
      { what: 'question', outcome: 'notAllowed', request: 'send', model: 'glm:cloud', bytes: 1 },
      { what: 'chat', outcome: 'notAllowed', request: 'pullModel', model: 'new:1' },
    ]);
    const stream = client.tunnel.mux.openStream('chat');
    stream.write(encodeStreamMessage(utf8('{"type":"evaluate"}')));
    stream.write(encodeStreamMessage(utf8('no JSON')));
    await world.clock.advance(100);
    assert.deepEqual(noted(), [
      { what: 'stream', outcome: 'badMessage', kind: 'chat' },
      { what: 'stream', outcome: 'badMessage', kind: 'chat' },
    ]);
    const id = world.agent.clients[0]?.id ?? '';
    world.agent.changeClient(id, { name: 'Phone' });
    world.agent.changeClient(id, { scope: 'models' });
    await world.clock.advance(5_000);
    assert.deepEqual(noted(), [
      { what: 'renamed', outcome: 'ok', before: 'Test' },
      { what: 'scope', outcome: 'ok', before: 'chat', scope: 'models' },
      { what: 'left', outcome: 'ok' },
      { what: 'connected', outcome: 'ok' },
    ]);
    world.agent.setRemotePaused(true);
    await world.clock.advance(120_000);
    world.agent.setRemotePaused(false);
    await world.clock.advance(60_000);
    assert.deepEqual(noted(), [
      { what: 'paused', outcome: 'ok' },
      { what: 'left', outcome: 'ok' },
      { what: 'turnedAway', outcome: 'paused' },
      { what: 'resumed', outcome: 'ok' },
      { what: 'connected', outcome: 'ok' },
    ]);
    world.agent.revoke(id);
    await world.clock.advance(100);
    assert.deepEqual(JSON.parse(world.audit[0] ?? ''), {
      ...{ time: new Date(world.clock.now() - 100).toISOString(), client: id, name: 'Phone', what: 'revoked', outcome: 'ok' },
    });
    assert.deepEqual(
      noted().map(({ what }) => what),
      ['revoked', 'left'],
    );
  });

  it('says who was not let in, and why', async () => {
    await assert.rejects(world.pair(false));
    assert.deepEqual(
      world.audit.map((line) => JSON.parse(line) as Line).map(({ name, what, outcome }) => ({ name, what, outcome })),
      [{ name: 'Test', what: 'pairing', outcome: 'pairingDenied' }],
    );
  });

  it('has a line for each request of a key, with its route and status', async () => {
    const { tunnel } = await keyHolder();
    assert.deepEqual(noted(), [
      { what: 'keyMade', outcome: 'ok', kind: 'key', scope: 'api' },
      { what: 'connected', outcome: 'ok' },
    ]);
    new HttpCaller(tunnel.mux.openStream('http')).ask('GET', '/api/version');
    new HttpCaller(tunnel.mux.openStream('http')).ask('POST', '/api/pull', { model: 'x' });
    await world.clock.advance(50);
    world.upstream.last.answer(200, { version: '1' });
    await world.clock.advance(50);
    const lines = noted().map(({ ms, ...line }) => (assert.equal(typeof ms, 'number'), line));
    assert.deepEqual(lines, [
      { what: 'http', outcome: 403, request: 'refused', requestBytes: 0, answerBytes: 0 },
      { what: 'http', outcome: 200, request: 'GET /api/version', requestBytes: 0, answerBytes: 15 },
    ]);
  });

  it('holds no word of what was said, named, searched, sent or kept secret', async () => {
    const client = await world.client();
    const { tunnel, key } = await keyHolder();
    const conversationId = world.newId();
    const [prompt, image] = [world.newId(), world.newId()];
    const chat = () => ({ requestId: world.newId(), conversationId });
    const file = toBase64url(utf8(`{"${CANARY}":1}`));
    const data = `/9j/${CANARY.padEnd(12, '0')}`;
    await say(client, { type: 'open', conversationId }, { ...chat(), type: 'send', text: `${CANARY} asks`, model: 'fake:latest' });
    const messages = client.replies.flatMap((reply) =>
      reply.type === 'event' && reply.event.type === 'turn' ? [reply.event.question, reply.event.answer] : [],
    );
    const [questionId = '', answerId = ''] = messages.map(({ id }) => id);
    await say(
      client,
      { ...chat(), type: 'send', text: 'x', model: `${CANARY} is no model` },
      { ...chat(), type: 'edit', questionId, text: `${CANARY} edits`, model: 'fake:latest' },
      { ...chat(), type: 'rename', title: `${CANARY} title` },
      { ...chat(), type: 'configure', settings: { systemPrompt: `${CANARY} system` } },
      { requestId: world.newId(), type: 'savePrompt', promptId: prompt, name: CANARY, text: `${CANARY} prompt` },
      { type: 'search', query: CANARY },
      { type: 'putImage', image: { id: image, type: 'image/jpeg', width: 1, height: 1, units: data.length, alt: CANARY }, offset: 0, data },
      { type: 'putChatFile', fileId: world.newId(), total: 18, offset: 0, data: file },
    );
    await say(client, { ...chat(), type: 'continue', answerId }, { ...chat(), type: 'regenerate', answerId, model: 'fake:latest' });
    await say(client, { ...chat(), type: 'deleteConversation' }, { requestId: world.newId(), type: 'pullModel', model: `${CANARY} x` });
    const stream = client.tunnel.mux.openStream('chat');
    stream.write(encodeStreamMessage(utf8(`{"type":"${CANARY}"}`)));
    stream.write(encodeStreamMessage(utf8(CANARY)));
    for (const body of [
      { model: 'fake', messages: [{ role: 'user', content: CANARY }] },
      { model: `${CANARY} x`, prompt: 'x' },
      `{"${CANARY}`,
    ])
      new HttpCaller(tunnel.mux.openStream('http')).ask('POST', '/api/chat', body);
    new HttpCaller(tunnel.mux.openStream('http')).ask('POST', `/${CANARY}`);
    new HttpCaller(tunnel.mux.openStream('http')).ask('GET', `/v1/models/${CANARY}`);
    new HttpCaller(tunnel.mux.openStream('http')).sendHead(CANARY).stream.end();
    await world.clock.advance(100);
    for (const flow of world.upstream.flows) flow.answer(200, { message: { content: CANARY } });
    await world.clock.advance(100);
    const all = world.audit.join('');
    assert.ok(world.audit.length >= 20, `${String(world.audit.length)} lines`);
    assert.ok(
      !all.toLowerCase().includes(CANARY),
      world.audit.find((line) => line.toLowerCase().includes(CANARY)),
    );
    const secrets = [key, key.slice(-43), conversationId, ...world.devices.clients().map(({ psk }) => toBase64url(psk))];
    for (const secret of secrets) assert.ok(!all.includes(secret));
    for (const line of world.audit) assert.ok(line.length < 1_024);
  });

  it('stops nothing when it cannot be written, says so once, and once more when it fails again', async () => {
    const warnings: string[] = [];
    world.log = { ...nullLogger, warn: (message) => warnings.push(message) };
    world.auditFault = new Error('ENOSPC');
    const client = await world.client();
    const conversationId = world.newId();
    const ask = (): Promise<void> =>
      say(client, { type: 'send', requestId: world.newId(), conversationId, text: 'hi', model: 'fake:latest' });
    await say(client, { type: 'open', conversationId });
    await ask();
    assert.equal(client.replies.findLast((reply) => reply.type === 'accepted')?.type, 'accepted');
    assert.deepEqual(warnings, ['the audit cannot be written']);
    world.auditFault = undefined;
    await ask();
    assert.deepEqual(noted(), [{ what: 'question', outcome: 'ok', request: 'send', model: 'fake:latest', bytes: 2 }]);
    world.auditFault = new Error('EIO');
    await ask();
    await ask();
    assert.equal(warnings.length, 2);
  });

  it('is written when the turn it belongs to has sent what it had, and at an end at once', async () => {
    const clock = new FakeClock();
    const lines: string[] = [];
    const trail = new AuditTrail({ clock, log: nullLogger, sink: { append: (line) => lines.push(line) } });
    trail.note({ name: 'a' }, 'http', 200);
    trail.note({ name: 'b' }, 'http', 200);
    await Promise.resolve();
    assert.deepEqual(lines, [], 'before the turn is over');
    await clock.advance(0);
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as Line)['name']),
      ['a', 'b'],
    );
    trail.note(undefined, 'identityReset');
    trail.dispose();
    assert.equal(lines.length, 3, 'at the end');
    await clock.advance(0);
    assert.equal(lines.length, 3, 'once');
  });
});
