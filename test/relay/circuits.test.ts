import assert from 'node:assert/strict';
import { errorNumber } from '../../src/protocol/errors.ts';
import { hashOf, RelayWorld } from './relayWorld.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const record = (...values: number[]): { type: 'record'; circuit: undefined; record: Uint8Array } => ({
  type: 'record',
  circuit: undefined,
  record: bytes(...values),
});

describe('circuits', () => {
  let world: RelayWorld;
  beforeEach(() => {
    world = new RelayWorld();
  });
  afterEach(() => world.finish());

  it('joins a dial with the device that serves its hash and tells both ends', async () => {
    const device = await world.device();
    const client = await world.dial();
    assert.deepEqual(client.last('joined'), { type: 'joined', circuit: undefined, id: device.key.publicKey });
    assert.deepEqual(device.last('joined'), { type: 'joined', circuit: 1, id: hashOf('token') });
    assert.equal(client.count('waiting'), 0);
    assert.equal(world.core.counts.circuits, 1);
  });

  it('carries records both ways in order, and apart from other circuits', async () => {
    const device = await world.device();
    const [a, b] = [await world.dial(), await world.dial()];
    a.send(record(1));
    b.send(record(2));
    await a.say(record(3));
    device.send({ type: 'record', circuit: 2, record: bytes(4) });
    device.send({ type: 'record', circuit: 1, record: bytes(5) });
    await device.say({ type: 'record', circuit: 2, record: bytes(6) });
    assert.deepEqual(device.records(1), [bytes(1), bytes(3)]);
    assert.deepEqual(device.records(2), [bytes(2)]);
    assert.deepEqual(a.records(), [bytes(5)]);
    assert.deepEqual(b.records(), [bytes(4), bytes(6)]);
  });

  it('sends JOINED to the device before the client’s first record', async () => {
    const device = await world.device();
    const client = world.connect('client');
    client.socket.listen({ onMessage: () => { client.send(record(9)); } }); // prettier-ignore
    await client.say({ type: 'dial', hash: hashOf('token') });
    const types = device.types;
    assert.ok(types.indexOf('joined') < types.indexOf('record') && types.includes('record'));
  });

  it('passes on records of every length that may be one, unread', async () => {
    const device = await world.device();
    const client = await world.dial();
    for (const length of [0, 1, 16_400]) await client.say({ type: 'record', circuit: undefined, record: new Uint8Array(length).fill(255) });
    assert.deepEqual(
      device.records(1).map((one) => one.length),
      [0, 1, 16_400],
    );
  });

  describe('waiting', () => {
    it('parks a dial that matches nothing and joins it when a device registers the hash', async () => {
      const client = await world.dial();
      assert.deepEqual(client.types, ['waiting']);
      assert.equal(world.core.counts.parkedDials, 1);
      const device = await world.device();
      assert.deepEqual(client.types, ['waiting', 'joined']);
      assert.deepEqual(device.types, ['challenge', 'admitted', 'tokensOk', 'joined']);
      assert.equal(world.core.counts.parkedDials, 0);
    });

    it('does not tell a stranger from somebody paired', async () => {
      const [paired, stranger] = [await world.dial('token'), await world.dial('unknown')];
      await world.clock.advance(60_000);
      assert.deepEqual(paired.types, stranger.types);
    });

    it('joins when the hash is added later, and no more after it was removed', async () => {
      const device = await world.device({ tokens: [] });
      const early = await world.dial('late');
      await device.say({ type: 'tokens', seq: 2, replace: false, add: [hashOf('late')], remove: [] });
      await device.say({ type: 'tokens', seq: 3, replace: false, add: [], remove: [hashOf('late')] });
      const late = await world.dial('late');
      assert.deepEqual([early.types, late.types], [['waiting', 'joined'], ['waiting']]);
      assert.equal(device.last('tokensOk').seq, 3);
    });

    it('replaces all hashes at once', async () => {
      const device = await world.device({ tokens: ['one', 'two'] });
      await device.say({ type: 'tokens', seq: 2, replace: true, add: [hashOf('two'), hashOf('three')], remove: [] });
      const clients = [await world.dial('one'), await world.dial('two'), await world.dial('three')];
      assert.deepEqual(
        clients.map((client) => client.types[0]),
        ['waiting', 'joined', 'joined'],
      );
    });

    it('follows the last of several dials', async () => {
      const client = await world.dial('one');
      await client.say({ type: 'dial', hash: hashOf('two') });
      const device = await world.device({ tokens: ['one', 'two'] });
      assert.deepEqual(client.types, ['waiting', 'waiting', 'joined']);
      assert.deepEqual(device.last('joined').id, hashOf('two'));
      assert.equal(world.core.counts.circuits, 1);
    });

    it('gives the place of a client that leaves back', async () => {
      const client = await world.dial();
      client.socket.close(1000);
      await world.clock.settle();
      assert.equal(world.core.counts.parkedDials, 0);
    });
  });

  describe('ending', () => {
    it('tells the device when a client leaves, behind its last record', async () => {
      const device = await world.device();
      const client = await world.dial();
      client.send(record(1));
      client.socket.close(1000);
      await world.clock.settle();
      assert.deepEqual(device.types.slice(-2), ['record', 'left']);
      assert.deepEqual(device.last('left'), { type: 'left', circuit: 1, reason: errorNumber('closed') });
      assert.equal(world.core.counts.circuits, 0);
    });

    it('hands the device’s reason to the client and parks its dial again by itself', async () => {
      const device = await world.device();
      const client = await world.dial();
      await world.clock.advance(2_000);
      await device.say({ type: 'tokens', seq: 2, replace: true, add: [], remove: [] });
      await device.say({ type: 'leave', circuit: 1, reason: 25 });
      assert.deepEqual(client.types, ['joined', 'left', 'waiting']);
      assert.equal(client.last('left').reason, 25);
    });

    it('joins again at once when the hash is still served, under a new number', async () => {
      const device = await world.device();
      const client = await world.dial();
      await world.clock.advance(2_000);
      await device.say({ type: 'leave', circuit: 1, reason: 23 });
      assert.deepEqual(client.types, ['joined', 'left', 'joined']);
      assert.equal(device.last('joined').circuit, 2);
    });

    it('waits a little when the device ends a circuit as soon as it begins', async () => {
      const device = await world.device();
      const client = await world.dial();
      for (let round = 1; round <= 3; round++) {
        await device.say({ type: 'leave', circuit: round, reason: 22 });
        assert.deepEqual(client.types.slice(-2), ['left', 'waiting']);
        await world.clock.advance(1_000);
        assert.equal(client.types.at(-1), 'joined');
      }
      assert.equal(device.count('joined'), 4);
    });

    it('does not let what the client had under way reach the next circuit', async () => {
      const device = await world.device();
      const client = await world.dial();
      await world.clock.advance(2_000);
      client.socket.hold(true);
      client.send(record(66)); // for circuit 1; it will arrive after the relay has ended that
      await device.say({ type: 'leave', circuit: 1, reason: 23 });
      assert.deepEqual(client.types, ['joined', 'left']);
      client.socket.hold(false);
      await world.clock.settle();
      assert.deepEqual(client.types, ['joined', 'left', 'joined']);
      await client.say(record(77));
      assert.deepEqual(device.records(1), []);
      assert.deepEqual(device.records(2), [bytes(77)]);
    });

    it('counts no earlier answer as the one to its question behind LEFT', async () => {
      const device = await world.device();
      const client = await world.dial();
      client.socket.hold(true);
      await world.clock.advance(15_000); // a heartbeat goes unanswered for now
      client.send(record(66));
      await device.say({ type: 'leave', circuit: 1, reason: 23 });
      client.socket.hold(false);
      await world.clock.settle();
      assert.deepEqual(device.records(2), []);
      assert.equal(client.types.at(-1), 'joined');
    });

    it('dials again only once the client has answered, even when it dials by itself', async () => {
      const device = await world.device({ tokens: ['one', 'two'] });
      const client = await world.dial('one');
      client.socket.listen({}); // it no longer answers by itself
      await world.clock.advance(2_000);
      await device.say({ type: 'leave', circuit: 1, reason: 23 });
      await client.say({ type: 'dial', hash: hashOf('two') });
      assert.equal(device.count('joined'), 1);
      while (device.count('joined') === 1) await client.say({ type: 'heartbeatAck' });
      assert.deepEqual(device.last('joined').id, hashOf('two'));
    });

    it('ends the circuits of a device that goes, and joins them at its next link', async () => {
      const device = await world.device();
      const client = await world.dial();
      await world.clock.advance(2_000);
      device.socket.terminate();
      await world.clock.settle();
      assert.deepEqual(client.types, ['joined', 'left', 'waiting']);
      assert.equal(client.last('left').reason, errorNumber('deviceOffline'));
      await world.device({ key: device.key, claim: { attempt: 2 } });
      assert.equal(client.types.at(-1), 'joined');
    });

    it('dials the new hash when a client dials while it is being joined', async () => {
      const device = await world.device({ tokens: ['one', 'two'] });
      const client = await world.dial('one');
      await client.say({ type: 'dial', hash: hashOf('two') });
      assert.deepEqual(client.types, ['joined', 'left', 'joined']);
      assert.equal(device.last('left').circuit, 1);
      assert.deepEqual(device.last('joined').id, hashOf('two'));
    });

    it('ignores what a device says of a circuit that has just ended', async () => {
      const device = await world.device();
      const client = await world.dial();
      client.socket.close(1000);
      await world.clock.settle();
      await device.say({ type: 'record', circuit: 1, record: bytes(1) });
      await device.say({ type: 'leave', circuit: 1, reason: 1 });
      assert.equal(device.closeCode, undefined);
    });
  });

  describe('bounds', () => {
    it('joins eight circuits of one hash and asks the ninth to come later', async () => {
      const device = await world.device({ tokens: ['token', 'other'] });
      for (let i = 0; i < 8; i++) await world.dial();
      const ninth = await world.dial();
      assert.equal(ninth.closeCode, 4502);
      assert.equal(device.count('joined'), 8);
      assert.equal((await world.dial('other')).count('joined'), 1);
    });

    it('refuses more tokens than a device may have', async () => {
      const device = await world.register();
      const add = Array.from({ length: 513 }, (_, i) => hashOf(String(i)));
      await device.say({ type: 'tokens', seq: 1, replace: true, add: add.slice(1), remove: [] });
      assert.equal(device.closeCode, undefined);
      await device.say({ type: 'tokens', seq: 2, replace: false, add: add.slice(0, 1), remove: [] });
      assert.equal(device.closeCode, 4400);
    });

    it('parks only so many dials of one address, and an IPv6 household is one address', async () => {
      const small = new RelayWorld({ limits: { parkedDialsPerAddress: 2 } });
      const codes = [];
      for (const address of ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2', '2001:db8:1:2::3', '2001:db8:1:3::1', '198.51.100.1']) {
        codes.push((await small.dial('none', address)).closeCode);
      }
      assert.deepEqual(codes, [undefined, undefined, 4502, undefined, undefined]);
      await small.finish();
    });

    it('has no limit per address for loopback and private peers', async () => {
      const small = new RelayWorld({ limits: { parkedDialsPerAddress: 1 } });
      for (const address of ['127.0.0.1', '::1', '::ffff:10.0.0.1', '192.168.1.1', 'fd00::1']) {
        for (let i = 0; i < 2; i++) assert.equal((await small.dial('none', address)).closeCode, undefined);
      }
      await small.finish();
    });

    it('parks only so many dials in all', async () => {
      const small = new RelayWorld({ limits: { parkedDials: 2 } });
      const clients = [await small.dial('a', '127.0.0.1'), await small.dial('b', '127.0.0.1'), await small.dial('c', '127.0.0.1')];
      assert.deepEqual(
        clients.map((client) => client.closeCode),
        [undefined, undefined, 4502],
      );
      await small.finish();
    });
  });

  describe('strictness', () => {
    it('does not hear a record before JOINED', async () => {
      const client = await world.dial();
      await client.say(record(1));
      assert.equal(client.closeCode, 4400);
    });

    it('wants DIAL first', async () => {
      const [early, silent] = [world.connect('client'), world.connect('client')];
      await early.say({ type: 'heartbeatAck' });
      await world.clock.advance(5_000);
      assert.deepEqual([early.closeCode, silent.closeCode], [4400, 4500]);
    });

    for (const type of ['waiting', 'heartbeat', 'challenge', 'goaway', 'tokensOk'] as const) {
      it(`refuses ${type} from a client`, async () => {
        const client = await world.dial();
        await client.say(
          type === 'challenge'
            ? { type, relayKey: new Uint8Array(32), nonce: new Uint8Array(32) }
            : type === 'goaway'
              ? { type, delayMs: 1 }
              : type === 'tokensOk'
                ? { type, seq: 1 }
                : { type },
        );
        assert.equal(client.closeCode, 4400);
      });
    }

    it('refuses the frames of the other role', async () => {
      const device = await world.device();
      await device.say({ type: 'dial', hash: hashOf('token') });
      assert.equal(device.closeCode, 4400);
    });

    it('refuses a circuit that never was', async () => {
      const device = await world.device();
      await device.say({ type: 'record', circuit: 1, record: bytes(1) });
      assert.equal(device.closeCode, 4400);
    });

    it('ends only the link that sends nonsense', async () => {
      const device = await world.device();
      const [good, bad] = [await world.dial(), await world.dial()];
      bad.socket.send(bytes(250, 1, 2));
      await world.clock.settle();
      assert.deepEqual([bad.closeCode, good.closeCode, device.closeCode], [4400, undefined, undefined]);
      await good.say(record(1));
      assert.deepEqual(device.records(1), [bytes(1)]);
    });

    it('survives random messages on links of both roles, in every state', async () => {
      for (let round = 0; round < 400; round++) {
        const link = round % 3 === 0 ? await world.dial('none') : round % 3 === 1 ? world.connect('device') : await world.register();
        const message = world.random.bytes(world.random.int(round % 5 === 0 ? 200 : 40));
        message[0] = world.random.int(16);
        link.socket.send(message);
        await world.clock.settle();
        link.socket.terminate();
      }
      assert.deepEqual(world.errors, []);
    });
  });
});
