import assert from 'node:assert/strict';
import { runSeeds } from './runSeeds.ts';
import { liveSeed } from './worlds.ts';

describe('simulated tunnel', () => {
  it('carries every byte of every stream once and in order, or says that the stream is lost', async () => {
    await runSeeds('tunnel', 1_000);
  });

  it('makes the same run of the same seed', async () => {
    for (const seed of [7, 24]) {
      const [first, second] = [await liveSeed('tunnel', seed), await liveSeed('tunnel', seed)];
      assert.equal(first.fingerprint, second.fingerprint);
      assert.equal(first.time.executed, second.time.executed);
    }
  });
});
