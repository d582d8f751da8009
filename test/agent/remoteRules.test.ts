import assert from 'node:assert/strict';
import { LocalChatPort, ownView } from '../../src/conversation/localChatPort.ts';
import { helloRequest, type ChatReply } from '../../src/protocol/chat.ts';
import { rulesWithoutSettings, type RemoteRules } from '../../src/protocol/remoteRules.ts';
import { AgentWorld, answerText, type WorldClient } from '../fakes/agentWorld.ts';
import { HttpCaller } from '../fakes/httpCaller.ts';

const dayMs = 24 * 60 * 60_000;
const question = { model: 'fake:latest', messages: [{ role: 'user', content: 'Hello' }] };

describe('what the owner lets those from elsewhere do', () => {
  let world: AgentWorld;
  beforeEach(async () => {
    world = new AgentWorld();
    await world.start();
  });
  afterEach(() => {
    world.dispose();
    assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
  });

  async function set(rules: Partial<RemoteRules>): Promise<void> {
    world.rules = { ...rulesWithoutSettings, ...rules };
    world.agent.settingsChanged();
    await world.clock.advance(5_000);
  }

  type Welcome = Extract<ChatReply, { type: 'welcome' }>;
  const welcomes = ({ replies }: WorldClient): Welcome[] => replies.filter((reply) => reply.type === 'welcome');
  const errors = (replies: readonly ChatReply[]) => replies.flatMap((reply) => (reply.type === 'refused' ? [reply.error] : []));

  async function send(client: WorldClient, request: object): Promise<void> {
    client.port.send({ requestId: world.newId(), ...request } as never);
    await world.clock.advance(50);
  }
  const ask = (client: WorldClient, conversationId = world.newId()) =>
    send(client, { type: 'send', conversationId, text: 'Hello', model: 'fake:latest' });

  it('lets nobody manage models while that is off, whatever was given when it was paired, and says so at once', async () => {
    const client = await world.client();
    world.agent.changeClient(world.agent.clients[0]?.id ?? '', { scope: 'models' });
    await world.clock.advance(5_000);
    await set({ modelManagement: false });
    await send(client, { type: 'pullModel', model: 'qwen3:8b' });
    assert.deepEqual(errors(client.replies), ['notAllowed']);
    await set({});
    await send(client, { type: 'pullModel', model: 'qwen3:8b' });
    assert.deepEqual(errors(client.replies), ['notAllowed']);
    assert.deepEqual(
      welcomes(client).map(({ scope }) => scope),
      ['chat', 'models', 'chat', 'models'],
    );
  });

  it('bounds the context that is asked for, names the bound, and holds a guest’s earlier wish to it', async () => {
    const client = await world.client('guest');
    const conversationId = world.newId();
    const configure = (contextLength: number) => send(client, { type: 'configure', conversationId, settings: { contextLength } });
    await configure(20_000);
    await set({ maxContextLength: 8192 });
    await ask(client, conversationId);
    assert.equal(world.models.requests.at(-1)?.request.contextLength, 8192);
    await configure(20_000);
    await send(client, { type: 'open', conversationId });
    const snapshot = client.replies.findLast((reply) => reply.type === 'snapshot');
    assert.deepEqual(snapshot?.settings, { contextLength: 8192 });
    assert.deepEqual(
      welcomes(client).map(({ maxContextLength }) => maxContextLength),
      [32_768, 8192],
    );
  });

  it('has so many answers written at once for one browser, by chat and past it together, and as many as it likes for the machine', async () => {
    world.models.gate = 'manual';
    world.rules = { ...rulesWithoutSettings, maxGenerations: 2 };
    const [client, other] = [await world.client(), await world.client()];
    const conversationId = world.newId();
    await ask(client, conversationId);
    await ask(client);
    await ask(client);
    await ask(other);
    assert.deepEqual(errors(client.replies), ['tooManyStreams']);
    assert.deepEqual(errors(other.replies), []);
    const past = async (): Promise<HttpCaller> => {
      const caller = new HttpCaller(client.tunnel.mux.openStream('http')).ask('POST', '/api/chat', question);
      await world.clock.advance(50);
      return caller;
    };
    assert.equal((await past()).head?.status, 429);
    await send(client, { type: 'stop', conversationId });
    assert.equal((await past()).head, undefined, 'it has room');
    await ask(client);
    assert.deepEqual(errors(client.replies), ['tooManyStreams', 'tooManyStreams']);
    const capabilities = { editorActions: false, showsConnection: false };
    const local = new LocalChatPort({ hub: world.agent.hub, clock: world.clock, peer: ownView, capabilities });
    const heard: ChatReply[] = [];
    local.onReply((reply) => heard.push(reply));
    local.send(helloRequest);
    for (let n = 0; n < 4; n++)
      local.send({ type: 'send', requestId: world.newId(), conversationId: world.newId(), text: 'x', model: 'fake:latest' });
    await world.clock.advance(50);
    assert.deepEqual(errors(heard), []);
    local.dispose();
  });

  it('shows and asks models that run elsewhere only where they are allowed', async () => {
    world.models.models = [
      { name: 'fake:latest', capabilities: ['completion'] },
      { name: 'glm:cloud', cloud: true, capabilities: ['completion'] },
    ];
    const client = await world.client();
    const names = async () => {
      await world.clock.advance(31_000);
      await send(client, { type: 'listModels' });
      return client.replies.findLast((reply) => reply.type === 'models')?.items.map(({ name }) => name);
    };
    const chat = async (): Promise<number | undefined> => {
      const caller = new HttpCaller(client.tunnel.mux.openStream('http')).ask('POST', '/api/chat', { ...question, model: 'glm:cloud' });
      await world.clock.advance(50);
      return caller.head?.status;
    };
    assert.deepEqual([await names(), await chat()], [['fake:latest'], 403]);
    await set({ cloudModels: true });
    assert.deepEqual([await names(), await chat()], [['fake:latest', 'glm:cloud'], undefined]);
    await send(client, { type: 'send', conversationId: world.newId(), text: 'x', model: 'glm:cloud' });
    assert.deepEqual(errors(client.replies), []);
  });

  it('sends answers in steps of time where that is set, so that the relay cannot tell their rhythm', async () => {
    const client = await world.client();
    world.rules = { ...rulesWithoutSettings, privatePacing: true };
    world.models.answer = () => ({ pieces: Array.from({ length: 40 }, () => 'word ') });
    const conversationId = world.newId();
    client.port.send({ type: 'open', conversationId });
    await world.clock.advance(1_000);
    const heard: number[] = [];
    client.port.onReply((reply) => {
      if (reply.type === 'event' && reply.event.type === 'chunk') heard.push(world.clock.monotonic());
    });
    await ask(client, conversationId);
    await world.clock.advance(2_000);
    const steps = [...new Set(heard)];
    assert.deepEqual([heard.length > 1, answerText(client.replies).trim().length], [true, 40 * 5 - 1]);
    assert.ok(
      steps.every((at, n) => n === 0 || at - (steps[n - 1] ?? 0) >= 90),
      steps.join(),
    );
  });

  it('ends pairings that were not used for so many days, not those that are here, and no key', async () => {
    const { clock, devices } = world;
    const here = await world.client();
    const away = await world.client();
    away.tunnel.supervisor.disconnect();
    const creating = world.agent.createApiKey('Quarterly');
    await clock.advance(1_000);
    await creating;
    for (const client of devices.clients())
      devices.saveClient({ ...client, pairedAt: clock.now() - 40 * dayMs, lastSeenAt: clock.now() - 8 * dayMs });
    world.restartAgent();
    await world.start();
    await clock.advance(60_000);
    assert.equal(world.agent.clients.length, 3);
    await set({ idleExpiryDays: 7 });
    assert.deepEqual(world.agent.clients.map(({ kind, online }) => [kind, online]).sort(), [
      ['cli', true],
      ['key', false],
    ]);
    assert.equal(here.tunnel.supervisor.state.kind, 'connected');
    away.tunnel.supervisor.start();
    await clock.advance(5_000);
    assert.deepEqual(away.tunnel.supervisor.state, { kind: 'error', error: 'pairingUnused' });
    await set({ idleExpiryDays: 0 });
    for (const client of devices.clients()) if (client.state === 'active') devices.saveClient({ ...client, lastSeenAt: 0 });
    here.tunnel.supervisor.disconnect();
    world.restartAgent();
    assert.equal(world.agent.clients.length, 2, '0 is never');
    world.rules = { ...world.rules, idleExpiryDays: 30 };
    world.restartAgent();
    assert.deepEqual(
      world.agent.clients.map(({ kind }) => kind),
      ['key'],
    );
  });
});
