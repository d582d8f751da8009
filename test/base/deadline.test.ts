import assert from 'node:assert/strict';
import type { Clock } from '../../src/base/clock.ts';
import { deadline, type Deadline } from '../../src/base/deadline.ts';
import type { Disposable } from '../../src/base/disposable.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

describe('a deadline', () => {
  let clock: FakeClock;
  let judged: number[];

  beforeEach(() => {
    clock = new FakeClock();
    judged = [];
  });
  afterEach(() => {
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  function begin(delayMs: number): Deadline {
    return deadline(clock, delayMs, () => judged.push(clock.monotonic()));
  }

  it('judges once, when it is due', async () => {
    begin(10_000);
    await clock.advance(9_999);
    assert.deepEqual(judged, []);
    await clock.advance(60_000);
    assert.deepEqual(judged, [10_000]);
  });

  it('judges nothing while our own event loop stood still, and looks once more', async () => {
    begin(10_000);
    clock.stall(12_000);
    await clock.advance(2_999);
    assert.deepEqual(judged, []);
    await clock.advance(1);
    assert.deepEqual(judged, [15_000]);
  });

  it('looks again as often as it was held up, and no longer than it was to wait', async () => {
    begin(500);
    for (let i = 0; i < 5; i++) {
      clock.stall(5_000);
      await clock.advance(0);
    }
    assert.deepEqual(judged, []);
    await clock.advance(500);
    assert.deepEqual(judged, [25_500]);
  });

  it('is put off by each renewal, to the millisecond and with one timer', async () => {
    const due = begin(10_000);
    for (let at = 0; at < 10; at++) {
      await clock.advance(4_000);
      due.renew();
      assert.equal(clock.pendingTimers, 1);
    }
    await clock.advance(9_999);
    assert.deepEqual(judged, []);
    await clock.advance(60_000);
    assert.deepEqual(judged, [50_000]);
  });

  it('counts from a renewal that came while our own event loop caught up', async () => {
    const due = begin(10_000);
    clock.stall(30_000);
    due.renew();
    await clock.advance(9_999);
    assert.deepEqual(judged, []);
    await clock.advance(1);
    assert.deepEqual(judged, [40_000]);
  });

  it('is not put off by a timer that comes a hair early', () => {
    let now = 0;
    const timers: (() => void)[] = [];
    const after = (_ms: number, task: () => void): Disposable => {
      timers.push(task);
      return { dispose: () => undefined };
    };
    const early: Clock = { now: () => now, monotonic: () => now, after, defer: queueMicrotask, nextTurn: queueMicrotask };
    const due = deadline(early, 10_000, () => judged.push(now));
    now = 4_000;
    due.renew();
    now = 9_999.6;
    timers.shift()?.();
    assert.deepEqual([judged, timers.length], [[], 1]);
    now = 13_999.6;
    timers.shift()?.();
    assert.deepEqual([judged, timers.length], [[13_999.6], 0]);
  });

  it('takes a little lateness for what it is', async () => {
    begin(10_000);
    clock.stall(11_000);
    await clock.advance(0);
    assert.deepEqual(judged, [11_000]);
  });

  it('ends, before it is due and after another look began', async () => {
    const early = begin(10_000);
    early.dispose();
    const late = begin(10_000);
    clock.stall(20_000);
    await clock.advance(0);
    late.dispose();
    await clock.advance(60_000);
    assert.deepEqual(judged, []);
  });
});
