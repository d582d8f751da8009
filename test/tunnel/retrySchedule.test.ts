import assert from 'node:assert/strict';
import { RetrySchedule } from '../../src/tunnel/retrySchedule.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

/** The longest waits that chance can bring. */
const highest = { bytes: (count: number) => new Uint8Array(count), float: () => 1 - Number.EPSILON };

describe('the schedule of tries', () => {
  let clock: FakeClock;
  let schedule: RetrySchedule;

  beforeEach(() => {
    clock = new FakeClock();
    schedule = new RetrySchedule(clock, highest);
  });
  afterEach(() => {
    schedule.dispose();
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  function waits(count: number, isWatched: boolean): number[] {
    return Array.from({ length: count }, () => Math.round(schedule.next(isWatched, 0)));
  }

  it('is 250 ms, three times a second, then doubles up to 30 s, at most', () => {
    assert.deepEqual(waits(12, false), [250, 1000, 1000, 1000, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('grows to 5 s and no further while somebody watches', () => {
    assert.deepEqual(waits(9, true), [250, 1000, 1000, 1000, 1000, 2000, 4000, 5000, 5000]);
  });

  it('draws the wait after the cap, so that a crowd does not meet there, watched or not', () => {
    for (const [isWatched, capMs] of [
      [false, 30_000],
      [true, 5_000],
    ] as const) {
      const crowd = Array.from({ length: 1000 }, (_, seed) => {
        const own = new RetrySchedule(clock, new SeededRandom(seed));
        let delayMs = 0;
        for (let attempt = 0; attempt < 20; attempt++) delayMs = own.next(isWatched, 0);
        return delayMs;
      });
      for (let tenth = 0; tenth < 10; tenth++) {
        const there = crowd.filter((delayMs) => Math.floor((delayMs / capMs) * 10) === tenth).length;
        assert.ok(there > 60 && there < 140, `${String(there)} of 1000 in one tenth`);
      }
    }
  });

  it('counts the time that a dial took, while somebody watches: a try begins every 5 s', () => {
    waits(8, true);
    assert.equal(schedule.next(true, 3000), 2000);
    assert.equal(schedule.next(true, 5000), 0);
    assert.ok(schedule.next(false, 5000) > 5000, 'and nobody is in a hurry else');
  });

  it('gives a watched dial 5 s, but one that follows a dial out of time 10 s', () => {
    assert.equal(schedule.patienceMs(false), 10_000);
    assert.equal(schedule.patienceMs(true), 5_000);
    schedule.next(true, 5_000);
    assert.equal(schedule.patienceMs(true), 10_000);
    schedule.next(true, 10_000);
    assert.equal(schedule.patienceMs(true), 5_000);
    schedule.next(true, 3_000);
    assert.equal(schedule.patienceMs(true), 5_000);
  });

  it('begins anew once a link has held for 20 to 40 s, and not when it came and went', async () => {
    for (const chance of [0, 0.25, 0.5, 0.99]) {
      const own = new RetrySchedule(clock, { ...highest, float: () => chance });
      for (let i = 0; i < 20; i++) own.next(false, 0);
      own.setUp(true);
      await clock.advance(20_000 + chance * 20_000 - 1);
      assert.equal(own.next(false, 0), chance * 30_000, 'not yet');
      await clock.advance(1);
      assert.equal(own.next(false, 0), chance * 250);
    }
    waits(12, false);
    for (let i = 0; i < 20; i++) {
      schedule.setUp(true);
      await clock.advance(19_000);
      schedule.setUp(false);
    }
    assert.equal(Math.round(schedule.next(false, 0)), 30_000);
  });

  it('begins anew after sleep or in another network, but not as often as a network flaps', async () => {
    waits(12, false);
    schedule.renew();
    assert.deepEqual(waits(11, false).slice(0, 5), [250, 1000, 1000, 1000, 1000]);
    await clock.advance(19_999);
    schedule.renew();
    assert.deepEqual(waits(1, false), [30_000]);
    await clock.advance(1);
    schedule.renew();
    assert.deepEqual(waits(1, false), [250]);
  });

  it('tries again within 250 ms for 5 s after a relay went as it had said, then as ever, and not so each time', async () => {
    waits(12, false);
    schedule.expectBack();
    await clock.advance(4_999);
    assert.deepEqual(waits(3, false), [250, 250, 250]);
    await clock.advance(1);
    assert.deepEqual(waits(3, false), [250, 1000, 1000]);
    await clock.advance(14_999);
    schedule.expectBack();
    assert.deepEqual(waits(1, false), [1000], 'a relay that goes again and again is no restart');
    await clock.advance(1);
    schedule.expectBack();
    assert.deepEqual(waits(2, true), [250, 250]);
    const outOfTime = [5_000, 5_000].map((triedMs) => Math.round(schedule.next(false, triedMs)));
    assert.deepEqual(outOfTime, [250, 1000], 'a dial out of time is no refusal of a relay that starts');
  });
});
