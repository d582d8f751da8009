import assert from 'node:assert/strict';
import { closeCodeFor } from '../../src/protocol/closeCodes.ts';
import { errorNumber } from '../../src/protocol/errors.ts';
import { BacklogBudget } from '../../src/relay/circuits/backlogBudget.ts';
import { RelayWorld, type TestEnd } from './relayWorld.ts';

const KiB = 1024;
const RECORD_BYTES = 16 * KiB;

function full(fill = 0): Uint8Array {
  return new Uint8Array(RECORD_BYTES).fill(fill);
}

describe('block or drop', () => {
  let world: RelayWorld;
  beforeEach(() => {
    world = new RelayWorld();
  });
  afterEach(() => world.finish());

  /** Sends until the relay stops reading, at most `count` records; the number that left the client. */
  const pour = async (client: TestEnd, count: number): Promise<number> => {
    for (let i = 0; i < count; i++) client.send({ type: 'record', circuit: undefined, record: full() });
    await world.clock.settle();
    return count - Math.ceil(client.socket.backlogBytes / RECORD_BYTES);
  };

  describe('toward a client', () => {
    it('ends the link of a client with more than 2 MiB unsent, and no other', async () => {
      const device = await world.device();
      const [slow, quick] = [await world.dial(), await world.dial()];
      slow.socket.pause();
      for (let i = 0; i < 127; i++) await device.say({ type: 'record', circuit: 1, record: full(i) });
      assert.equal(slow.closeCode, undefined);
      assert.ok(world.core.counts.backlogBytes > 2_000_000);
      for (let i = 0; i < 2; i++) await device.say({ type: 'record', circuit: 1, record: full() });
      await device.say({ type: 'record', circuit: 2, record: full(7) });
      assert.equal(slow.closeCode, 1006);
      assert.deepEqual(device.last('left'), { type: 'left', circuit: 1, reason: errorNumber('slowReader') });
      assert.deepEqual([quick.closeCode, quick.records().length, device.closeCode], [undefined, 1, undefined]);
      assert.equal(world.core.counts.backlogBytes, 0);
    });

    it('never stops reading the device', async () => {
      const device = await world.device();
      (await world.dial()).socket.pause();
      for (let i = 0; i < 200; i++) await device.say({ type: 'record', circuit: 1, record: full() });
      assert.equal(device.relaySide.isPaused, false);
      assert.equal(device.socket.backlogBytes, 0);
    });
  });

  describe('toward a device', () => {
    it('stops reading a client with 256 KiB queued and goes on when that has drained', async () => {
      const device = await world.device();
      const client = await world.dial();
      device.socket.pause();
      const taken = await pour(client, 60);
      assert.equal(client.relaySide.isPaused, true);
      assert.ok(taken * RECORD_BYTES <= (64 + 16 + 256 + 32) * KiB, `took ${String(taken)} records`);
      device.socket.resume();
      await world.clock.settle();
      assert.equal(client.relaySide.isPaused, false);
      assert.equal(device.records(1).length, 60);
      assert.equal(world.core.counts.backlogBytes, 0);
    });

    it('ends a client that it has not read for 35 s, and tells the device', async () => {
      const device = await world.device();
      const client = await world.dial();
      device.socket.pause();
      await pour(client, 60);
      // The device's link itself stays alive here: some of what it is sent it takes.
      for (let s = 0; s < 34; s++) {
        await device.say({ type: 'heartbeatAck' });
        await world.clock.advance(1_000);
      }
      assert.deepEqual([client.relaySide.isPaused, client.closeCode], [true, undefined]);
      await device.say({ type: 'heartbeatAck' });
      await world.clock.advance(1_500);
      assert.equal(client.closeCode, closeCodeFor('slowReader'));
      assert.equal(world.core.counts.clientLinks, 0);
      device.socket.resume();
      await world.clock.settle();
      assert.equal(device.last('left').reason, errorNumber('slowReader'));
    });

    it('keeps little in the device’s socket', async () => {
      const device = await world.device();
      device.socket.pause();
      await pour(await world.dial(), 60);
      assert.ok(device.relaySide.backlogBytes <= (64 + 17) * KiB, String(device.relaySide.backlogBytes));
    });

    it('lets a quick client pass a busy one', async () => {
      const device = await world.device();
      const [busy, quick] = [await world.dial(), await world.dial()];
      device.socket.pause();
      await pour(busy, 60);
      await quick.say({ type: 'record', circuit: undefined, record: Uint8Array.of(1) });
      assert.equal(quick.relaySide.isPaused, false);
      device.socket.resume();
      await world.clock.settle();
      const before = device.frames.findIndex((frame) => frame.type === 'record' && frame.circuit === 2);
      const busyBefore = device.frames.slice(0, before).filter((frame) => frame.type === 'record').length;
      assert.ok(busyBefore <= 6, `${String(busyBefore)} records of the other came first`);
      assert.equal(device.records(1).length, 60);
    });

    it('takes turns between circuits', async () => {
      const device = await world.device();
      const clients = [await world.dial(), await world.dial(), await world.dial()];
      device.socket.pause();
      for (const client of clients) await pour(client, 14);
      device.socket.resume();
      await world.clock.settle();
      const order = device.frames.flatMap((frame) => (frame.type === 'record' ? [frame.circuit] : []));
      assert.equal(order.length, 42);
      assert.deepEqual(
        order.slice(6, 12),
        [2, 3, 1, 2, 3, 1].map((circuit, index) => order[6 + (index % 3)] ?? circuit),
      );
      assert.equal(new Set(order.slice(6, 9)).size, 3);
    });

    it('never cuts the device’s link, however much its clients send', async () => {
      const device = await world.device();
      device.socket.pause();
      const clients = [];
      for (let i = 0; i < 8; i++) clients.push(await world.dial());
      for (const client of clients) await pour(client, 300);
      assert.equal(device.closeCode, undefined);
      assert.ok(clients.every((client) => client.relaySide.isPaused && client.closeCode === undefined));
    });

    it('keeps what joins and farewells put into the device’s socket small, however often clients come', async () => {
      const device = await world.device();
      device.socket.pause();
      let code: number | undefined;
      for (let i = 0; code === undefined && i < 6_000; i++) {
        const client = await world.dial();
        code = client.closeCode;
        client.socket.terminate();
        await world.clock.settle();
      }
      assert.equal(code, 4502);
      assert.ok(device.relaySide.backlogBytes < 80 * KiB);
      assert.equal(device.closeCode, undefined);
    });

    it('drops what is queued when the device leaves the circuit, and reads the client again', async () => {
      const device = await world.device();
      const client = await world.dial();
      device.socket.pause();
      await pour(client, 60);
      await device.say({ type: 'leave', circuit: 1, reason: 23 });
      assert.equal(client.relaySide.isPaused, false);
      assert.equal(client.last('left').reason, 23);
      device.socket.resume();
      await world.clock.settle();
      assert.ok(device.records(1).length <= 5);
    });

    it('does not call a client dead whom it does not read', async () => {
      const device = await world.device();
      const client = await world.dial();
      device.socket.pause();
      await pour(client, 60);
      for (let i = 0; i < 17; i++) {
        await world.clock.advance(2_000);
        await device.say({ type: 'heartbeatAck' }); // slow to read, but alive
        assert.deepEqual([client.relaySide.isPaused, client.closeCode], [true, undefined]);
      }
      device.socket.resume();
      await world.clock.advance(60_000);
      assert.equal(client.closeCode, undefined);
      assert.equal(device.records(1).length, 60);
    });

    it('gives a client that it reads again the time to be heard', async () => {
      for (let phase = 0; phase < 15; phase += 3) {
        const device = await world.device({ tokens: [String(phase)] });
        const client = await world.dial(String(phase));
        await world.clock.advance(phase * 1_000);
        device.socket.pause();
        await pour(client, 60);
        client.socket.hold(true);
        for (let i = 0; i < 10; i++) {
          await world.clock.advance(2_000);
          await device.say({ type: 'heartbeatAck' });
        }
        device.socket.resume();
        await world.clock.advance(7_000);
        client.socket.hold(false);
        await world.clock.settle();
        assert.equal(client.closeCode, undefined);
        device.socket.terminate();
        client.socket.terminate();
        await world.clock.settle();
      }
    });

    it('still counts a circuit whose client has left until the device has taken what it sent', async () => {
      const device = await world.device();
      device.socket.pause();
      for (let i = 0; i < 8; i++) {
        const client = await world.dial();
        await pour(client, 10);
        client.socket.close(1000);
        await world.clock.settle();
      }
      const ninth = await world.dial();
      assert.equal(ninth.closeCode, 4502);
      device.socket.resume();
      await world.clock.settle();
      assert.equal(device.count('left'), 8);
      assert.equal(device.frames.filter((frame) => frame.type === 'record').length, 80);
      assert.equal((await world.dial()).count('joined'), 1);
    });
  });

  describe('in the whole relay', () => {
    it('sheds the largest queue first', async () => {
      const small = new RelayWorld({ limits: { totalBacklogBytes: 400 * KiB } });
      const device = await small.device({ tokens: ['a', 'b'] });
      const [large, little] = [await small.dial('a'), await small.dial('b')];
      large.socket.pause();
      little.socket.pause();
      for (let i = 0; i < 20; i++) await device.say({ type: 'record', circuit: 1, record: full() });
      for (let i = 0; i < 5; i++) await device.say({ type: 'record', circuit: 2, record: full() });
      assert.deepEqual([large.closeCode, little.closeCode], [1006, undefined]);
      assert.ok(small.core.counts.backlogBytes <= 400 * KiB);
      await small.finish();
    });

    it('counts and sheds what stands before the farewell of a link that is over', async () => {
      const small = new RelayWorld({ limits: { totalBacklogBytes: 400 * KiB } });
      const device = await small.device({ tokens: ['a', 'b'] });
      const [ended, other] = [await small.dial('a'), await small.dial('b')];
      ended.socket.pause();
      other.socket.pause();
      for (let i = 0; i < 20; i++) await device.say({ type: 'record', circuit: 1, record: full() });
      ended.socket.send(new Uint8Array([0xff])); // no frame: the relay says so and closes
      await small.clock.settle();
      assert.equal(ended.closeCode, undefined);
      assert.ok(small.core.counts.backlogBytes >= 20 * RECORD_BYTES);
      for (let i = 0; i < 10; i++) await device.say({ type: 'record', circuit: 2, record: full() });
      assert.deepEqual([ended.closeCode, other.closeCode], [1006, undefined]);
      assert.ok(small.core.counts.backlogBytes <= 400 * KiB);
      await small.finish();
    });

    it('sheds a queue toward a device by ending that circuit alone', async () => {
      const small = new RelayWorld({ limits: { totalBacklogBytes: 300 * KiB } });
      const device = await small.device();
      const [large, little] = [await small.dial(), await small.dial()];
      device.socket.pause();
      for (let i = 0; i < 15; i++) await large.say({ type: 'record', circuit: undefined, record: full() });
      for (let i = 0; i < 12; i++) await little.say({ type: 'record', circuit: undefined, record: full() });
      assert.equal(large.count('left'), 1);
      assert.equal(large.last('left').reason, errorNumber('relayBusy'));
      assert.equal(little.count('left'), 0);
      assert.equal(device.closeCode, undefined);
      device.socket.resume();
      await small.clock.settle();
      assert.deepEqual(device.last('left'), { type: 'left', circuit: 1, reason: errorNumber('relayBusy') });
      await small.finish();
    });

    it('counts what each holder has and forgets it when it has nothing', () => {
      const budget = new BacklogBudget(100);
      const shed: string[] = [];
      const holder = (name: string) => ({ shed: () => shed.push(name) });
      const [a, b] = [holder('a'), holder('b')];
      budget.set(a, 40);
      budget.set(b, 60);
      assert.equal(budget.totalBytes, 100);
      budget.set(a, 50);
      assert.deepEqual([shed, budget.totalBytes], [['b'], 50]);
      budget.set(a, 0);
      assert.equal(budget.totalBytes, 0);
    });
  });
});
