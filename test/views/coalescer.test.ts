import assert from 'node:assert/strict';
import { Coalescer } from '../../src/views/coalescer.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

describe('Coalescer', () => {
  it('writes the first request at once and the last one always', async () => {
    const clock = new FakeClock();
    let wanted = 0;
    const written: number[] = [];
    const coalescer = new Coalescer(clock, 200, () => written.push(wanted));
    for (wanted = 1; wanted <= 5; wanted++) coalescer.request();
    wanted = 5;
    assert.deepEqual(written, [1]);
    await clock.advance(200);
    assert.deepEqual(written, [1, 5]);
    await clock.advance(1000);
    assert.deepEqual(written, [1, 5]);
    assert.equal(clock.pendingTimers, 0);
  });

  it('keeps to its interval under a flood', async () => {
    const clock = new FakeClock();
    let writes = 0;
    const coalescer = new Coalescer(clock, 200, () => writes++);
    for (let ms = 0; ms < 1000; ms++) {
      for (let i = 0; i < 10; i++) coalescer.request();
      if (ms % 50 === 0) await clock.advance(50);
    }
    assert.ok(writes >= 5 && writes <= 6, String(writes));
    coalescer.dispose();
    assert.equal(clock.pendingTimers, 0);
  });

  it('writes nothing once disposed', async () => {
    const clock = new FakeClock();
    let writes = 0;
    const coalescer = new Coalescer(clock, 200, () => writes++);
    coalescer.request();
    coalescer.request();
    coalescer.dispose();
    coalescer.request();
    await clock.advance(1000);
    assert.equal(writes, 1);
    assert.equal(clock.pendingTimers, 0);
  });
});
