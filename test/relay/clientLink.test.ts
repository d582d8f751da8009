import assert from 'node:assert/strict';
import { toDisposable } from '../../src/base/disposable.ts';
import type { Bus, BusReading, CallHandlers, Place } from '../../src/relay/bus.ts';
import { RelayCore } from '../../src/relay/relayCore.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { decodeLinkFrame, encodeLinkFrame } from '../../src/protocol/linkFrames.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { memorySocketPair } from '../fakes/memorySocket.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { hashOf, relayOrigin } from './relayWorld.ts';

/** A bus whose answers a test gives by hand, in any order that a network could. */
class ScriptedBus implements Bus {
  readonly node = 'scripted';
  wake: (() => void) | undefined;
  readonly answers: ((place: Place | undefined) => void)[] = [];
  readonly calls: CallHandlers[] = [];
  closed = 0;

  serve(): never {
    throw new Error('no device in this test');
  }
  watch(_hash: string, wake: () => void): { dispose(): void } {
    this.wake = wake;
    return toDisposable(() => (this.wake = undefined));
  }
  dial(_hash: string, answer: (place: Place | undefined) => void): { dispose(): void } {
    assert.ok(this.wake, 'dialled before watching');
    this.answers.push(answer);
    return toDisposable(() => undefined);
  }
  open(_place: Place, _hash: string, handlers: CallHandlers): { send(): void; setFlow(): void; close(): void } {
    this.calls.push(handlers);
    return { send: () => undefined, setFlow: () => undefined, close: () => this.closed++ };
  }
  listen(): { dispose(): void } {
    return toDisposable(() => undefined);
  }
  claim(): never {
    throw new Error('no device in this test');
  }
  readonly reading: BusReading = { kind: 'process', isUp: true, circuits: 0, nodes: 0, pendingBytes: 0 };
  dispose(): void {
    return;
  }
}

describe('the search of a client for its device', () => {
  const place: Place = { node: 'far', link: 1, epoch: 1, attempt: 1 };
  let clock: FakeClock;
  let bus: ScriptedBus;
  let core: RelayCore;
  let client: ReturnType<typeof memorySocketPair>;
  const types = async (): Promise<string[]> => {
    await clock.settle();
    return client.near.received.map((message) => decodeLinkFrame(message, 'client').type);
  };

  /** Answers the next heartbeat. */
  const acknowledge = async (): Promise<void> => {
    const heartbeats = async (): Promise<number> => (await types()).filter((type) => type === 'heartbeat').length;
    const before = await heartbeats();
    while ((await heartbeats()) === before) await clock.advance(1_000);
    client.near.send(encodeLinkFrame({ type: 'heartbeatAck' }, 'client'));
    await clock.settle();
  };

  beforeEach(async () => {
    clock = new FakeClock();
    bus = new ScriptedBus();
    const config = { origins: [relayOrigin], admission: { kind: 'open' } } as const;
    core = new RelayCore({ clock, random: new SeededRandom(1), crypto: nodeCrypto, bus, config });
    client = memorySocketPair(clock);
    client.far.listen(core.accept({ role: 'client', remoteAddress: '127.0.0.1' }, client.far));
    client.near.send(encodeLinkFrame({ type: 'dial', hash: hashOf('token') }, 'client'));
    await clock.settle();
    assert.equal(bus.answers.length, 1);
  });
  afterEach(async () => {
    core.dispose();
    await clock.settle();
    assert.equal(clock.pendingTimers, 0);
    assert.equal(bus.wake, undefined);
  });

  it('asks again when somebody begins to serve the hash before the answer that nobody does', async () => {
    bus.wake?.();
    bus.answers[0]?.(undefined);
    assert.deepEqual(await types(), []);
    bus.answers[1]?.(undefined);
    assert.equal(bus.answers.length, 2);
    assert.deepEqual(await types(), ['waiting']);
  });

  it('waits when the device’s link ended before the call came to it', async () => {
    bus.answers[0]?.(place);
    bus.calls[0]?.onRefused('gone');
    assert.deepEqual(await types(), ['waiting']);
    assert.equal(bus.answers.length, 1);
  });

  it('asks again when the device was back before the refusal came', async () => {
    bus.answers[0]?.(place);
    bus.wake?.();
    bus.calls[0]?.onRefused('gone');
    assert.equal(bus.answers.length, 2);
    assert.deepEqual(await types(), []);
  });

  it('says WAITING once, however often it is woken for nothing', async () => {
    bus.answers[0]?.(undefined);
    for (let i = 1; i <= 3; i++) {
      bus.wake?.();
      bus.answers[i]?.(undefined);
    }
    assert.deepEqual(await types(), ['waiting']);
  });

  it('gives the circuit up when the client goes before it is joined', async () => {
    bus.answers[0]?.(place);
    client.near.close(1000);
    await clock.settle();
    assert.equal(bus.closed, 1);
  });

  it('asks anew with the heartbeat while it waits, for a wake may be lost between two nodes', async () => {
    bus.answers[0]?.(undefined);
    await types();
    await acknowledge();
    assert.equal(bus.answers.length, 2);
    bus.answers[1]?.(undefined);
    assert.deepEqual(
      (await types()).filter((type) => type !== 'heartbeat'),
      ['waiting'],
    );
  });

  it('asks nothing for acknowledgements of heartbeats that were never sent, however many come', async () => {
    bus.answers[0]?.(undefined);
    for (let i = 0; i < 100; i++) client.near.send(encodeLinkFrame({ type: 'heartbeatAck' }, 'client'));
    assert.deepEqual(await types(), ['waiting']);
    assert.equal(bus.answers.length, 1);
  });

  it('asks anew when a question or a call is not answered for a whole heartbeat', async () => {
    await acknowledge();
    assert.equal(bus.answers.length, 1);
    await acknowledge();
    assert.equal(bus.answers.length, 2);
    bus.answers[1]?.(place);
    await acknowledge();
    assert.equal(bus.closed, 0);
    await acknowledge();
    assert.deepEqual([bus.closed, bus.answers.length], [1, 3]);
  });
});
