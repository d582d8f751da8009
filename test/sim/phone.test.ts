import assert from 'node:assert/strict';
import { runSeeds } from './runSeeds.ts';

const SEEDS = 100;

describe('a phone on a bad line', () => {
  it('shows the exact text or an interruption that is named, asked once, for 100 of 100 seeds', async () => {
    const report = await runSeeds('phone', SEEDS);
    // What hardly ever happened shows nothing.
    for (const deed of ['cut', 'in the pocket', 'reload']) assert.ok(!report || (report.faults[deed] ?? 0) >= SEEDS / 2, deed);
  });
});
