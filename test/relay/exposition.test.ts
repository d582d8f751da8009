import assert from 'node:assert/strict';
import fc from 'fast-check';
import { exposition } from '../../src/relay/metrics/exposition.ts';
import { EventLoopWatch } from '../../src/relay/metrics/eventLoopWatch.ts';
import { CounterSet, Histogram } from '../../src/relay/metrics/instruments.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { parsePromText } from './promText.ts';

describe('the text that Prometheus reads', () => {
  it('is exactly this', () => {
    const histogram = new Histogram([0.005, 1]);
    for (const ms of [5, 5.1, 1000, 1001]) histogram.observeMs(ms);
    const text = exposition([
      { name: 'c2l_a', help: 'back\\slash\nline "quoted"', type: 'gauge', samples: [{ labels: { v: 'a\\b"c\nd' }, value: 1.5 }] },
      {
        name: 'c2l_b_total',
        help: 'plain',
        type: 'counter',
        samples: [{ value: 9_007_199_254_740_991 }, { labels: { x: '', y: 'z' }, value: 0 }],
      },
      {
        name: 'c2l_c',
        help: 'odd',
        type: 'gauge',
        samples: [Infinity, -Infinity, NaN].map((value, at) => ({ labels: { at: String(at) }, value })),
      },
      { name: 'c2l_d', help: 'took', type: 'histogram', reading: histogram.reading },
    ]);
    assert.deepEqual(text.split('\n'), [
      '# HELP c2l_a back\\\\slash\\nline "quoted"',
      '# TYPE c2l_a gauge',
      'c2l_a{v="a\\\\b\\"c\\nd"} 1.5',
      '# HELP c2l_b_total plain',
      '# TYPE c2l_b_total counter',
      'c2l_b_total 9007199254740991',
      'c2l_b_total{x="",y="z"} 0',
      '# HELP c2l_c odd',
      '# TYPE c2l_c gauge',
      'c2l_c{at="0"} +Inf',
      'c2l_c{at="1"} -Inf',
      'c2l_c{at="2"} NaN',
      '# HELP c2l_d took',
      '# TYPE c2l_d histogram',
      'c2l_d_bucket{le="0.005"} 1',
      'c2l_d_bucket{le="1"} 3',
      'c2l_d_bucket{le="+Inf"} 4',
      'c2l_d_sum 2.0111',
      'c2l_d_count 4',
      '',
    ]);
  });

  it('is read back as it was meant, whatever stands in a label', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (label, help) => {
        const [family] = parsePromText(exposition([{ name: 'a', help, type: 'gauge', samples: [{ labels: { l: label }, value: 1 }] }]));
        assert.deepEqual([family?.help, family?.samples[0]?.labels], [help, { l: label }]);
      }),
    );
  });

  it('has a series for each word of a set, and room for no other', () => {
    const set = new CounterSet(['a', 'b']);
    set.add('b');
    (set as CounterSet<string>).add('made up');
    assert.deepEqual(set.values, [
      ['a', 0],
      ['b', 1],
    ]);
  });

  it('tells how late the process comes to what is due', async () => {
    const clock = new FakeClock();
    const watch = new EventLoopWatch(clock);
    await clock.advance(1_000);
    clock.stall(700);
    await clock.advance(500);
    const { bounds, cumulative, sumSeconds } = watch.reading;
    assert.deepEqual([cumulative[0], cumulative[bounds.indexOf(0.5)], cumulative.at(-1), Math.round(sumSeconds * 1000)], [6, 7, 7, 450]);
    watch.dispose();
    assert.equal(clock.pendingTimers, 0);
  });
});
