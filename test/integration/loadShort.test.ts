import assert from 'node:assert/strict';
import { measureBombs } from '../load/support/bombs.ts';
import { measureFlood } from '../load/support/floods.ts';
import { measureManyStreams } from '../load/support/manyStreams.ts';
import { measureNoisyNeighbour } from '../load/support/noisyNeighbour.ts';
import { median } from '../load/support/farmStream.ts';
import { measureRestarts } from '../load/support/restarts.ts';
import { handlesMore, memoryOf, runSoak } from '../load/support/soak.ts';
import { judge, questionText, spokenPieces } from '../load/support/spoken.ts';

/** The short form of `npm run test:load`: the same programs and counts, less of each. Times are bounded loosely; the runs themselves have the true bounds. */
describe('a relay and its devices under load', function () {
  this.timeout(60_000);

  it('carry 30 answers at once over two devices, to pages and programs: none lost, repeated or crossed', async () => {
    const plan = { devices: 2, pages: 5, programs: 10, pieces: 100, tokensPerSec: 100, spreadMs: 500, rounds: 1 };
    const { answers, verdicts, askedAgain, relay } = await measureManyStreams(plan);
    assert.deepEqual([answers, verdicts, askedAgain], [30, { exact: 30 }, 0]);
    assert.ok(relay.peak - relay.before < 100e6, String(relay.peak - relay.before));
  });

  it('tell an answer that is short, repeated or another’s from one that is exact', () => {
    const question = { tag: 'a', pieces: 3, filler: 2 };
    const [first = '', second = '', third = ''] = spokenPieces(questionText(question));
    assert.equal(judge(question, first + second + third), 'exact');
    assert.equal(judge(question, first + second), 'lost');
    assert.equal(judge(question, first + third), 'lost');
    assert.equal(judge(question, first + second + second + third), 'repeated');
    assert.equal(judge(question, first + second + third.replace('a', 'b')), 'crossed');
  });

  it('lose no byte when the relay ends in good order, once after another took over and once before', async () => {
    const restarts = ['roll', 'term'] as const;
    const plan = { devices: 2, pages: 2, programs: 2, tokensPerSec: 25, restarts, betweenMs: { roll: 2_000, term: 2_000 }, pieces: 60 };
    const { verdicts, askedAgain, gaps } = await measureRestarts(plan);
    // On a busy machine the relay may be away for so long that who asks anew is refused by name; whose answer has begun is not.
    const { exact = 0, ['failed: status 503']: _refused, ...others } = verdicts;
    assert.deepEqual([others, askedAgain], [{}, 0]);
    assert.ok(exact > 8, String(exact));
    const all = [...gaps.roll, ...gaps.term];
    assert.ok(all.length > 0 && Math.max(...all) < 15_000, String(all));
  });

  it('end floods of pings, fragments and empty messages, while the streams of others go on', async () => {
    const kinds = ['pings', 'pongs that nobody asked for', 'empty fragments of one message', 'empty messages'];
    const { report, beside, growthBytes } = await measureFlood('frames', { sockets: 10, kinds }, 500);
    for (const name of kinds) assert.ok((report[name] ?? Infinity) < 4_000, `${name}: ${String(report[name])} ms`);
    assert.equal(beside.dropped, 0);
    assert.ok(growthBytes <= 2e6, String(growthBytes));
  });

  it('leave two tenants theirs beside one with 96 streams flat out', async () => {
    const { shares, othersPerSecond, noisyPerSecond } = await measureNoisyNeighbour(2, 1, 1_500);
    assert.ok(median(shares) >= 0.75, String(shares));
    assert.ok(noisyPerSecond > othersPerSecond, `${String(noisyPerSecond)} and ${String(othersPerSecond)}`);
  });

  it('refuse bodies that are dear to read, and keep nothing of them', async () => {
    for (const { name, status, tookMs, keptBytes } of await measureBombs(2)) {
      assert.ok(status >= 400 && status < 500, `${name}: ${String(status)}`);
      assert.ok(median(tookMs) < 1_000, `${name}: ${String(tookMs)}`);
      assert.ok(keptBytes <= 1e6, `${name}: ${String(keptBytes)}`);
    }
  });

  it('hold no socket or file more after a round of changing work, and answers stay exact', async () => {
    const { before, samples, tally } = await runSoak({ rounds: 1, workMs: 1_500, quietMs: 1_500, settleMs: 0 });
    assert.deepEqual(tally.wrong, []);
    assert.ok(tally.whole > 10, String(tally.whole));
    const last = samples.at(-1) ?? before;
    for (const name of before.of.keys()) {
      // Timers of what a page left behind run for ten minutes: the hour waits for them.
      const { Timeout: _timers, ...more } = handlesMore(memoryOf(before, name), memoryOf(last, name));
      assert.deepEqual(more, {}, name);
    }
  });
});
