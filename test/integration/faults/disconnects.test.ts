import assert from 'node:assert/strict';
import { FaultWorld } from '../support/faultWorld.ts';
import { outageClasses, outageClassNames, percentile, planOutages, runOutages, type OutageResult } from './disconnects.ts';

describe('network interruption and recovery', function () {
  this.timeout(120_000);
  let world: FaultWorld;
  before(async () => {
    world = await FaultWorld.start({ lanes: 12, seed: 2 });
  });
  after(() => world.stop());

  it('recovers by itself from 20 of 20 induced disconnects, each kind of outage within its time', async () => {
    const results: OutageResult[] = [];
    const outages = planOutages({ second: 6, threeSeconds: 6, longer: 4, told: 4 }, 2);
    await runOutages(world, outages, (result) => results.push(result));
    assert.equal(results.length, 20);
    assert.deepEqual(
      results.filter(({ recoveryMs }) => recoveryMs === undefined),
      [],
    );
    for (const name of outageClassNames) {
      const times = results.filter((result) => result.name === name).map(({ recoveryMs = Infinity }) => recoveryMs);
      const p95 = percentile(times, 0.95);
      // Twice the budget: a machine that runs other tests beside is slow at times.
      assert.ok(p95 <= 2 * outageClasses[name].budgetMs, `${outageClasses[name].words}: ${times.map(Math.round).join(', ')} ms`);
    }
  });
});
