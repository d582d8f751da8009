import assert from 'node:assert/strict';
import { RateMeter } from '../../src/base/rateMeter.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

describe('a rate meter', () => {
  it('tells what comes in a second, within a twentieth or one of them, whatever the rate', async () => {
    for (const everyMs of [1, 7, 33, 400]) {
      const clock = new FakeClock();
      const meter = new RateMeter(clock);
      for (let ms = 0; ms < 8_000; ms += everyMs) {
        meter.add();
        await clock.advance(everyMs);
      }
      const expected = 1000 / everyMs;
      assert.ok(
        Math.abs(meter.perSecond - expected) <= Math.max(0.05 * expected, 0.25),
        `${String(meter.perSecond)} of ${String(expected)}`,
      );
    }
  });

  it('counts a burst from its own beginning, and falls to nothing in five seconds', async () => {
    const clock = new FakeClock();
    const meter = new RateMeter(clock);
    await clock.advance(60_000);
    assert.equal(meter.perSecond, 0);
    for (let ms = 0; ms < 2_000; ms += 20) {
      meter.add();
      await clock.advance(20);
    }
    assert.equal(meter.perSecond, 50);
    await clock.advance(5_001);
    assert.equal(meter.perSecond, 0);
  });
});
