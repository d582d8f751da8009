import assert from 'node:assert/strict';
import { runSeeds } from './runSeeds.ts';
import { liveSeed } from './worlds.ts';

describe('simulated chat', () => {
  it('shows and stores what the model said, asked once, whatever befalls the lines and the machines', async () => {
    await runSeeds('chat', 5_000);
  });

  it('makes the same run of the same seed', async () => {
    // 16 runs on the real cryptography, 11 on the model of it.
    for (const seed of [11, 16]) {
      const [first, second] = [await liveSeed('chat', seed), await liveSeed('chat', seed)];
      assert.equal(first.fingerprint, second.fingerprint);
      assert.equal(first.time.executed, second.time.executed);
    }
  });
});
