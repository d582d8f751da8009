import assert from 'node:assert/strict';
import { TunnelError } from '../../src/protocol/errors.ts';
import { tunnelConnectionStates } from '../../src/protocol/status.ts';
import { API_KEY_LENGTH, deriveApiKey, parseApiKey } from '../../src/secure/apiKey.ts';
import { parsePairingLink } from '../../src/secure/pairingLink.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { PAIRING_OFFER_LIFETIME_MS } from '../../src/protocol/limits.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import { pairClient } from '../../src/tunnel/pairingClient.ts';
import { TunnelChatPort } from '../../src/tunnel/tunnelChatPort.ts';
import type { ChatReply } from '../../src/protocol/chat.ts';
import { AgentWorld, answerText, type WorldClient } from '../fakes/agentWorld.ts';
import { MEMORY_RELAY_ORIGIN } from '../fakes/memoryNetwork.ts';

async function ask(world: AgentWorld, client: WorldClient, text: string): Promise<string> {
  const conversationId = world.newId();
  client.port.send({ type: 'open', conversationId });
  client.port.send({ type: 'send', requestId: world.newId(), conversationId, text, model: 'fake:latest' });
  await world.clock.advance(50);
  return conversationId;
}

describe('agent', () => {
  let world: AgentWorld;
  beforeEach(async () => {
    world = new AgentWorld();
    await world.start();
  });
  afterEach(() => {
    world.dispose();
    assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
  });

  it('pairs a client by link, and the client is active after its first record', async () => {
    const { deviceName, scope } = await world.pair(true);
    assert.deepEqual({ deviceName, scope }, { deviceName: 'Desk', scope: 'chat' });
    assert.equal(world.devices.clients()[0]?.state, 'pending');
    await world.client();
    assert.deepEqual(
      world.devices.clients().map(({ state }) => state),
      ['pending', 'active'],
    );
  });

  it('shows the same six words on both sides', async () => {
    let asked: readonly string[] = [];
    let shown: readonly string[] = [];
    const subscription = world.agent.onPairingQuestion((question) => {
      asked = question.words;
      question.answer(true);
    });
    const offer = world.agent.createOffer();
    await world.clock.advance(10);
    const paired = pairClient(
      {
        dial: world.network.dial,
        clock: world.clock,
        random: world.random,
        crypto: nodeCrypto,
        staticKey: nodeCrypto.importKey(world.random.bytes(32)),
        link: parsePairingLink((await offer).link),
        name: 'Firefox\u202e',
        kind: 'page',
        scope: 'chat',
      },
      { onWaiting: () => undefined, onAsked: (words) => (shown = words) },
    );
    await world.clock.advance(100);
    await paired;
    subscription.dispose();
    assert.equal(asked.length, 6);
    assert.deepEqual(shown, asked);
    assert.equal(world.agent.clients[0]?.name, 'Firefox');
  });

  it('keeps nothing of a client that is denied', async () => {
    await assert.rejects(world.pair(false), (error: unknown) => error instanceof TunnelError && error.code === 'pairingDenied');
    assert.deepEqual(world.devices.clients(), []);
  });

  it('lets an offer be used once, and not after its time', async () => {
    const offer = world.agent.createOffer();
    await world.clock.advance(10);
    const link = parsePairingLink((await offer).link);
    await world.clock.advance(PAIRING_OFFER_LIFETIME_MS);
    let waited = 0;
    const late = pairClient(
      {
        dial: world.network.dial,
        clock: world.clock,
        random: world.random,
        crypto: nodeCrypto,
        staticKey: nodeCrypto.importKey(world.random.bytes(32)),
        link,
        name: 'Late',
        kind: 'cli',
        scope: 'chat',
      },
      { onWaiting: () => waited++, onAsked: () => assert.fail('asked') },
    );
    late.catch(() => undefined);
    await world.clock.advance(25_000);
    await assert.rejects(late, /offerExpired/);
    assert.ok(waited > 0);
  });

  it('answers a question through the tunnel, piece by piece', async () => {
    const client = await world.client();
    await ask(world, client, 'tell me a story');
    await world.clock.advance(1000);
    assert.match(answerText(client.replies), /tell me a story/);
    const pieces = client.replies.filter((reply) => reply.type === 'event' && reply.event.type === 'chunk');
    assert.ok(pieces.length > 2);
    assert.equal(world.models.requests.length, 1);
  });

  it('goes on with an answer after the relay was killed, asking the model once', async () => {
    const client = await world.client();
    world.models.gate = 'manual';
    world.models.answer = () => ({ pieces: ['one ', 'two ', 'three'] });
    await ask(world, client, 'count');
    world.models.release(1);
    await world.clock.advance(50);
    assert.equal(answerText(client.replies), 'one ');
    world.network.killRelay();
    world.models.release(2);
    await world.clock.advance(1000);
    assert.equal(answerText(client.replies), 'one ');
    world.network.startRelay();
    await world.clock.advance(10_000);
    assert.equal(answerText(client.replies), 'one two three');
    assert.equal(world.models.requests.length, 1);
  });

  it('does not stop the model when a client leaves', async () => {
    const client = await world.client();
    world.models.gate = 'manual';
    world.models.answer = () => ({ pieces: ['a', 'b'] });
    const conversationId = await ask(world, client, 'go on');
    client.port.dispose();
    client.tunnel.dispose();
    await world.clock.advance(1000);
    world.models.release(2);
    await world.clock.advance(1000);
    const { messages } = world.conversations.messages('owner', conversationId, { limit: 10 });
    assert.deepEqual([messages[1]?.text, messages[1]?.state], ['ab', 'done']);
  });

  it('marks a running answer interrupted when the program starts again, and shows it to the client that comes back', async () => {
    const client = await world.client();
    world.models.gate = 'manual';
    world.models.answer = () => ({ pieces: ['half', 'whole'] });
    await ask(world, client, 'long');
    world.models.release(1);
    await world.clock.advance(1000);
    world.restartAgent();
    const connected = world.agent.connect();
    await world.clock.advance(20_000);
    await connected;
    const snapshot = client.replies.findLast((reply) => reply.type === 'snapshot');
    const answer = snapshot?.messages.findLast(({ role }) => role === 'assistant');
    assert.deepEqual([answer?.text, answer?.state], ['half', 'interrupted']);
    assert.equal(world.models.requests.length, 1);
  });

  it('asks again for earlier messages that were on their way when the program started again', async () => {
    const client = await world.client();
    const conversationId = await ask(world, client, 'hello');
    world.network.killRelay();
    client.port.send({ type: 'page', conversationId, before: world.newId() });
    world.restartAgent();
    world.network.startRelay();
    const connected = world.agent.connect();
    await world.clock.advance(20_000);
    await connected;
    assert.equal(client.replies.filter(({ type }) => type === 'page').length, 1);
  });

  it('ends a client’s tunnel when it is revoked, and says so to the client', async () => {
    const client = await world.client();
    assert.equal(client.tunnel.supervisor.state.kind, 'connected');
    world.agent.revoke(world.agent.clients[0]?.id ?? '');
    await world.clock.advance(1000);
    assert.deepEqual(client.tunnel.supervisor.state, { kind: 'error', error: 'revoked' });
    client.tunnel.supervisor.start();
    await world.clock.advance(5000);
    assert.deepEqual(client.tunnel.supervisor.state, { kind: 'error', error: 'revoked' });
  });

  it('remembers over a restart that remote access is paused', async () => {
    const client = await world.client();
    world.agent.setRemotePaused(true);
    world.restartAgent();
    const connected = world.agent.connect();
    await world.clock.advance(30_000);
    await connected;
    assert.equal(world.agent.isRemotePaused, true);
    assert.equal('error' in client.tunnel.supervisor.state && client.tunnel.supervisor.state.error, 'paused');
    world.agent.setRemotePaused(false);
    await world.clock.advance(30_000);
    assert.equal(client.tunnel.supervisor.state.kind, 'connected');
  });

  it('lets a client do at once what its new scope allows, and calls it by its new name', async () => {
    const client = await world.client();
    const id = world.agent.clients[0]?.id ?? '';
    world.agent.changeClient(id, { name: 'Ann’s phone' });
    assert.throws(
      () => {
        world.agent.changeClient(id, { name: 'x'.repeat(10_000) });
      },
      { code: 'messageTooLong' },
    );
    const heard = client.replies.length;
    world.agent.changeClient(id, { scope: 'models' });
    await world.clock.advance(5_000);
    assert.equal(client.tunnel.supervisor.state.kind, 'connected');
    const welcome = client.replies.slice(heard).find((reply) => reply.type === 'welcome');
    assert.equal(welcome?.type === 'welcome' && welcome.scope, 'models');
    assert.deepEqual(
      world.agent.clients.map(({ name, scope, online }) => ({ name, scope, online })),
      [{ name: 'Ann’s phone', scope: 'models', online: true }],
    );
  });

  it('gives another person chats of their own, over a restart too, and tells their page that it is a guest', async () => {
    const [own, guest, other] = [await world.client(), await world.client('guest'), await world.client('guest')];
    const clients = [own, guest, other];
    const secret = await ask(world, own, 'a secret of the owner');
    for (const client of [guest, other]) {
      client.port.send({ type: 'open', conversationId: secret });
      client.port.send({ type: 'search', query: 'secret' });
      client.port.send({ type: 'listConversations' });
      client.port.send({ type: 'deleteConversation', requestId: world.newId(), conversationId: secret });
    }
    await ask(world, guest, 'what a guest asks');
    world.restartAgent();
    await world.start();
    await world.clock.advance(60_000);
    for (const client of clients) client.port.send({ type: 'listConversations' });
    await world.clock.advance(50);
    const lists = clients.map(({ replies }) =>
      replies.findLast((reply) => reply.type === 'conversations')?.items.map(({ title }) => title),
    );
    assert.deepEqual(lists, [['a secret of the owner'], ['what a guest asks'], []]);
    const told = clients.map(({ replies }) => replies.filter((reply) => reply.type === 'welcome').map((reply) => reply.guest));
    assert.deepEqual(told, [
      [undefined, undefined],
      [true, true],
      [true, true],
    ]);
    assert.deepEqual(world.agent.clients.map(({ isGuest }) => isGuest).sort(), [true, true, undefined]);
    for (const { replies } of [guest, other]) assert.ok(!JSON.stringify(replies).includes('a secret of'));
    assert.ok(!JSON.stringify([own, other].map(({ replies }) => replies)).includes('a guest asks'));
  });

  it('forgets its relay: it disconnects and keeps no address; who is paired comes again once the relay is back', async () => {
    const client = await world.client();
    world.agent.forgetRelay();
    await world.clock.advance(1_000);
    assert.deepEqual([world.agent.relay, world.relayFile.read()], [undefined, undefined]);
    assert.equal(world.agent.bus.current.state, 'disconnected');
    await assert.rejects(world.agent.connect(), (error: unknown) => TunnelError.from(error).code === 'badRelayUrl');
    assert.equal(world.agent.clients.length, 1);
    await world.agent.setRelay(MEMORY_RELAY_ORIGIN);
    await world.start();
    await world.clock.advance(60_000);
    assert.equal(client.tunnel.supervisor.state.kind, 'connected');
  });

  it('makes an API key that dials at once, as a client of scope api, until it is revoked', async () => {
    const creating = world.agent.createApiKey('My laptop');
    await world.clock.advance(10);
    const { clientId, key } = await creating;
    const { deviceKey, secret } = parseApiKey(key);
    const tunnel = new ClientTunnel({
      dial: world.network.dial,
      clock: world.clock,
      random: world.random,
      crypto: nodeCrypto,
      pairing: { origin: MEMORY_RELAY_ORIGIN, deviceKey, ...deriveApiKey(nodeCrypto, secret) },
    });
    tunnel.supervisor.start();
    await world.clock.advance(100);
    assert.equal(tunnel.supervisor.state.kind, 'connected');
    const [client] = world.agent.clients;
    assert.deepEqual([client?.id, client?.name, client?.kind, client?.scope, client?.online], [clientId, 'My laptop', 'key', 'api', true]);
    await world.clock.advance(11 * 60_000);
    assert.equal(world.agent.clients.length, 1, 'it waits for no ceremony');
    world.agent.revoke(clientId);
    await world.clock.advance(1000);
    assert.deepEqual(tunnel.supervisor.state, { kind: 'error', error: 'revoked' });
    tunnel.dispose();
  });

  it('ends an API key at its time while it is being used, and refuses it afterwards in words of its own', async () => {
    const creating = world.agent.createApiKey('A day', { days: 1 });
    await world.clock.advance(10);
    const { key } = await creating;
    const { deviceKey, secret } = parseApiKey(key);
    const dial = (): ClientTunnel =>
      new ClientTunnel({
        dial: world.network.dial,
        clock: world.clock,
        random: world.random,
        crypto: nodeCrypto,
        pairing: { origin: MEMORY_RELAY_ORIGIN, deviceKey, ...deriveApiKey(nodeCrypto, secret) },
      });
    const [first, later] = [dial(), dial()];
    first.supervisor.start();
    await world.clock.advance(24 * 3_600_000 - 1_000);
    assert.equal(first.supervisor.state.kind, 'connected');
    await world.clock.advance(2_000);
    assert.deepEqual(first.supervisor.state, { kind: 'error', error: 'keyExpired' });
    later.supervisor.start();
    await world.clock.advance(1_000);
    assert.deepEqual(later.supervisor.state, { kind: 'error', error: 'keyExpired' });
    assert.deepEqual(world.agent.clients, []);
    for (const tunnel of [first, later]) tunnel.dispose();
  });

  it('lets no API key at conversations, whatever its scope, nor at more than chat if that is what it was made for', async () => {
    const creating = world.agent.createApiKey('Chat', { scope: 'chat' });
    await world.clock.advance(10);
    const { deviceKey, secret } = parseApiKey((await creating).key);
    const own = await world.client();
    await ask(world, own, 'a secret of the owner');
    const tunnel = new ClientTunnel({
      dial: world.network.dial,
      clock: world.clock,
      random: world.random,
      crypto: nodeCrypto,
      pairing: { origin: MEMORY_RELAY_ORIGIN, deviceKey, ...deriveApiKey(nodeCrypto, secret) },
    });
    const port = new TunnelChatPort(tunnel);
    const replies: ChatReply[] = [];
    port.onReply((reply) => replies.push(reply));
    tunnel.supervisor.start();
    await world.clock.advance(100);
    port.send({ type: 'listConversations' });
    port.send({ type: 'search', query: 'secret' });
    await world.clock.advance(100);
    assert.equal(tunnel.supervisor.state.kind, 'connected');
    assert.deepEqual(
      replies.filter(({ type }) => type === 'conversations' || type === 'found'),
      [],
    );
    assert.ok(!JSON.stringify(replies).includes('a secret of'));
    port.dispose();
    tunnel.dispose();
  });

  it('refuses days that are none', async () => {
    for (const days of [0, -1, 1.5, 3651, NaN])
      await assert.rejects(world.agent.createApiKey('x', { days }), (error: unknown) => TunnelError.from(error).code === 'badMessage');
  });

  it('makes an API key without a connection too, and refuses a name that is too long', async () => {
    world.agent.disconnect();
    const { key } = await world.agent.createApiKey('Later');
    assert.equal(key.length, API_KEY_LENGTH);
    await assert.rejects(world.agent.createApiKey('x'.repeat(129)), (error: unknown) => TunnelError.from(error).code === 'messageTooLong');
    assert.deepEqual(
      world.agent.clients.map(({ name }) => name),
      ['Later'],
    );
  });

  it('streams while an answer is written, and publishes all six states, one event for each change', async () => {
    const client = await world.client();
    await ask(world, client, 'hello');
    await world.clock.advance(1000);
    world.network.killRelay();
    await world.clock.advance(50);
    world.network.startRelay();
    await world.clock.advance(30_000);
    await world.rival();
    assert.deepEqual(
      world.events.map(({ state }) => state),
      ['disconnected', 'connecting', 'connected', 'streaming', 'connected', 'reconnecting', 'connected', 'error'],
    );
    assert.equal(world.events.at(-1)?.error, 'replaced');
    assert.deepEqual(new Set(world.events.map(({ state }) => state)), new Set(tunnelConnectionStates));
    const times = world.events.map(({ timestamp }) => timestamp);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
  });

  it('maintains the snapshot: attempts, last activity, measured latency', async () => {
    await world.clock.advance(20_000);
    const before = world.agent.tunnel;
    assert.equal(before.state, 'connected');
    assert.equal(before.reconnectAttempts, 0);
    assert.ok(before.lastActivity !== undefined && before.latency !== undefined);
    await world.clock.advance(16_000);
    assert.ok((world.agent.tunnel.lastActivity ?? 0) > before.lastActivity);
    world.network.killRelay();
    await world.clock.advance(10_000);
    assert.ok(world.agent.tunnel.reconnectAttempts > 1);
    world.network.startRelay();
    await world.clock.advance(31_000);
    assert.equal(world.agent.tunnel.reconnectAttempts, 0);
  });

  it('tells how fast the model writes, and the round trip to each client', async () => {
    const client = await world.client();
    world.models.gate = 'manual';
    world.models.answer = () => ({ pieces: Array.from({ length: 200 }, (_, index) => `${String(index)} `) });
    await ask(world, client, 'count');
    for (let token = 0; token < 80; token++) {
      world.models.release(1);
      await world.clock.advance(25);
    }
    const { tokensPerSecond = 0, bytesSent, bytesReceived, streams } = world.agent.metrics;
    assert.ok(Math.abs(tokensPerSecond - 40) <= 4, String(tokensPerSecond));
    assert.ok(bytesSent > 0 && bytesReceived > 0 && streams === 1);
    await world.clock.advance(60_000);
    assert.deepEqual([world.agent.metrics.tokensPerSecond, world.agent.metrics.quality], [0, 'excellent']);
    assert.equal(world.agent.clients.find(({ online }) => online)?.rttMs, 0);
    world.models.release(200);
    await world.clock.advance(100);
  });
});
