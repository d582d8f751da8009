import assert from 'node:assert/strict';
import { runKills, startKillStack, type KillResult } from './sigkills.ts';

describe('device killed while it streams', function () {
  this.timeout(180_000);

  it('keeps every accepted message and all text older than 500 ms in 10 of 10 SIGKILLs at random points, repeats nothing, and says interrupted', async () => {
    const stack = await startKillStack();
    try {
      const results: KillResult[] = [];
      const wrong = await runKills(stack, { count: 10, seed: 7 }, (result) => results.push(result));
      assert.deepEqual([...results.flatMap((result) => result.wrong), ...wrong], []);
      assert.equal(results.length, 10);
      assert.ok(results.reduce((sum, { interrupted }) => sum + interrupted, 0) >= 5, 'most kills hit a running answer');
    } finally {
      await stack.stop();
    }
  });
});
