import assert from 'node:assert/strict';
import { nullLogger } from '../../src/base/log.ts';
import { Retention } from '../../src/conversation/retention.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { MemoryStore } from '../fakes/memoryStore.ts';

describe('retention', () => {
  it('purges a minute after its start and then every hour, one small step at a time, and survives a store that fails', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore();
    const answers = [true, true, false, 'fail', false] as const;
    const calls: number[] = [];
    store.purge = () => {
      const answer = answers[calls.length] ?? false;
      calls.push(clock.now());
      if (answer === 'fail') throw new TunnelError('storeFailed');
      return answer;
    };
    const start = clock.now();
    const retention = new Retention(clock, store, nullLogger);
    await clock.advance(2 * 3_600_000 + 120_000);
    assert.deepEqual(
      calls.map((at) => at - start),
      [60_000, 60_050, 60_100, 3_660_100, 7_260_100],
    );
    retention.dispose();
    await clock.advance(3_600_000);
    assert.equal(calls.length, 5);
    assert.equal(clock.pendingTimers, 0);
  });
});
