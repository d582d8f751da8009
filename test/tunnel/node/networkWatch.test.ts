import assert from 'node:assert/strict';
import { watchNetwork } from '../../../src/tunnel/node/networkWatch.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';

describe('the watch for another network', () => {
  it('tells of each change within a second, and of nothing else', async () => {
    const clock = new FakeClock();
    let addresses = 'wifi 192.168.1.5';
    const changes: number[] = [];
    const watch = watchNetwork(
      clock,
      () => changes.push(clock.monotonic()),
      () => addresses,
    );
    await clock.advance(10_500);
    assert.deepEqual(changes, []);
    addresses = '';
    await clock.advance(5_000);
    addresses = 'wifi 10.0.0.7';
    await clock.advance(60_000);
    assert.deepEqual(changes, [11_000, 16_000]);
    watch.dispose();
    assert.equal(clock.pendingTimers, 0);
  });

  it('reads this machine’s own addresses, which stand still', async () => {
    const clock = new FakeClock();
    let changes = 0;
    const watch = watchNetwork(clock, () => changes++);
    await clock.advance(5_000);
    watch.dispose();
    assert.equal(changes, 0);
  });
});
