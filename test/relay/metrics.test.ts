import assert from 'node:assert/strict';
import { mintInvite } from '../../src/secure/invite.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import type { LinkRole } from '../../src/protocol/linkFrames.ts';
import type { LinkCut } from '../../src/relay/relayMeter.ts';
import type { CounterSet } from '../../src/relay/metrics/instruments.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { hashOf, RelayWorld, type TestEnd } from './relayWorld.ts';

/** What is not zero. */
function happened(set: CounterSet<string>): Record<string, number> {
  return Object.fromEntries(set.values.filter(([, times]) => times > 0));
}

function sumOf(set: CounterSet<string>): number {
  return set.values.reduce((sum, [, times]) => sum + times, 0);
}

function bytesOf(messages: readonly Uint8Array[]): number {
  return messages.reduce((sum, { length }) => sum + length, 0);
}

describe('what a relay counts', () => {
  let world: RelayWorld;
  const make = (options: ConstructorParameters<typeof RelayWorld>[0] = {}): RelayWorld => (world = new RelayWorld(options));
  const record = (end: TestEnd, bytes: number, circuit?: number): Promise<void> =>
    end.say({ type: 'record', circuit, record: new Uint8Array(bytes) });
  afterEach(() => world.finish());

  it('equals the traffic of every link, frame for frame and byte for byte, heartbeats too', async () => {
    make();
    const devices = [await world.device({ tokens: ['a'] }), await world.device({ tokens: ['b'] })];
    const clients = [await world.dial('a'), await world.dial('a'), await world.dial('b'), await world.dial('nobody')];
    for (const [at, client] of clients.slice(0, 3).entries()) await record(client, 100 + at);
    await record(devices[0] as TestEnd, 16_000, 1);
    await record(devices[0] as TestEnd, 1, 2);
    await record(devices[1] as TestEnd, 333, 1);
    await world.clock.advance(60_000);
    for (const [role, ends] of [
      ['device', devices],
      ['client', clients],
    ] as const) {
      const counted = world.metrics.roles[role];
      const received = ends.flatMap((end) => end.socket.received);
      assert.deepEqual(
        [counted.framesIn.value, counted.bytesIn.value, counted.framesOut.value, counted.bytesOut.value],
        [
          ends.reduce((sum, { sent }) => sum + sent.frames, 0),
          ends.reduce((sum, { sent }) => sum + sent.bytes, 0),
          received.length,
          bytesOf(received),
        ],
        role,
      );
      assert.ok(ends.every((end) => end.count('heartbeat') >= 3));
    }
    const readings = world.core.deviceReadings;
    assert.deepEqual(
      readings.map(({ link, circuits, framesIn, bytesOut }) => ({ link, circuits, framesIn, bytesOut })),
      devices.map((end, at) => ({ link: at + 1, circuits: 2 - at, framesIn: end.sent.frames, bytesOut: bytesOf(end.socket.received) })),
    );
    assert.ok(readings.every(({ id, connectedMs }) => /^[\w-]{8}$/.test(id) && connectedMs === 60_000));
  });

  it('has one outcome for each registration', async () => {
    const secret = new Uint8Array(32).fill(7);
    make({ admission: { kind: 'invites', secret, revoked: new Set(['mallory']) } });
    const inAYear = Math.floor(world.clock.now() / 1000) + 31_536_000;
    const invite = mintInvite(nodeCrypto, secret, 'anna', inAYear);
    const key = world.newKey();
    const instance = new Uint8Array(16).fill(9);
    await world.register({ invite, key, claim: { attempt: 2 } });
    await world.register({ invite, key, claim: { attempt: 1 } }); // stale: `replaced`
    await world.register({ invite, key, claim: { instance } });
    await world.register({ invite, key, claim: { attempt: 3 } }); // replaces the first, and is accepted
    await world.register();
    await world.register({ invite: 'nonsense' });
    await world.register({ invite: mintInvite(nodeCrypto, secret, 'mallory', inAYear) });
    await world.register({ invite: mintInvite(nodeCrypto, secret, 'anna', 1) });
    await world.register({ invite, origin: 'https://another.example' });
    await world.connect('device').say({ type: 'heartbeatAck' });
    world.connect('device').socket.close(1000);
    world.connect('device');
    await world.clock.advance(6_000);
    assert.deepEqual(happened(world.metrics.registrations), {
      accepted: 2,
      replaced: 1,
      duplicateDevice: 1,
      inviteRequired: 1,
      inviteRefused: 2,
      inviteExpired: 1,
      proofRefused: 1,
      relayProtocol: 1,
      relaySilent: 1,
      closed: 1,
    });
    assert.equal(sumOf(world.metrics.registrations), world.metrics.roles.device.links.value);
    assert.deepEqual(happened(world.metrics.roles.device.cuts), {
      replaced: 2,
      duplicate: 1,
      refused: 5,
      protocol: 1,
      firstFrame: 1,
      gone: 1,
    });
  });

  describe('has one reason for each end of a link:', () => {
    type World = ConstructorParameters<typeof RelayWorld>[0];
    const pour = async (device: TestEnd, circuit: number, count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await record(device, 16_000, circuit);
    };
    const table: [cut: LinkCut, role: LinkRole, deed: () => Promise<unknown>, options?: World][] = [
      [
        'gone',
        'client',
        async () => {
          (await world.dial()).socket.terminate();
        },
      ],
      [
        'gone',
        'device',
        async () => {
          (await world.device()).socket.close(1000);
        },
      ],
      [
        'slow',
        'client',
        async () => {
          const device = await world.device();
          (await world.dial()).socket.pause();
          await pour(device, 1, 4);
        },
        { limits: { linkBacklogBytes: 50_000 } },
      ],
      [
        'shed',
        'client',
        async () => {
          const device = await world.device();
          (await world.dial()).socket.pause();
          await pour(device, 1, 4);
        },
        { limits: { totalBacklogBytes: 50_000 } },
      ],
      [
        'unread',
        'client',
        async () => {
          const device = await world.device();
          const client = await world.dial();
          device.relaySide.hold(true);
          for (let i = 0; i < 30; i++) client.send({ type: 'record', circuit: undefined, record: new Uint8Array(16_000) });
          for (let i = 0; i < 8; i++) {
            device.send({ type: 'heartbeatAck' }); // it lives, and takes nothing
            await world.clock.advance(5_000);
          }
        },
      ],
      [
        'heartbeat',
        'device',
        async () => {
          (await world.device()).socket.hold(true);
          await world.clock.advance(26_000);
        },
      ],
      [
        'firstFrame',
        'client',
        async () => {
          world.connect('client');
          await world.clock.advance(6_000);
        },
      ],
      [
        'drained',
        'device',
        async () => {
          await world.device();
          const drained = world.core.drain();
          await world.clock.advance(2_000);
          await drained;
        },
      ],
      [
        'busy',
        'client',
        async () => {
          for (let i = 0; i < 3; i++) await world.dial();
        },
        { limits: { dialsPerAddress: { burst: 2, perSecond: 0.001 } } },
      ],
      ['protocol', 'client', async () => world.connect('client').say({ type: 'heartbeatAck' })],
      [
        'stopped',
        'client',
        async () => {
          await world.dial();
          world.core.dispose();
        },
      ],
    ];
    for (const [cut, role, deed, options] of table) {
      it(`${cut}, of a ${role}`, async () => {
        make(options);
        await deed();
        await world.clock.settle();
        assert.deepEqual(happened(world.metrics.roles[role].cuts), { [cut]: 1 });
      });
    }
  });

  it('has a beginning and an end for each dial', async () => {
    make();
    const early = await world.dial(); // waits, then is joined
    const device = await world.device();
    assert.deepEqual(early.types, ['waiting', 'joined']);
    await device.say({ type: 'leave', circuit: 1, reason: 47 }); // the relay dials again, after a rest
    await world.clock.advance(3_000);
    const never = await world.dial('nobody');
    await never.say({ type: 'dial', hash: hashOf('nobody either') });
    never.socket.close(1000);
    const full = await Promise.all(Array.from({ length: 8 }, () => world.dial()));
    await world.clock.settle();
    const { dials, dialsParked, dialOutcomes, circuits, circuitEnds } = world.metrics;
    assert.deepEqual(happened(dials), { client: 11, relay: 1 });
    assert.deepEqual(happened(dialOutcomes), { joined: 9, busy: 1, abandoned: 2 });
    assert.equal(dialsParked.value, 4);
    assert.equal(full.filter(({ closeCode }) => closeCode === 4502).length, 1);
    full[0]?.socket.close(1000);
    await world.clock.settle();
    device.socket.terminate();
    await world.clock.settle();
    assert.deepEqual([circuits.value, happened(circuitEnds)], [9, { device: 1, client: 1, deviceLink: 7 }]);
  });

  it('counts a circuit that is ended for holding too much once, by its first cause', async () => {
    make({ limits: { totalBacklogBytes: 100_000 } });
    const device = await world.device();
    const client = await world.dial();
    device.relaySide.hold(true);
    for (let i = 0; i < 12; i++) await record(client, 16_000);
    assert.deepEqual(happened(world.metrics.circuitEnds), { shed: 1 });
    device.relaySide.hold(false);
    await world.clock.settle();
    assert.deepEqual(happened(world.metrics.circuitEnds), { shed: 1 });
  });

  it('measures how soon a circuit speaks, and its pauses, and nothing between circuits', async () => {
    make();
    const device = await world.device();
    const client = await world.dial();
    for (const pause of [40, 3, 200, 70_000]) {
      await world.clock.advance(pause);
      await record(device, 10, 1);
    }
    await device.say({ type: 'leave', circuit: 1, reason: 47 });
    await world.clock.advance(500);
    await record(client, 10); // toward the device: no record of a client
    await record(device, 10, 2);
    const { firstRecord, gaps } = world.metrics;
    const { bounds, cumulative, sumSeconds } = firstRecord.reading;
    assert.deepEqual([cumulative.at(-1), Math.round(sumSeconds * 1000)], [2, 540]);
    assert.deepEqual([cumulative[bounds.indexOf(0.025)], cumulative[bounds.indexOf(0.05)], cumulative[bounds.indexOf(0.5)]], [0, 1, 2]);
    assert.deepEqual([gaps.reading.cumulative.at(-1), Math.round(gaps.reading.sumSeconds * 1000)], [3, 70_203]);
    assert.deepEqual(gaps.reading.cumulative, [0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
  });

  it('adds up, whatever comes and goes', async () => {
    make();
    const random = new SeededRandom(5);
    const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random.float() * from.length)];
    const [devices, clients]: TestEnd[][] = [[], []] as TestEnd[][];
    for (let step = 0; step < 300; step++) {
      const token = pick(['a', 'b', 'c']) ?? '';
      const client = pick(clients ?? []);
      const device = pick(devices ?? []);
      const circuit = 1 + Math.floor(random.float() * 3);
      const deeds: (() => unknown)[] = [
        async () => devices?.push(await world.register({ key: world.newKey() })),
        () => device?.send({ type: 'tokens', seq: step, replace: true, add: [hashOf(token)], remove: [] }),
        async () => clients?.push(await world.dial(token)),
        () => client?.send({ type: 'dial', hash: hashOf(token) }),
        () => client?.send({ type: 'record', circuit: undefined, record: new Uint8Array(100) }),
        () => device?.send({ type: 'record', circuit, record: new Uint8Array(100) }),
        () => device?.send({ type: 'leave', circuit, reason: 47 }),
        () => (random.float() < 0.3 ? client : undefined)?.socket.terminate(),
        () => (random.float() < 0.2 ? device : undefined)?.socket.terminate(),
        () => world.clock.advance(random.float() * 2_000),
      ];
      await pick(deeds)?.();
      await world.clock.settle();
      const { counts } = world.core;
      const { roles, dials, dialOutcomes, circuits, circuitEnds, registrations } = world.metrics;
      assert.equal(roles.client.links.value - sumOf(roles.client.cuts), counts.clientLinks);
      assert.equal(roles.device.links.value - sumOf(roles.device.cuts), counts.deviceLinks);
      assert.equal(sumOf(registrations), roles.device.links.value);
      assert.equal(circuits.value - sumOf(circuitEnds), counts.circuits);
      const running = sumOf(dials) - sumOf(dialOutcomes);
      assert.ok(running >= counts.parkedDials && running + counts.circuits <= counts.clientLinks + 1, `step ${String(step)}`);
    }
    assert.ok(world.metrics.circuits.value > 10 && sumOf(world.metrics.dialOutcomes) > 20);
  });
});
