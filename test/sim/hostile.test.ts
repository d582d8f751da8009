import assert from 'node:assert/strict';
import { hostileDeeds } from './hostileDeeds.ts';
import { runSeeds } from './runSeeds.ts';

const SEEDS_EACH = 25;
/** Some can be done only where a line begins. */
const LEAST_DEEDS = 8;

describe('a relay that means harm', () => {
  const names = Object.keys(hostileDeeds);

  it('brings about what the model said or an error that is seen, never another text, by any of thirty deeds', async () => {
    assert.equal(names.length, 30);
    const report = await runSeeds('hostile', names.length * SEEDS_EACH);
    // A deed that is hardly ever done shows nothing.
    if (report)
      assert.deepEqual(
        names.filter((name) => (report.faults[name] ?? 0) < LEAST_DEEDS),
        [],
      );
  });
});
