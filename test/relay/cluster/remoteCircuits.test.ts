import assert from 'node:assert/strict';
import { errorNumber } from '../../../src/protocol/errors.ts';
import { BUS_SILENT_MS, MAX_BUS_CIRCUIT_BYTES, MAX_BUS_NODE_BYTES } from '../../../src/protocol/limits.ts';
import type { Circuit } from '../../../src/relay/bus.ts';
import { decodeBusFrame } from '../../../src/relay/cluster/busFrames.ts';
import { ClusterWorld, type ClusterNode } from './clusterWorld.ts';

const key = new Uint8Array(32).fill(7);
const offline = `closed ${String(errorNumber('deviceOffline'))}`;
const busy = `closed ${String(errorNumber('relayBusy'))}`;

/** One end of a circuit and what it has heard. */
interface End {
  circuit: Circuit | undefined;
  readonly heard: string[];
}

/** Listens at `far` and opens a circuit from `near`. */
function open(near: ClusterNode, far: ClusterNode, onHeard: () => void = () => undefined): { client: End; device: End } {
  const recorder = (): End => ({ circuit: undefined, heard: [] });
  const [client, device] = [recorder(), recorder()];
  const into = ({ heard }: End) => ({
    onJoined: () => void heard.push('joined'),
    onRefused: (refusal: string) => void heard.push(`refused ${refusal}`),
    onRecord: (record: Uint8Array) => {
      heard.push(`record ${String(record[0])}`);
      onHeard();
    },
    onFlow: (flow: boolean) => void heard.push(flow ? 'go on' : 'stop'),
    onClose: (reason: number) => void heard.push(`closed ${String(reason)}`),
  });
  far.bus.listen((call) => {
    device.circuit = call.accept(key, into(device));
  });
  client.circuit = near.bus.open({ node: far.bus.node, link: 1, epoch: 1, attempt: 1 }, 'hash', into(client));
  return { client, device };
}

describe('circuits between two nodes', () => {
  let world: ClusterWorld;
  let near: ClusterNode;
  let far: ClusterNode;
  beforeEach(async () => {
    ({ world, near, far } = await ClusterWorld.ofTwo());
  });
  afterEach(() => world.end());
  const cuts = (node: ClusterNode): Record<string, number> =>
    Object.fromEntries(node.metrics.busCuts.values.filter(([, times]) => times > 0));
  const isEmpty = (): void => {
    for (const { bus } of [near, far]) {
      const { circuits, nodes, pendingBytes } = bus.reading;
      assert.deepEqual([circuits, nodes, pendingBytes], [0, 0, 0]);
    }
  };

  it('tell how many there are, and nothing is left of them', async () => {
    const { client } = open(near, far);
    await world.settle();
    assert.deepEqual(near.bus.reading, { kind: 'nats', isUp: true, circuits: 1, nodes: 1, pendingBytes: 0 });
    client.circuit?.send(new Uint8Array(100));
    assert.equal(near.bus.reading.pendingBytes, 100);
    await world.clock.advance(2_000);
    assert.equal(near.bus.reading.pendingBytes, 0, 'the pulse confirms what no acknowledgement did');
    client.circuit?.close(1);
    await world.settle();
    isEmpty();
  });

  it('are cut at both ends when more than 1 MiB is under way, and of the other circuits none', async () => {
    const other = open(near, far);
    await world.settle();
    const { client, device } = open(near, far);
    await world.settle();
    const record = new Uint8Array(16 * 1024);
    for (let sent = 0; sent <= MAX_BUS_CIRCUIT_BYTES; sent += record.length) {
      assert.deepEqual(client.heard, ['joined']);
      device.circuit?.send(record);
    }
    assert.equal(far.bus.reading.circuits, 1, 'cut at once');
    await world.settle();
    assert.equal(client.heard.at(-1), busy);
    assert.deepEqual([device.heard, other.client.heard], [[busy], ['joined']]);
    assert.deepEqual([cuts(far), cuts(near)], [{ slow: 1 }, {}]);
    other.client.circuit?.close(1);
  });

  it('are not cut by any amount that the other node takes', async () => {
    let heard = 0;
    const { client, device } = open(near, far, () => heard++);
    await world.settle();
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 32; i++) device.circuit?.send(new Uint8Array(16 * 1024));
      await world.settle();
    }
    assert.equal(heard, 320);
    assert.deepEqual(cuts(far), {});
    client.circuit?.close(1);
    await world.settle();
    isEmpty();
  });

  it('hold no more than 4 MiB toward one node: the one with the most is cut', async () => {
    const ends: { client: End; device: End }[] = [];
    for (let i = 0; i < 6; i++) {
      ends.push(open(near, far));
      await world.settle();
    }
    near.data.cut(); // nothing is confirmed; its end is told later
    for (const [i, { device }] of ends.entries()) device.circuit?.send(new Uint8Array(MAX_BUS_CIRCUIT_BYTES - 1000 * (i + 1)));
    assert.ok(far.bus.reading.pendingBytes <= MAX_BUS_NODE_BYTES);
    assert.deepEqual(cuts(far), { slow: 2 });
    assert.equal(far.bus.reading.circuits, 4);
  });

  it('are cut where a record was lost, before anything behind the gap is heard', async () => {
    const { client, device } = open(near, far);
    await world.settle();
    world.nats.lossPercent = 100;
    device.circuit?.send(Uint8Array.of(1));
    world.nats.lossPercent = 0;
    device.circuit?.send(Uint8Array.of(2));
    await world.settle();
    assert.deepEqual([client.heard, device.heard], [['joined', offline], [offline]]);
    assert.deepEqual(cuts(near), { lost: 1 });
    isEmpty();
  });

  it('are cut within two pulses where the last record was lost and nothing follows', async () => {
    const { client, device } = open(near, far);
    await world.settle();
    world.nats.lossPercent = 100;
    device.circuit?.send(Uint8Array.of(1));
    world.nats.lossPercent = 0;
    await world.clock.advance(2_000);
    assert.deepEqual([client.heard, device.heard], [['joined', offline], [offline]]);
    isEmpty();
  });

  it('end at the other node too when the farewell was lost', async () => {
    const { client, device } = open(near, far);
    await world.settle();
    world.nats.lossPercent = 100;
    client.circuit?.close(47);
    world.nats.lossPercent = 0;
    await world.clock.advance(2_000);
    assert.deepEqual([client.heard, device.heard], [['joined'], [offline]]);
    isEmpty();
  });

  it('are refused within two pulses where JOINED was lost, and end at the other node', async () => {
    const { client, device } = open(near, far);
    const publish = far.data.publish.bind(far.data);
    far.data.publish = () => {
      far.data.publish = publish; // JOINED is lost, and nothing else
    };
    await world.clock.advance(2_000);
    assert.deepEqual([client.heard, device.heard], [['refused gone'], [offline]]);
    isEmpty();
  });

  it('end within two pulses when the other node was killed', async () => {
    const { client } = open(near, far);
    await world.settle();
    far.control.vanish();
    far.data.vanish();
    await world.clock.advance(2_000);
    assert.deepEqual(client.heard, ['joined', offline]);
    assert.deepEqual(cuts(near), { nodeGone: 1 });
    assert.equal(near.bus.reading.nodes, 0);
  });

  it('are refused as gone at a node that is not there, or while NATS is away', async () => {
    const place = { node: 'ffffffffffffffff', link: 1, epoch: 1, attempt: 1 };
    const heard: string[] = [];
    const handlers = {
      onJoined: () => void heard.push('joined'),
      onRefused: (refusal: string) => void heard.push(refusal),
      onRecord: () => undefined,
      onFlow: () => undefined,
      onClose: () => void heard.push('closed'),
    };
    near.bus.open(place, 'hash', handlers);
    await world.settle();
    near.data.cut();
    near.bus.open(place, 'hash', handlers);
    assert.deepEqual(heard, ['gone']);
    near.bus.open(place, 'hash', handlers).close(1);
    await world.settle();
    assert.deepEqual(heard, ['gone', 'gone']);
    isEmpty();
  });

  it('end when the other node says nothing for long, but not because this one has stalled', async () => {
    const { client, device } = open(near, far);
    await world.settle();
    world.clock.stall(BUS_SILENT_MS + 5_000);
    await world.clock.advance(2_000);
    assert.deepEqual(client.heard, ['joined'], 'both stalled with the clock, and heard each other again');
    far.data.publish = () => undefined; // as a process that is stopped: the line is there, nobody speaks
    await world.clock.advance(BUS_SILENT_MS + 2_000);
    assert.deepEqual(client.heard, ['joined', offline]);
    assert.deepEqual(device.heard, [offline]);
    isEmpty();
  });

  it('end at both nodes when NATS goes, once, and are not joined again by themselves', async () => {
    const { client, device } = open(near, far);
    await world.settle();
    world.nats.stop();
    await world.settle();
    assert.deepEqual([client.heard, device.heard], [['joined', offline], [offline]]);
    assert.deepEqual([cuts(near), cuts(far)], [{ away: 1 }, { away: 1 }]);
    assert.equal(near.metrics.busLosses.value, 1);
    assert.equal(near.bus.reading.isUp, false);
    world.nats.start();
    await world.clock.advance(2_000);
    assert.equal(client.heard.length, 2);
    isEmpty();
  });

  it('say nothing more to who has closed while a cut was on its way', async () => {
    const { client, device } = open(near, far);
    await world.settle();
    world.nats.stop();
    client.circuit?.close(1);
    client.circuit?.send(new Uint8Array(1));
    client.circuit?.setFlow(false);
    await world.settle();
    assert.deepEqual([client.heard, device.heard], [['joined'], [offline]]);
  });

  it('ignore what makes no sense, and what is said of circuits that are not theirs', async () => {
    const { client, device } = open(near, far);
    await world.settle();
    const stranger = world.nats.line();
    const subject = `c2l1.n.${near.bus.node}.d`;
    for (const bytes of [[], [0x83], [0x7f, ...new Array<number>(12).fill(0)], new Array<number>(40).fill(255)]) {
      stranger.publish(subject, Uint8Array.from(bytes));
    }
    await world.settle();
    assert.equal(world.errors.length, 4);
    world.errors.length = 0;
    // a record for a number that was never given is answered by a farewell, a farewell by nothing
    const before = world.nats.seen.length;
    stranger.publish(subject, Uint8Array.from([0x83, ...new Array<number>(8).fill(9), 0, 0, 0, 9, 0, 0, 0, 1]));
    await world.settle();
    const said = world.nats.seen.slice(before).filter((one) => one.subject === 'c2l1.n.0909090909090909.d');
    assert.deepEqual(
      said.map(({ data }) => decodeBusFrame(data).type),
      ['close'],
    );
    assert.deepEqual([client.heard, device.heard], [['joined'], []]);
    stranger.vanish();
    client.circuit?.close(1);
  });

  it('have no name in a subject but hashes and the random names of nodes', async () => {
    const { client } = open(near, far);
    await world.settle();
    client.circuit?.send(Uint8Array.of(1));
    near.bus.dial('hash', () => undefined);
    await world.clock.advance(2_000);
    client.circuit?.close(1);
    const shapes = new Set(world.nats.seen.map((one) => one.subject.replace(/[0-9]{16}/g, 'NODE').replace(/\.hash$/, '.HASH')));
    assert.deepEqual([...shapes].sort(), ['c2l1.h.HASH', 'c2l1.n.NODE.d', 'c2l1.up']);
  });
});

describe('a bus between nodes that loses messages', () => {
  it('delivers what was sent from its beginning without a gap, and ends what it cannot go on with, for 200 seeds', async () => {
    let lost = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const world = new ClusterWorld(seed);
      const [near, far] = [world.node(), world.node()];
      await world.clock.advance(1_000);
      world.nats.lossPercent = 10;
      const { client, device } = open(near, far);
      await world.settle();
      for (let i = 0; i < 40; i++) {
        client.circuit?.send(Uint8Array.of(i));
        device.circuit?.send(Uint8Array.of(100 + i));
        if (i % 10 === 0) await world.clock.advance(300);
      }
      world.nats.lossPercent = 0;
      await world.clock.advance(BUS_SILENT_MS + 3_000);
      for (const [end, first] of [
        [client, 100],
        [device, 0],
      ] as const) {
        const records = end.heard.filter((one) => one.startsWith('record'));
        assert.deepEqual(
          records,
          records.map((_, i) => `record ${String(first + i)}`),
          `seed ${String(seed)}`,
        );
        const farewells = end.heard.filter((one) => /^(closed|refused)/.test(one));
        assert.ok(farewells.length <= 1 && (farewells.length === 0 || end.heard.at(-1) === farewells[0]), `seed ${String(seed)}`);
        if (farewells.length === 0 && end.heard.includes('joined')) assert.equal(records.length, 40, `seed ${String(seed)}`);
      }
      if (!client.heard.includes('joined')) client.circuit?.close(1); // its link asks anew at a heartbeat
      await world.clock.advance(3_000);
      const [a, b] = [near.bus.reading.circuits, far.bus.reading.circuits];
      assert.equal(a, b, `seed ${String(seed)}: one end has what the other has not`);
      if (a === 0) lost++;
      for (const { bus } of world.nodes) bus.dispose();
    }
    assert.ok(lost > 100, `only ${String(lost)} were lost: nothing was tried`);
  });
});
