import assert from 'node:assert/strict';
import { RateLimiter } from '../../src/base/rateLimiter.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

describe('a rate limiter', () => {
  it('gives a burst, then as many a second as it says, and says how long to wait', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock, { burst: 4, perSecond: 2 }, 10);
    assert.deepEqual(
      [1, 2, 3, 4].map(() => limiter.take('a')),
      [0, 0, 0, 0],
    );
    assert.equal(Math.round(limiter.take('a')), 500);
    await clock.advance(400);
    assert.equal(Math.round(limiter.waitMs('a')), 100);
    await clock.advance(100);
    assert.deepEqual([limiter.waitMs('a'), limiter.take('a'), limiter.take('a') > 0], [0, 0, true]);
    await clock.advance(60_000);
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => limiter.take('a') > 0),
      [false, false, false, false, true],
    );
  });

  it('takes nothing for what it refuses: who keeps asking waits no longer', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock, { burst: 1, perSecond: 1 }, 10);
    limiter.take('a');
    for (let ask = 0; ask < 1_000; ask++) limiter.take('a');
    await clock.advance(1_000);
    assert.equal(limiter.take('a'), 0);
  });

  it('keeps names apart, and never gives one more than burst and rate allow, over 100,000 random takes', async () => {
    const clock = new FakeClock();
    const random = new SeededRandom(7);
    const limiter = new RateLimiter(clock, { burst: 5, perSecond: 3 }, 100);
    const given = new Map<string, number>();
    for (let round = 0; round < 2_000; round++) {
      for (let ask = 0; ask < 50; ask++) {
        const name = String(Math.floor(random.float() * 20));
        if (limiter.take(name) === 0) given.set(name, (given.get(name) ?? 0) + 1);
      }
      await clock.advance(random.float() * 100);
    }
    const most = 5 + (clock.monotonic() / 1000) * 3;
    assert.equal(given.size, 20);
    for (const count of given.values()) assert.ok(count <= most && count > most * 0.7, `${String(count)} of ${String(most)}`);
  });

  it('forgets what is full again, and of too many names the one used longest ago', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock, { burst: 2, perSecond: 1 }, 3);
    limiter.take('busy');
    for (let name = 0; name < 100_000; name++) {
      limiter.take(String(name));
      limiter.take('busy');
      assert.ok(limiter.size <= 3);
    }
    assert.ok(limiter.take('busy') > 0, 'a flood of other names does not free who goes on');
    await clock.advance(10_000);
    limiter.take('other');
    assert.equal(limiter.size, 1);
  });
});
