import assert from 'node:assert/strict';
import { diagnose, DIAGNOSIS_MS, hopBounds, type HopCheck } from '../../src/agent/diagnose.ts';
import { diagnosisHops, firstFailure, wasCancelled, type Diagnosis, type HopResult } from '../../src/protocol/diagnosis.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { decodeLinkFrame } from '../../src/protocol/linkFrames.ts';
import { AgentWorld } from '../fakes/agentWorld.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { MEMORY_RELAY_ORIGIN } from '../fakes/memoryNetwork.ts';

/** Passes by itself; `never` does not end. */
function hop(name: HopCheck['hop'], how: 'passes' | 'never' | 'fails' = 'passes', ended: string[] = []): HopCheck {
  return {
    hop: name,
    check: (signal) => {
      signal.addEventListener('abort', () => ended.push(name));
      if (how === 'fails') return Promise.reject(new TunnelError('relayBusy'));
      return how === 'never' ? new Promise(() => undefined) : Promise.resolve({});
    },
    late: (seconds) => new TunnelError('relaySilent', seconds),
  };
}

function outcomes({ hops }: Diagnosis): Record<string, string> {
  return Object.fromEntries(hops.map((each) => [each.hop, each.outcome === 'skipped' ? each.why : each.outcome]));
}

describe('the engine of a diagnosis', () => {
  const clock = new FakeClock();
  afterEach(() => {
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  it('goes both ways side by side, ends a way behind its first failure, and tells of each hop as it is known', async () => {
    const told: HopResult[] = [];
    const ways = [
      [hop('network'), hop('relay', 'fails'), hop('link')],
      [hop('ollama'), hop('models')],
    ];
    const diagnosis = await diagnose(ways, { clock, onHop: (result) => told.push(result) });
    assert.deepEqual(outcomes(diagnosis), {
      ...{ network: 'passed', relay: 'failed', link: 'afterFailure' },
      ...{ ollama: 'passed', models: 'passed' },
    });
    assert.equal(firstFailure(diagnosis)?.error, 'relayBusy');
    assert.deepEqual(told.map((each) => each.hop).sort(), ['link', 'models', 'network', 'ollama', 'relay']);
  });

  it('gives each hop its time, and a whole run less than 30 s, whatever hangs', async () => {
    const relayWay = diagnosisHops.slice(0, 7);
    const ollamaWay = diagnosisHops.slice(7);
    const promised: number = 30_000;
    assert.ok(DIAGNOSIS_MS < promised);
    for (const way of [relayWay, ollamaWay]) assert.ok(way.reduce((sum, name) => sum + hopBounds[name], 0) <= DIAGNOSIS_MS);
    for (const hanging of diagnosisHops) {
      const ended: string[] = [];
      const begin = clock.monotonic();
      const running = diagnose([[hop(hanging, 'never', ended)]], { clock });
      await clock.advance(hopBounds[hanging]);
      const diagnosis = await running;
      assert.deepEqual([firstFailure(diagnosis)?.error, ended], ['relaySilent', [hanging]]);
      assert.equal(clock.monotonic() - begin, hopBounds[hanging]);
      assert.equal(firstFailure(diagnosis)?.detail, `${String(hopBounds[hanging] / 1000)} s`);
    }
  });

  it('stops at once when it is cancelled, and says of no hop more than it knows', async () => {
    const ended: string[] = [];
    const cancelling = new AbortController();
    const ways = [
      [hop('network', 'passes', ended), hop('relay', 'never', ended), hop('link', 'passes', ended)],
      [hop('ollama', 'never', ended)],
    ];
    const running = diagnose(ways, { clock, signal: cancelling.signal });
    await clock.advance(10);
    cancelling.abort();
    const diagnosis = await running;
    assert.deepEqual(outcomes(diagnosis), { network: 'passed', relay: 'cancelled', link: 'cancelled', ollama: 'cancelled' });
    assert.deepEqual(ended.sort(), ['network', 'ollama', 'relay']);
    assert.ok(wasCancelled(diagnosis) && !firstFailure(diagnosis));
  });
});

describe('a device that is diagnosed', () => {
  let world: AgentWorld;
  beforeEach(() => {
    world = new AgentWorld();
  });
  afterEach(() => {
    world.dispose();
    assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
  });

  const run = async (ms = 100): Promise<Diagnosis> => {
    const running = world.agent.diagnose();
    await world.clock.advance(ms);
    return running;
  };
  const failing = (diagnosis: Diagnosis): string => {
    const failed = firstFailure(diagnosis);
    return failed ? `${failed.hop} ${failed.error}` : 'none';
  };

  for (const isConnected of [true, false])
    it(`passes every hop ${isConnected ? 'on its own connection' : 'without one'}, and leaves no trace at the relay`, async () => {
      if (isConnected) await world.start();
      const open = (): number => [...world.network.lines].filter(({ near }) => near.isOpen).length;
      const lines = open();
      const diagnosis = await run();
      assert.deepEqual(
        diagnosis.hops.map(({ outcome }) => outcome),
        diagnosisHops.map((name) => (name === 'certificate' ? 'skipped' : 'passed')),
      );
      const farEnd = diagnosis.hops.find((each) => each.hop === 'farEnd');
      assert.match(farEnd?.outcome === 'passed' ? (farEnd.note ?? '') : '', /^through the relay and back in \d+ ms$/);
      await world.clock.advance(100);
      assert.equal(open(), lines);
      assert.deepEqual([world.agent.clients, world.devices.clients()], [[], []]);
      assert.equal(world.agent.bus.current.state, isConnected ? 'connected' : 'disconnected');
      assert.equal(world.models.running, 0);
    });

  it('is its own client for the length of a run, and no longer', async () => {
    const hashes: number[] = [];
    const { relay } = world.network;
    assert.ok(relay);
    const accept = relay.accept.bind(relay);
    relay.accept = (peer, socket) => {
      const handlers = accept(peer, socket);
      return {
        ...handlers,
        onMessage: (message) => {
          const frame = peer.role === 'device' ? decodeLinkFrame(message, 'device') : undefined;
          if (frame?.type === 'tokens' && frame.replace) hashes.push(frame.add.length);
          handlers.onMessage(message);
        },
        onDrain: () => {
          handlers.onDrain();
        },
        onClose: (code) => {
          handlers.onClose(code);
        },
      };
    };
    await world.start();
    await run();
    assert.deepEqual(hashes, [0, 1, 0]);
  });

  it('asks its model for one word and stops it there', async () => {
    await run();
    assert.deepEqual(
      world.models.requests.map(({ state, sent }) => [state, sent]),
      [['stopped', 1]],
    );
  });

  it('is found at its far end while remote access is paused, and says that it is', async () => {
    await world.start();
    world.agent.setRemotePaused(true);
    const diagnosis = await run();
    assert.equal(failing(diagnosis), 'farEnd paused');
    assert.equal(outcomes(diagnosis)['token'], 'passed');
  });

  it('names another installation that has its place, and does not take it away', async () => {
    await world.start();
    await world.rival(async () => {
      assert.equal(world.agent.bus.current.error, 'replaced');
      assert.equal(failing(await run()), 'admission replaced');
    });
  });

  it('says that no relay takes a link, and looks at Ollama all the same', async () => {
    world.network.killRelay();
    const diagnosis = await run(30_000);
    assert.equal(failing(diagnosis), 'link relayUnreachable');
    assert.deepEqual(outcomes(diagnosis)['token'], 'passed');
  });

  for (const isConnected of [true, false])
    it(`looks at a relay before it is set, ${isConnected ? 'beside its connection there' : 'without a connection'}, and keeps nothing of it`, async () => {
      if (isConnected) await world.start();
      const { relay } = world.agent;
      const open = (): number => [...world.network.lines].filter(({ near }) => near.isOpen).length;
      const lines = open();
      const probing = world.agent.probeRelay(MEMORY_RELAY_ORIGIN);
      await world.clock.advance(100);
      assert.deepEqual(
        (await probing).hops.map(({ hop: name, outcome }) => `${name} ${outcome}`),
        ['address passed', 'network passed', 'certificate skipped', 'relay passed', 'link passed', 'admission passed'],
      );
      await world.clock.advance(100);
      assert.deepEqual([open(), world.agent.relay, world.devices.clients()], [lines, relay, []]);
      assert.equal(world.agent.bus.current.state, isConnected ? 'connected' : 'disconnected');
    });

  it('names what a relay that is not set yet refuses it for', async () => {
    world.network.killRelay();
    const probing = world.agent.probeRelay(MEMORY_RELAY_ORIGIN);
    await world.clock.advance(30_000);
    assert.equal(failing(await probing), 'link relayUnreachable');
    const bad = world.agent.probeRelay('ftp://relay.example');
    await world.clock.advance(100);
    assert.equal(failing(await bad), 'address badRelayUrl');
  });

  it('has no fault without a relay, but says that the way was not looked at', async () => {
    world.relayFile.write(undefined as never);
    world.restartAgent();
    const diagnosis = await run();
    assert.equal(failing(diagnosis), 'none');
    assert.equal(outcomes(diagnosis)['farEnd'], 'notSetUp');
  });

  it('ends a run that is under way when it ends itself', async () => {
    const running = world.agent.diagnose();
    world.agent.dispose();
    assert.equal(outcomes(await running)['token'], 'cancelled');
  });
});
