import assert from 'node:assert/strict';
import { runSeeds } from './runSeeds.ts';
import { liveSeed } from './worlds.ts';

describe('simulated chat', () => {
  it('shows and stores what the model said, asked once, whatever befalls the lines and the machines', async () => {
    await runSeeds('chat', 1_000);
  });

  it('makes the same run of the same seed', async () => {
    const [first, second] = [await liveSeed('chat', 11), await liveSeed('chat', 11)];
    assert.equal(first.fingerprint, second.fingerprint);
    assert.equal(first.time.executed, second.time.executed);
  });
});
