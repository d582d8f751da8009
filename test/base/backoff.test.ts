import assert from 'node:assert/strict';
import { backoffDelayMs } from '../../src/base/backoff.ts';
import type { Random } from '../../src/base/random.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

const highest: Random = { bytes: (count) => new Uint8Array(count), float: () => 1 - Number.EPSILON };

describe('the reconnect schedule', () => {
  it('tries within 250 ms, three times under a second, then up to 30 s', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1000].map((attempt) => Math.round(backoffDelayMs(attempt, highest)));
    assert.deepEqual(longest, [250, 1000, 1000, 1000, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it('spreads a crowd at the cap, because the jitter comes after it', () => {
    const random = new SeededRandom(1);
    const delays = Array.from({ length: 1000 }, () => backoffDelayMs(50, random));
    assert.ok(delays.filter((delay) => delay < 15_000).length > 400);
    assert.ok(Math.max(...delays) < 30_000);
    assert.ok(new Set(delays.map((delay) => Math.round(delay / 1000))).size > 25);
  });
});
