import assert from 'node:assert/strict';
import { BUS_DIAL_MS } from '../../../src/protocol/limits.ts';
import type { Place } from '../../../src/relay/bus.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';
import { FakeNats } from '../../fakes/fakeNats.ts';
import { busConformance } from '../busConformance.ts';
import { ClusterWorld, type ClusterNode } from './clusterWorld.ts';
import { lineConformance } from './lineConformance.ts';

describe('the bus over NATS, with a server in memory', () => {
  describe('within one node', () => {
    busConformance(() => new ClusterWorld().pair(true));
  });
  describe('between two nodes', () => {
    busConformance(() => new ClusterWorld().pair(false));
  });
});

describe('the NATS server in memory', () => {
  lineConformance(() => {
    const clock = new FakeClock();
    const nats = new FakeNats(clock);
    return {
      near: nats.line(),
      far: nats.line(),
      settle: () => clock.advance(20),
      end: () => Promise.resolve(),
    };
  });
});

describe('presence between nodes', () => {
  let world: ClusterWorld;
  let near: ClusterNode;
  let far: ClusterNode;
  const place = (node: ClusterNode, attempt = 1): Place => ({ node: node.bus.node, link: attempt, epoch: 1, attempt });
  const dial = async (from: ClusterNode, waitMs = 100): Promise<(Place | undefined)[]> => {
    const answers: (Place | undefined)[] = [];
    from.bus.dial('hash', (answer) => answers.push(answer));
    await world.clock.advance(waitMs);
    return answers;
  };
  beforeEach(async () => {
    ({ world, near, far } = await ClusterWorld.ofTwo());
  });
  afterEach(() => world.end());

  it('of places at several nodes names the highest, at whichever node it is', async () => {
    const third = world.node();
    await world.clock.advance(1_000);
    far.bus.serve('hash', place(far, 2));
    third.bus.serve('hash', place(third, 3));
    near.bus.serve('hash', place(near, 1));
    for (const node of [near, far, third]) assert.deepEqual(await dial(node), [place(third, 3)]);
    near.bus.serve('hash', place(near, 4));
    for (const node of [near, far, third]) assert.deepEqual(await dial(node), [place(near, 4)]);
  });

  it('answers with what is at this node when nobody else answers in time, and nothing comes later', async () => {
    near.bus.serve('hash', place(near));
    far.bus.serve('hash', place(far, 9));
    await world.settle();
    far.control.publish = () => undefined; // stopped: it is there and does not answer
    assert.deepEqual(await dial(near, BUS_DIAL_MS - 1), []);
    assert.deepEqual(await dial(near, BUS_DIAL_MS), [place(near)]);
    await world.clock.advance(BUS_DIAL_MS);
  });

  it('joins what is at this node while NATS is away, and asks others again when it is back', async () => {
    world.nats.stop();
    assert.deepEqual(await dial(near, 0), [undefined]);
    near.bus.serve('hash', place(near));
    assert.deepEqual(await dial(near, 0), [place(near)]);
    let woken = 0;
    far.bus.watch('hash', () => woken++);
    assert.deepEqual(await dial(far, 0), [undefined]);
    world.nats.start();
    await world.clock.advance(1_000);
    assert.ok(woken > 0, 'a beginning was missed');
    assert.deepEqual(await dial(far), [place(near)]);
  });

  it('does not leave a dial without an answer when NATS goes', async () => {
    near.bus.serve('hash', place(near));
    const answers: (Place | undefined)[] = [];
    near.bus.dial('hash', (answer) => answers.push(answer));
    world.nats.stop();
    await world.settle();
    assert.deepEqual(answers, [place(near)]);
  });

  it('wakes who waits when a line that carried circuits is back: who was found could not be reached', async () => {
    let woken = 0;
    near.bus.watch('hash', () => woken++);
    near.data.cut();
    assert.equal(near.bus.reading.isUp, false);
    near.data.heal();
    await world.clock.advance(1_000);
    assert.equal(woken, 1);
  });

  it('tells of two links of a device when NATS is back what it could not tell before', async () => {
    const lost: string[] = [];
    const claim = (attempt: number) => ({ epoch: 1, instance: new Uint8Array(16), attempt });
    near.bus.claim('device', claim(1), (loss) => lost.push(`near ${loss}`));
    world.nats.stop();
    far.bus.claim('device', claim(2), (loss) => lost.push(`far ${loss}`));
    await world.settle();
    assert.deepEqual(lost, []);
    world.nats.start();
    await world.clock.advance(1_000);
    assert.deepEqual(lost, ['near replaced']);
  });

  it('of two processes with one key lets the older stay, though both have just come back', async () => {
    const lost: string[] = [];
    const claim = (instance: number) => ({ epoch: 1, instance: new Uint8Array(16).fill(instance), attempt: 1 });
    near.bus.claim('device', claim(1), (loss) => lost.push(`near ${loss}`));
    world.nats.stop();
    await world.settle();
    far.bus.claim('device', claim(2), (loss) => lost.push(`far ${loss}`));
    world.nats.start();
    await world.clock.advance(1_000);
    assert.deepEqual(lost, ['far duplicateDevice']);
  });

  it('makes nothing of what it cannot read', async () => {
    const stranger = world.nats.line();
    near.bus.claim('device', { epoch: 1, instance: new Uint8Array(16), attempt: 1 }, () => assert.fail('lost to nonsense'));
    stranger.subscribe('c2l1.h.hash', ({ reply }) => {
      stranger.publish(reply ?? '', Uint8Array.of(1, 2, 3));
    });
    stranger.publish('c2l1.k.device', Uint8Array.of(1));
    assert.deepEqual(await dial(near, BUS_DIAL_MS + 100), [undefined]);
    assert.equal(world.errors.length, 2);
    world.errors.length = 0;
    stranger.vanish();
  });
});
