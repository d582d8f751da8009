import assert from 'node:assert/strict';
import { utf8 } from '../../src/base/bytes.ts';
import type { Clock } from '../../src/base/clock.ts';
import { toDisposable } from '../../src/base/disposable.ts';
import type { GenerationSink } from '../../src/conversation/ports.ts';
import { MAX_RECORD_FRAMES_BYTES, MAX_SOCKET_BACKLOG_BYTES, MAX_TURN_BYTES } from '../../src/protocol/limits.ts';
import { RecordPump } from '../../src/tunnel/recordPump.ts';
import { AgentWorld, answerText } from '../fakes/agentWorld.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { TunnelWorld } from '../fakes/tunnelWorld.ts';

/** A clock whose turns a test ends by hand. */
class TurnClock extends FakeClock implements Clock {
  readonly #deferred: (() => void)[] = [];
  readonly #later: (() => void)[] = [];

  override defer(task: () => void): void {
    this.#deferred.push(task);
  }

  override nextTurn(task: () => void): void {
    this.#later.push(task);
  }

  /** One read of this turn is over. */
  endReading(): void {
    for (let task = this.#deferred.shift(); task; task = this.#deferred.shift()) task();
  }

  /** Ends this turn; the next one begins. Returns whether it has anything to do. */
  endTurn(): boolean {
    this.endReading();
    this.#deferred.push(...this.#later.splice(0));
    return this.#deferred.length > 0;
  }
}

describe('record pump', () => {
  let clock: TurnClock;
  let backlogBytes: number;
  let pump: RecordPump;
  let sent: string[];

  beforeEach(() => {
    clock = new TurnClock();
    backlogBytes = 0;
    pump = new RecordPump(clock, () => backlogBytes);
    sent = [];
  });

  /** Something with so many full records to send. */
  function source(name: string, records: number, bytes = MAX_RECORD_FRAMES_BYTES) {
    let left = records;
    return {
      sendOne: () => {
        if (left === 0) return 0;
        left--;
        sent.push(name);
        return bytes;
      },
    };
  }

  it('serves muxes in turn, and goes on in the next turn where the last one ended', () => {
    const sources = [source('a', 9), source('b', 9), source('c', 1), source('d', 9), source('e', 9), source('f', 9)];
    for (const one of sources) pump.wake(one);
    for (let turn = 0; turn < 3; turn++) clock.endTurn();
    assert.equal(sent.join(''), 'abcdefabdefa');
  });

  it('sends no more than its share in one turn, whatever drains meanwhile, and the rest without waiting for a timer', () => {
    pump.wake(source('a', 40));
    let turns = 0;
    for (let more = true; more; turns++) {
      const before = sent.length;
      more = clock.endTurn();
      for (let i = 0; i < 10; i++) pump.run(); // an empty socket tells of each message that it has taken
      assert.ok((sent.length - before) * MAX_RECORD_FRAMES_BYTES <= MAX_TURN_BYTES);
    }
    assert.equal(sent.length, 40);
    assert.ok(turns >= 10, `${String(turns)} turns`);
    assert.equal(clock.pendingTimers, 0);
  });

  it('leaves in the scheduler what a full socket does not take, and goes on when it has drained', () => {
    backlogBytes = MAX_SOCKET_BACKLOG_BYTES;
    pump.wake(source('a', 1));
    clock.endTurn();
    assert.deepEqual(sent, []);
    backlogBytes = 0;
    pump.run();
    assert.deepEqual(sent, ['a']);
  });

  it('sends the first at once, and together what the same turn brings after it', () => {
    pump.wake(source('a', 1, 100));
    clock.endReading();
    assert.equal(sent.join(''), 'a');
    for (const name of ['b', 'c', 'd']) {
      pump.wake(source(name, 1, 100));
      clock.endReading();
    }
    assert.equal(sent.join(''), 'a');
    clock.endTurn();
    clock.endTurn();
    assert.equal(sent.join(''), 'abcd');
    while (clock.endTurn());
    pump.wake(source('e', 1, 100));
    clock.endReading();
    assert.equal(sent.join(''), 'abcde');
  });

  it('sends in steps of time where it is paced: together what was said between two, and all of what is long', async () => {
    pump = new RecordPump(
      clock,
      () => backlogBytes,
      () => true,
    );
    await clock.advance(30);
    pump.wake(source('a', 1, 100));
    clock.endTurn();
    await clock.advance(69);
    pump.wake(source('b', 1, 100));
    assert.equal(sent.join(''), '');
    await clock.advance(1);
    assert.equal(sent.join(''), 'ab');
    while (clock.endTurn());
    await clock.advance(40);
    pump.wake(source('c', 9));
    await clock.advance(59);
    assert.equal(sent.join(''), 'ab');
    await clock.advance(1);
    while (clock.endTurn());
    assert.equal(sent.join(''), `ab${'c'.repeat(9)}`);
    const gone = source('d', 1);
    pump.wake(gone);
    assert.equal(clock.pendingTimers, 1);
    pump.remove(gone);
    assert.equal(clock.pendingTimers, 0);
    pump.wake(source('e', 1));
    await clock.advance(100);
    assert.equal(sent.at(-1), 'e');
  });

  it('sends nothing for a source that was taken out', () => {
    const gone = source('a', 1);
    pump.wake(gone);
    pump.remove(gone);
    clock.endTurn();
    assert.deepEqual(sent, []);
  });
});

describe('what is written in one turn', () => {
  it('leaves as one record and one link message', async () => {
    const world = new TunnelWorld();
    world.device.supervisor.start();
    world.client.supervisor.start();
    await world.clock.advance(1000);
    const near = world.client.mux.openStream('http');
    const other = world.client.mux.openStream('http');
    await world.clock.advance(100);
    const relayEnds = [...world.network.lines].map(({ far }) => far.received);
    const count = (): number => relayEnds.reduce((sum, messages) => sum + messages.length, 0);
    const before = count();
    for (let i = 0; i < 100; i++) (i % 2 === 0 ? near : other).write(utf8('a token of an answer'));
    near.end();
    await world.clock.settle();
    assert.equal(count() - before, 1);
    world.dispose();
  });

  it('is one record for one read of many tokens from the model, all the way to the viewer', async () => {
    const world = new AgentWorld();
    const sinks: GenerationSink[] = [];
    world.models.generate = (_request, sink) => {
      sinks.push(sink);
      return toDisposable(() => undefined);
    };
    await world.start();
    const { port, replies } = await world.client();
    const conversationId = world.newId();
    port.send({ type: 'send', requestId: world.newId(), conversationId, text: 'hello', model: 'fake:latest' });
    port.send({ type: 'open', conversationId });
    await world.clock.advance(100);
    const [sink] = sinks;
    assert.ok(sink);
    const viewerEnds = [...world.network.lines].map(({ near }) => near.received);
    const count = (): number => viewerEnds.reduce((sum, messages) => sum + messages.length, 0);
    const before = count();
    for (let i = 0; i < 300; i++) sink.onText('token ');
    await world.clock.settle();
    assert.equal(answerText(replies), 'token '.repeat(300));
    assert.equal(count() - before, 1);
    sink.onEnd({ totalMs: 1, loadMs: 0, promptTokens: 1, promptMs: 0, answerTokens: 300, answerMs: 1, reason: 'stop' });
    world.dispose();
  });
});
