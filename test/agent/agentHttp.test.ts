import assert from 'node:assert/strict';
import { QUIET_MS } from '../../src/agent/runningReport.ts';
import type { KeyGrant } from '../../src/protocol/agentControl.ts';
import { deriveApiKey, parseApiKey } from '../../src/secure/apiKey.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import { AgentWorld } from '../fakes/agentWorld.ts';
import { HttpCaller } from '../fakes/httpCaller.ts';
import { MEMORY_RELAY_ORIGIN } from '../fakes/memoryNetwork.ts';

const question = { model: 'fake:latest', messages: [{ role: 'user', content: 'Hello' }] };

describe('http streams at an agent', () => {
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

  const connect = async (tunnel: ClientTunnel): Promise<ClientTunnel> => {
    tunnels.push(tunnel);
    tunnel.supervisor.start();
    await world.clock.advance(100);
    return tunnel;
  };
  const withKey = async (grant: KeyGrant = {}): Promise<{ tunnel: ClientTunnel; clientId: string }> => {
    const { clock, random, network } = world;
    const created = world.agent.createApiKey('test', grant);
    await clock.advance(10);
    const { key, clientId } = await created;
    const { deviceKey, secret } = parseApiKey(key);
    const pairing = { origin: MEMORY_RELAY_ORIGIN, deviceKey, ...deriveApiKey(nodeCrypto, secret) };
    return { tunnel: await connect(new ClientTunnel({ dial: network.dial, clock, random, crypto: nodeCrypto, pairing })), clientId };
  };
  const ask = async (tunnel: ClientTunnel, method: string, path: string, body?: unknown): Promise<HttpCaller> => {
    const caller = new HttpCaller(tunnel.mux.openStream('http')).ask(method, path, body);
    await world.clock.advance(50);
    return caller;
  };

  it('answer a key’s holder what its scope allows, and a browser what its own does', async () => {
    const { tunnel } = await withKey();
    const generated = await ask(tunnel, 'POST', '/api/generate', { model: 'fake', prompt: 'x' });
    world.upstream.last.answer(200, { response: 'y', done: true });
    await world.clock.advance(50);
    assert.deepEqual([generated.head?.status, generated.json], [200, { response: 'y', done: true }]);
    const page = await connect(await world.pairedTunnel());
    assert.equal((await ask(page, 'POST', '/api/generate', { model: 'fake', prompt: 'x' })).head?.status, 403);
    await ask(page, 'POST', '/api/chat', question);
    assert.equal(world.upstream.flows.length, 2);
  });

  it('answer a key that was made for chat in both dialects, and with 403 what else a key may ask', async () => {
    const { tunnel } = await withKey({ scope: 'chat' });
    for (const path of ['/api/chat', '/v1/chat/completions']) {
      const caller = await ask(tunnel, 'POST', path, question);
      world.upstream.last.answer(200, {});
      await world.clock.advance(50);
      assert.equal(caller.head?.status, 200, path);
    }
    const withheld = { '/api/generate': { prompt: 'x' }, '/api/embed': { input: 'x' }, '/v1/completions': { prompt: 'x' } };
    for (const [path, body] of Object.entries(withheld))
      assert.equal((await ask(tunnel, 'POST', path, { model: 'fake', ...body })).head?.status, 403, path);
    assert.equal(world.upstream.flows.length, 2);
  });

  it('end at a key’s time, and the model with them', async () => {
    const { tunnel } = await withKey({ days: 1 });
    await world.clock.advance(24 * 3_600_000 - 1_000);
    const caller = await ask(tunnel, 'POST', '/api/chat', question);
    const flow = world.upstream.last;
    flow.head({ status: 200 });
    await world.clock.advance(1_000);
    assert.ok(flow.isDisposed);
    assert.equal(caller.isEnded, false);
    assert.deepEqual(tunnel.supervisor.state, { kind: 'error', error: 'keyExpired' });
  });

  it('make the device streaming while one of them runs, beside the hub’s own generations', async () => {
    const { tunnel } = await withKey();
    await ask(tunnel, 'POST', '/api/chat', question);
    assert.equal(world.agent.runningStreams, 1);
    assert.equal(world.events.at(-1)?.state, 'streaming');
    world.upstream.last.answer(200, {});
    await world.clock.advance(50);
    assert.equal(world.agent.runningStreams, 0);
    assert.equal(world.events.at(-1)?.state, 'streaming', 'an end is told when nothing follows');
    await world.clock.advance(QUIET_MS);
    assert.equal(world.events.at(-1)?.state, 'connected');
  });

  it('are counted for who follows, one more and one less, though the device stays streaming', async () => {
    const { tunnel } = await withKey();
    const counts: number[] = [];
    world.agent.onDidChangeClients(() => counts.push(world.agent.runningStreams));
    await ask(tunnel, 'POST', '/api/chat', question);
    await ask(tunnel, 'POST', '/api/chat', question);
    assert.deepEqual(counts, [1, 2]);
    assert.equal(world.events.filter(({ state }) => state === 'streaming').length, 1);
  });

  it('end at once, and the model with them, when their client is revoked', async () => {
    const { tunnel, clientId } = await withKey();
    const caller = await ask(tunnel, 'POST', '/api/chat', question);
    const flow = world.upstream.last;
    flow.head({ status: 200 });
    world.agent.revoke(clientId);
    assert.ok(flow.isDisposed);
    await world.clock.advance(1_000);
    assert.equal(caller.isEnded, false);
    assert.equal(world.agent.runningStreams, 0);
  });

  it('end within a second, and the model with them, when remote access is paused, and come again when it goes on', async () => {
    const { tunnel } = await withKey();
    await ask(tunnel, 'POST', '/api/chat', question);
    const flow = world.upstream.last;
    flow.head({ status: 200 });
    world.agent.setRemotePaused(true);
    assert.ok(flow.isDisposed);
    await world.clock.advance(1_000);
    assert.equal(world.agent.runningStreams, 0);
    assert.equal('error' in tunnel.supervisor.state && tunnel.supervisor.state.error, 'paused');
    await world.clock.advance(60_000);
    assert.equal(world.agent.clients.filter(({ online }) => online).length, 0, 'whoever comes meanwhile is told the same');
    world.agent.setRemotePaused(false);
    await world.clock.advance(30_000);
    assert.equal(tunnel.supervisor.state.kind, 'connected');
  });

  it('end with the agent', async () => {
    const { tunnel } = await withKey();
    await ask(tunnel, 'POST', '/api/chat', question);
    const flow = world.upstream.last;
    world.restartAgent();
    assert.ok(flow.isDisposed);
  });
});
