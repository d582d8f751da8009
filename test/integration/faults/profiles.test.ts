import assert from 'node:assert/strict';
import { gradeOf } from '../../../src/tunnel/quality.ts';
import { FaultWorld } from '../support/faultWorld.ts';
import { profileNames, profiles, runProfile, shortProfile, type ProfileName, type ProfileResult } from './profiles.ts';

describe('network conditions', function () {
  this.timeout(90_000);
  let world: FaultWorld;
  const results = new Map<ProfileName, ProfileResult>();
  before(async () => {
    world = await FaultWorld.start({ lanes: profileNames.length, seed: 4 });
    await Promise.all(
      profileNames.map(async (name, index) => {
        const lane = world.lanes[index];
        if (lane) results.set(name, await runProfile(lane, name, shortProfile));
      }),
    );
  });
  after(() => world.stop());

  /** The answer came whole and was asked for once, and the line has the grade that it deserves. */
  function holds(name: ProfileName): ProfileResult {
    const result = results.get(name);
    assert.ok(result);
    const { isExact, state, asked, metrics } = result;
    assert.deepEqual([isExact, state, asked], [true, 'done', 1]);
    const grades: readonly string[] = profiles[name].grades;
    // On a machine that is busy beside, the grade is the one of what was measured.
    const measured = gradeOf(metrics.roundTrip?.p95Ms ?? NaN, metrics.missedPings);
    assert.ok(grades.includes(metrics.quality) || metrics.quality === measured, JSON.stringify(metrics));
    return result;
  }

  it('good, 20 ms: the whole text, and a good line', () => {
    const { roundTrip } = holds('good').metrics;
    assert.ok(roundTrip && roundTrip.p50Ms >= 20 && roundTrip.p50Ms < 300, JSON.stringify(roundTrip));
  });

  it('3G, 300 ms with jitter and 1 Mbit/s: the whole text, and a poor line', () => {
    const { roundTrip } = holds('threeG').metrics;
    assert.ok(roundTrip && roundTrip.p50Ms > 200 && roundTrip.jitterMs > 10, JSON.stringify(roundTrip));
  });

  it('lossy, stalls of 2 s: the whole text, and a poor line', () => {
    const { roundTrip } = holds('stalling').metrics;
    assert.ok(roundTrip && roundTrip.p95Ms > 500, JSON.stringify(roundTrip));
  });

  it('flapping: the whole text, a line that is good while it is there and unknown while it is not', () => {
    const { metrics, said } = holds('flapping');
    assert.ok(metrics.reconnects >= 2, JSON.stringify(metrics));
    assert.ok(
      said.some((line) => profiles.flapping.away.test(line)),
      said.join('; '),
    );
  });

  it('captive, a sign-in page that answers 302, 403 and 200: says so, and then the whole text', () => {
    const { said } = holds('captive');
    assert.ok(
      said.some((line) => profiles.captive.away.test(line)),
      said.join('; '),
    );
  });
});
