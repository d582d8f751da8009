import assert from 'node:assert/strict';
import type { PairingQuestion } from '../../src/protocol/agentControl.ts';
import { PAIRING_PENDING_LIFETIME_MS } from '../../src/protocol/limits.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { parsePairingLink } from '../../src/secure/pairingLink.ts';
import { pairClient } from '../../src/tunnel/pairingClient.ts';
import { AgentWorld } from '../fakes/agentWorld.ts';

describe('a pairing on a line that breaks', () => {
  let world: AgentWorld;
  let questions: PairingQuestion[];
  let asked: (readonly string[])[];
  let ended: AbortController;

  beforeEach(async () => {
    world = new AgentWorld();
    await world.start();
    questions = [];
    asked = [];
    ended = new AbortController();
    world.agent.onPairingQuestion((question) => questions.push(question));
  });
  afterEach(async () => {
    ended.abort();
    await world.clock.settle();
    world.dispose();
    assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
  });

  async function pairing(): Promise<{ readonly result: ReturnType<typeof pairClient> }> {
    const offer = world.agent.createOffer();
    await world.clock.advance(10);
    const result = pairClient(
      {
        dial: world.network.dial,
        clock: world.clock,
        random: world.random,
        crypto: nodeCrypto,
        staticKey: nodeCrypto.importKey(world.random.bytes(32)),
        link: parsePairingLink((await offer).link),
        name: 'Page',
        kind: 'page',
        scope: 'chat',
      },
      { onWaiting: () => undefined, onAsked: (words) => asked.push(words) },
      ended.signal,
    );
    result.catch(() => undefined);
    await world.clock.advance(100);
    return { result };
  }

  function cutClient(): void {
    for (const line of [...world.network.lines].slice(1)) line.cut();
  }

  it('asks one question, whose words are those that the page shows, however often it is dialled anew', async () => {
    await pairing();
    for (let i = 0; i < 5; i++) {
      cutClient();
      await world.clock.advance(2_000);
    }
    assert.equal(questions.length, 1);
    assert.ok(asked.length > 1, 'it was asked again on each line');
    for (const words of asked) assert.deepEqual(words, questions[0]?.words);
  });

  it('shows the same words when the first ASKED never came', async () => {
    const before = world.network.lines.size;
    const held = world.agent.onPairingQuestion(() => {
      // ASKED is on its way to the relay; from there it gets no further
      for (const line of [...world.network.lines].slice(before)) line.far.hold(true);
    });
    await pairing();
    held.dispose();
    assert.equal(questions.length, 1);
    assert.equal(asked.length, 0, 'the page shows nothing yet');
    await world.clock.advance(40_000);
    assert.equal(questions.length, 1, 'the same question');
    assert.deepEqual(asked.at(-1), questions[0]?.words);
  });

  it('is not cut by its own look after the machine slept', async () => {
    await pairing();
    const lines = world.network.lines.size;
    world.clock.jumpWallClock(60_000);
    await world.clock.advance(10_000);
    assert.equal(world.network.lines.size, lines);
    assert.equal(questions.length, 1);
  });

  it('gives what Allow gives on the line that is there then', async () => {
    const { result } = await pairing();
    cutClient();
    questions[0]?.answer(true);
    await world.clock.advance(2_000);
    assert.equal((await result).deviceName, 'Desk');
    assert.equal(world.agent.clients.length, 1);
  });

  it('ends with words when it was allowed and not used in time', async () => {
    const tunnel = await world.pairedTunnel();
    await world.clock.advance(PAIRING_PENDING_LIFETIME_MS + 1_000);
    assert.deepEqual(world.agent.clients, []);
    tunnel.supervisor.start();
    await world.clock.advance(1_000);
    assert.deepEqual(tunnel.supervisor.state, { kind: 'error', error: 'pairingUnused' });
    tunnel.dispose();
  });
});
