import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { toBase64url } from '../../src/base/bytes.ts';
import { nullLogger } from '../../src/base/log.ts';
import { Mux } from '../../src/mux/mux.ts';
import type { StreamEnd } from '../../src/mux/muxStream.ts';
import { OllamaClient } from '../../src/ollama/node/ollamaClient.ts';
import { parseApiKey } from '../../src/secure/apiKey.ts';
import { RecordingSink } from '../contract/recordingSink.ts';
import { AgentWorld } from '../fakes/agentWorld.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { startFakeOllama } from '../standin/startFakeOllama.ts';
import { until } from '../standin/until.ts';

/** Errors that no test of their own room brings about; `errorCatalogue.test.ts` knows where each of the others is. */
describe('an error that is rare', () => {
  it('ends a stream that the peer has forgotten: streamGone', () => {
    const clock = new FakeClock();
    const mux = new Mux({ role: 'client', muxId: new Uint8Array(16).fill(1), clock });
    const carrier = { wake: () => undefined, onSilent: () => undefined };
    const hello = { type: 'hello', muxId: mux.muxId, attempt: 1, incarnation: new Uint8Array(8).fill(2), streams: [] } as const;
    mux.attach(carrier);
    mux.receive([{ ...hello, highestOpened: 0 }]);
    const ends: StreamEnd[] = [];
    mux.openStream('chat').onEnd((end) => ends.push(end));
    mux.pull(16_000);
    mux.attach(carrier);
    // it was opened there once, and is not among those that live
    mux.receive([{ ...hello, attempt: 2, highestOpened: 1 }]);
    assert.deepEqual(ends, [{ kind: 'reset', code: 'streamGone' }]);
    mux.dispose();
    assert.equal(clock.pendingTimers, 0);
  });

  it('opens no stream on a mux that is over: closed', () => {
    const mux = new Mux({ role: 'client', muxId: new Uint8Array(16), clock: new FakeClock() });
    mux.dispose();
    assert.throws(() => mux.openStream('chat'), { code: 'closed' });
  });

  it('tells half an API key from one that nobody knows: badApiKey', () => {
    assert.throws(() => parseApiKey('c2l_short'), { code: 'badApiKey' });
  });

  it('tells a key that its device does not know from a device that is away: unknownKey', async () => {
    const world = new AgentWorld();
    await world.start();
    const { publicKey } = world.identity;
    const lookUp = (hash: Uint8Array) => world.network.relay?.lookUp(publicKey, toBase64url(hash));
    const nobody = lookUp(new Uint8Array(32));
    const known = lookUp((await world.pair(true)).root);
    await world.clock.advance(10);
    assert.deepEqual([await nobody, await known], ['unknownKey', 'unknownKey']);
    world.agent.disconnect();
    await world.clock.advance(10);
    const away = lookUp(new Uint8Array(32));
    await world.clock.advance(10);
    assert.equal(await away, 'deviceOffline');
    world.dispose();
  });

  it('says that Ollama is not there when nobody answers and no binary is found: ollamaNotInstalled', async () => {
    const server = await startFakeOllama();
    const { url } = server;
    await server.close();
    const client = new OllamaClient({
      clock: systemClock,
      log: nullLogger,
      settings: () => ({ url }),
      hasBinary: () => Promise.resolve(false),
    });
    assert.equal((await client.check()).state, 'notInstalled');
    const sink = new RecordingSink();
    client.generate({ model: 'any', messages: [{ role: 'user', content: 'why?' }] }, sink);
    await until(() => sink.isOver);
    assert.equal(sink.error?.code, 'ollamaNotInstalled');
    client.dispose();
  });
});
