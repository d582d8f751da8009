import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Quality } from '../../src/protocol/status.ts';
import { gradeOf, nextQuality, unknownQuality, type QualityState } from '../../src/tunnel/quality.ts';
import { RoundTrips } from '../../src/tunnel/roundTrips.ts';

type Grade = Exclude<Quality, 'unknown'>;

describe('quality', () => {
  it('grades by the p95 of the round trip, its limits included', () => {
    const grades = [0, 60, 60.1, 120, 120.1, 300, 300.1, 60_000].map((p95Ms) => gradeOf(p95Ms, 0));
    assert.deepEqual(grades, ['excellent', 'excellent', 'good', 'good', 'fair', 'fair', 'poor', 'poor']);
  });

  it('is one grade worse for each ping missed in the last minute, and never worse than poor', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((missed) => gradeOf(20, missed)),
      ['excellent', 'good', 'fair', 'poor', 'poor'],
    );
    assert.equal(gradeOf(400, 2), 'poor');
  });

  it('changes after three equal outcomes in a row, and not before', () => {
    const shown = shownAfter(['good', 'fair', 'fair', 'good', 'fair', 'poor', 'fair', 'fair', 'fair', 'good']);
    assert.deepEqual(shown, ['good', 'good', 'good', 'good', 'good', 'good', 'good', 'good', 'fair', 'fair']);
  });

  it('shows the first grade at once, and nothing once there are too few samples', () => {
    assert.deepEqual(shownAfter([undefined, undefined, 'poor', undefined, 'good']), ['unknown', 'unknown', 'poor', 'unknown', 'good']);
  });

  it('never shows a grade that the last outcomes did not have', () => {
    const grade = fc.constantFrom<Grade | undefined>('excellent', 'good', 'fair', 'poor', undefined);
    fc.assert(
      fc.property(fc.array(grade, { maxLength: 60 }), (outcomes) => {
        const shown = shownAfter(outcomes);
        shown.forEach((quality, at) => {
          const before = shown[at - 1] ?? 'unknown';
          if (quality === before || quality === 'unknown' || before === 'unknown') return;
          assert.deepEqual(outcomes.slice(at - 2, at + 1), [quality, quality, quality]);
        });
      }),
    );
  });
});

describe('round trips', () => {
  it('tell median, p95 and jitter of what was measured', () => {
    const window = new RoundTrips();
    for (const [index, rttMs] of [10, 30, 20, 40, 30].entries()) window.add(rttMs, index);
    assert.deepEqual(window.summary(5), { lastMs: 30, p50Ms: 30, p95Ms: 30, jitterMs: 15, samples: 5 });
  });

  it('let one outlier alone decide nothing, and two decide', () => {
    const window = new RoundTrips();
    for (let at = 0; at < 20; at++) window.add(at === 5 ? 5_000 : 50, at);
    assert.equal(window.summary(20)?.p95Ms, 50);
    window.add(5_000, 21);
    assert.equal(window.summary(21)?.p95Ms, 5_000);
  });

  it('hold twenty, none older than five minutes', () => {
    const window = new RoundTrips();
    for (let at = 0; at < 1000; at++) window.add(at, at);
    assert.deepEqual(window.summary(1000)?.samples, 20);
    assert.equal(window.summary(1000)?.p50Ms, 989);
    assert.equal(window.summary(999 + 300_000)?.samples, 1);
    assert.equal(window.summary(1000 + 300_000), undefined);
  });

  it('stay within what was put in, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 }), (samples) => {
        const window = new RoundTrips();
        for (const rttMs of samples) window.add(rttMs, 0);
        const summary = window.summary(0);
        assert.ok(summary && summary.p50Ms <= summary.p95Ms);
        assert.ok(samples.includes(summary.p50Ms) && samples.includes(summary.p95Ms) && summary.jitterMs >= 0);
      }),
    );
  });
});

function shownAfter(outcomes: readonly (Grade | undefined)[]): Quality[] {
  let state: QualityState = unknownQuality;
  return outcomes.map((grade) => {
    state = nextQuality(state, grade);
    return state.shown;
  });
}
