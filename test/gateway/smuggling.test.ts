import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { emptyBytes, fromUtf8, utf8 } from '../../src/base/bytes.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import { startProxyServer, type ProxyServer } from '../../src/gateway/node/proxyServer.ts';
import { deriveApiKey, parseApiKey } from '../../src/secure/apiKey.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import { AgentWorld } from '../fakes/agentWorld.ts';
import { HttpCaller } from '../fakes/httpCaller.ts';
import { MEMORY_RELAY_ORIGIN } from '../fakes/memoryNetwork.ts';
import { question, smugglingBytes } from '../policy/smugglingBytes.ts';
import { smugglingInputs } from '../policy/smugglingInputs.ts';

/** Turns of the event loop, a millisecond each, in which nothing more comes: then nothing will. */
const QUIET_TURNS = 8;

const PIECE_BYTES = 16_384;

const canonicalChat = { method: 'POST', path: '/api/chat', body: question };
const canonicalTags = { method: 'GET', path: '/api/tags', body: '' };

describe('a request that means two things', () => {
  let world: AgentWorld;
  let key: string;
  const tunnels: ClientTunnel[] = [];
  beforeEach(async () => {
    world = new AgentWorld();
    await world.start();
    const created = world.agent.createApiKey('test');
    await world.clock.advance(10);
    ({ key } = await created);
  });
  afterEach(() => {
    for (const tunnel of tunnels.splice(0)) tunnel.dispose();
    world.dispose();
    assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
  });

  /** What reached Ollama since the last look, all of it answered. */
  const reached = () => {
    const flows = world.upstream.flows.splice(0);
    for (const flow of flows) flow.answer(200, flow.request.path === '/api/tags' ? { models: [] } : {});
    return flows.map(({ request: { method, path, body } }) => ({ method, path, body: body ? fromUtf8(body) : '' }));
  };

  it('is refused by the device, with a status and Ollama’s kind of error, when a hostile client writes it into the tunnel', async () => {
    assert.ok(smugglingInputs.length >= 300);
    const { clock, random, network } = world;
    const { deviceKey, secret } = parseApiKey(key);
    const pairing = { origin: MEMORY_RELAY_ORIGIN, deviceKey, ...deriveApiKey(nodeCrypto, secret) };
    const tunnel = new ClientTunnel({ dial: network.dial, clock, random, crypto: nodeCrypto, pairing });
    tunnels.push(tunnel);
    tunnel.supervisor.start();
    await clock.advance(100);
    for (const { what, head, body, status } of smugglingInputs) {
      const caller = new HttpCaller(tunnel.mux.openStream('http')).sendHead(head);
      const bytes = typeof body === 'string' ? utf8(body) : (body ?? emptyBytes);
      for (let at = 0; at < bytes.length && !caller.head; at += PIECE_BYTES) {
        caller.sendBody(bytes.subarray(at, at + PIECE_BYTES));
        await clock.advance(5);
      }
      caller.stream.end();
      for (let turn = 0; turn < 40 && !caller.isEnded; turn++) await clock.advance(20);
      assert.equal(caller.head?.status, status, what);
      assert.ok(JSON.stringify(caller.json).includes('error'), `${what}: no error in ${caller.text}`);
      assert.deepEqual(reached(), [], what);
    }
  });

  describe('as bytes at the proxy', () => {
    let gateway: Gateway;
    let server: ProxyServer;
    beforeEach(async () => {
      const { clock, random, network } = world;
      gateway = new Gateway({ clock, random, crypto: nodeCrypto, dial: network.dial, origin: MEMORY_RELAY_ORIGIN, idleMs: 1e9, key });
      server = await startProxyServer(gateway, 0);
    });
    afterEach(async () => {
      await server.close();
      gateway.dispose();
    });

    /** @returns the statuses of all answers, and what Ollama saw */
    async function send(bytes: string): Promise<{ readonly statuses: readonly number[]; readonly seen: ReturnType<typeof reached> }> {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1').setEncoding('latin1');
      let received = '';
      let quiet = 0;
      const seen: ReturnType<typeof reached> = [];
      socket.on('error', () => undefined);
      socket.on('data', (text: string) => {
        received += text;
        quiet = 0;
      });
      socket.write(bytes, 'latin1');
      while (quiet++ < QUIET_TURNS) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        await world.clock.advance(5);
        const more = reached();
        if (more.length > 0) quiet = 0;
        seen.push(...more);
      }
      socket.destroy();
      return { statuses: [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)), seen };
    }

    it('is refused, or reaches Ollama as the one request that its first line means', async function () {
      this.timeout(60_000);
      assert.ok(smugglingBytes.length >= 150);
      for (const { what, bytes, statuses } of smugglingBytes) {
        const { statuses: got, seen } = await send(bytes);
        assert.deepEqual(got, statuses, what);
        const meant = bytes.includes('POST /api/chat') ? canonicalChat : canonicalTags;
        assert.deepEqual(
          seen,
          statuses.filter((status) => status === 200).map(() => meant),
          what,
        );
      }
    });
  });
});
