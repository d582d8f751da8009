import assert from 'node:assert/strict';
import { every, systemClock, turnsOf } from '../../src/base/clock.ts';
import { deferred } from '../../src/base/deferred.ts';
import { whenReady } from '../../src/base/maybePromise.ts';
import { systemRandom } from '../../src/base/random.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

describe('clocks', () => {
  it('run what was asked, in order, and not what was cancelled', async () => {
    const clock = new FakeClock(1000);
    const ran: string[] = [];
    clock.after(20, () => ran.push('b'));
    clock.after(10, () => ran.push('a'));
    clock.after(15, () => ran.push('never')).dispose();
    await clock.advance(30);
    assert.deepEqual([ran, clock.now(), clock.monotonic(), clock.pendingTimers], [['a', 'b'], 1030, 30, 0]);
  });

  it('repeat until disposed, from inside too', async () => {
    const clock = new FakeClock();
    let count = 0;
    const ticking = every(clock, 10, () => {
      if (++count === 3) ticking.dispose();
    });
    await clock.advance(100);
    assert.deepEqual([count, clock.pendingTimers], [3, 0]);
  });

  it('of the machine keep their promises', async () => {
    const { promise, resolve } = deferred<string>();
    const before = systemClock.monotonic();
    systemClock
      .after(1000, () => {
        resolve('cancelled timer ran');
      })
      .dispose();
    systemClock.after(1, () => {
      systemClock.defer(() => {
        resolve('ran');
      });
    });
    assert.equal(await promise, 'ran');
    assert.ok(systemClock.monotonic() >= before);
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000);
  });

  it('of a page begin a new turn by a message to itself, in the order asked', async () => {
    const channel = new MessageChannel();
    const inNextTurn = turnsOf(channel);
    const ran: string[] = [];
    const { promise, resolve } = deferred<undefined>();
    inNextTurn(() => ran.push('first turn'));
    inNextTurn(() => {
      ran.push('second turn');
      resolve(undefined);
    });
    queueMicrotask(() => ran.push('this turn'));
    await promise;
    channel.port1.close();
    assert.deepEqual(ran, ['this turn', 'first turn', 'second turn']);
  });

  it('random bytes differ, and a maybe-promise goes on at once when it can', async () => {
    assert.notDeepEqual(systemRandom.bytes(16), systemRandom.bytes(16));
    assert.ok(systemRandom.float() < 1);
    assert.equal(
      whenReady(1, (value) => value + 1),
      2,
    );
    assert.equal(await whenReady(Promise.resolve(1), (value) => value + 1), 2);
  });
});
