import assert from 'node:assert/strict';
import { FaultWorld } from '../support/faultWorld.ts';
import { faultNames } from './faultKinds.ts';
import { allTrials, runTrials, type TrialResult } from './faultTrials.ts';

const EACH = 3;

describe('a fault of a line in the middle of an answer', function () {
  this.timeout(180_000);
  let world: FaultWorld;
  before(async () => {
    world = await FaultWorld.start({ lanes: 6, seed: 1 });
  });
  after(() => world.stop());

  it('leaves every answer exact and asked for once: 16 kinds, three of each, on every hop', async () => {
    const results: TrialResult[] = [];
    await runTrials(world, allTrials(EACH, 1), (result) => results.push(result));
    assert.equal(results.length, EACH * faultNames.length);
    assert.equal(faultNames.length, 16);
    const bad = results.filter(({ wrong }) => wrong !== undefined);
    assert.deepEqual(
      bad.map(({ kind, seed, plan, wrong }) => `${kind}:${String(seed)} ${plan}: ${wrong ?? ''}`),
      [],
    );
  });
});
