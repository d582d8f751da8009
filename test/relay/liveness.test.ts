import assert from 'node:assert/strict';
import { toDisposable } from '../../src/base/disposable.ts';
import { Heartbeat } from '../../src/relay/heartbeat.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { RelayWorld, type TestEnd } from './relayWorld.ts';

describe('liveness of links', () => {
  let world: RelayWorld;
  beforeEach(() => {
    world = new RelayWorld();
  });
  afterEach(() => world.finish());

  /** When the end's link was over, in ms from now, at a resolution of 50 ms. */
  const deathOf = async (end: TestEnd): Promise<number> => {
    for (let ms = 0; ms < 60_000; ms += 50) {
      if (end.relaySide.isOpen) await world.clock.advance(50);
      else return ms;
    }
    return Infinity;
  };

  it('beats every 15 s, the first time at a random part of that', async () => {
    const firsts: number[] = [];
    for (let i = 0; i < 20; i++) {
      const client = await world.dial();
      const start = world.clock.monotonic();
      while (client.count('heartbeat') === 0) await world.clock.advance(250);
      firsts.push(world.clock.monotonic() - start);
      client.socket.terminate();
    }
    assert.ok(Math.max(...firsts) <= 15_250 && Math.max(...firsts) - Math.min(...firsts) > 5_000, firsts.join(' '));
    const client = await world.dial();
    await world.clock.advance(150_000);
    assert.equal(client.count('heartbeat'), 10);
    assert.equal(client.closeCode, undefined);
  });

  for (const role of ['client', 'device'] as const) {
    it(`finds a half-open link of a ${role} within 25 s`, async () => {
      const end = role === 'client' ? await world.dial() : await world.device();
      await world.clock.advance(world.random.int(40_000));
      end.socket.hold(true);
      assert.ok((await deathOf(end)) <= 25_000);
    });
  }

  it('takes any frame as a sign of life', async () => {
    const device = await world.device();
    const client = await world.dial();
    client.socket.listen({}); // it no longer answers heartbeats
    for (let i = 0; i < 20; i++) {
      await world.clock.advance(5_000);
      await client.say({ type: 'record', circuit: undefined, record: Uint8Array.of(i) });
    }
    assert.equal(client.closeCode, undefined);
    assert.equal(device.records(1).length, 20);
  });

  it('tells the device when its client has died', async () => {
    const device = await world.device();
    const client = await world.dial();
    client.socket.hold(true);
    await world.clock.advance(26_000);
    assert.equal(device.count('left'), 1);
    assert.equal(device.closeCode, undefined);
  });

  describe('after a stall of our own', () => {
    /** A clock whose timers can be late, as when the event loop stands still. */
    class StallingClock extends FakeClock {
      readonly #late: (() => void)[] = [];
      isStalled = false;
      override after(delayMs: number, task: () => void): ReturnType<FakeClock['after']> {
        let live = true;
        const timer = super.after(delayMs, () => {
          if (!live) return;
          if (this.isStalled) this.#late.push(task);
          else task();
        });
        return toDisposable(() => {
          live = false;
          timer.dispose();
        });
      }
      wake(): void {
        this.isStalled = false;
        for (const task of this.#late.splice(0)) task();
      }
    }

    const make = (clock: FakeClock): { heartbeat: Heartbeat; beats: () => number; isDead: () => boolean } => {
      let [beats, dead] = [0, false];
      const heartbeat: Heartbeat = new Heartbeat({
        clock,
        random: new SeededRandom(3),
        intervalMs: 15_000,
        beat: () => beats++,
        isDeaf: () => false,
        onDead: () => {
          dead = true;
          heartbeat.dispose();
        },
      });
      return { heartbeat, beats: () => beats, isDead: () => dead };
    };

    it('asks again instead of calling the link dead', async () => {
      const clock = new StallingClock();
      const { heartbeat, beats, isDead } = make(clock);
      await clock.advance(15_000);
      assert.equal(beats(), 1);
      clock.isStalled = true;
      await clock.advance(40_000);
      clock.wake();
      await clock.advance(5_000);
      assert.deepEqual([beats(), isDead()], [2, false]);
      heartbeat.heard();
      await clock.advance(15_000);
      assert.equal(isDead(), false);
      heartbeat.dispose();
      assert.equal(clock.pendingTimers, 0);
    });

    it('still finds the link dead when the second question stays unanswered', async () => {
      const clock = new StallingClock();
      const { isDead } = make(clock);
      await clock.advance(15_000);
      clock.isStalled = true;
      await clock.advance(40_000);
      clock.wake();
      await clock.advance(10_200);
      assert.equal(isDead(), true);
      assert.equal(clock.pendingTimers, 0);
    });
  });
});

describe('drain', () => {
  it('tells every link to go, carries on as long for each, and resolves when all are gone', async () => {
    const world = new RelayWorld();
    const device = await world.device();
    const clients = [await world.dial(), await world.dial(), await world.dial('none')];
    let done = false;
    const drained = world.core.drain().then(() => (done = true));
    await world.clock.settle();
    const delays = [device, ...clients].map((end) => end.last('goaway').delayMs);
    assert.deepEqual(delays, [1_000, 1_000, 1_000, 1_000]);
    await world.clock.advance(999);
    assert.deepEqual([done, device.closeCode, clients[0]?.closeCode], [false, undefined, undefined]);
    await world.clock.advance(1);
    await drained;
    assert.deepEqual(
      [device, ...clients].map((end) => end.closeCode),
      [4501, 4501, 4501, 4501],
    );
    await world.finish();
  });

  it('takes no new link meanwhile', async () => {
    const world = new RelayWorld();
    await world.device();
    void world.core.drain();
    const late = world.connect('client');
    await world.clock.settle();
    assert.equal(late.closeCode, 4501);
    assert.equal(world.core.isDraining, true);
    await world.finish();
  });

  it('is over at once when nothing is connected, and when it is asked for twice', async () => {
    const world = new RelayWorld();
    await Promise.all([world.core.drain(), world.core.drain()]);
    await world.finish();
  });

  it('carries records until the end', async () => {
    const world = new RelayWorld();
    const device = await world.device();
    const client = await world.dial();
    const drained = world.core.drain();
    await client.say({ type: 'record', circuit: undefined, record: Uint8Array.of(1) });
    assert.equal(device.records(1).length, 1);
    await world.clock.advance(1_000);
    await drained;
    await world.finish();
  });
});
