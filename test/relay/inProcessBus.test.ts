import assert from 'node:assert/strict';
import { InProcessMedium } from '../../src/relay/inProcessBus.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { busConformance, type BusPair } from './busConformance.ts';

function pairOf(nodes: readonly [string, string], onError: (error: unknown) => void = () => undefined): BusPair {
  const clock = new FakeClock();
  const medium = new InProcessMedium(clock, onError);
  const near = medium.join(nodes[0]);
  const far = nodes[0] === nodes[1] ? near : medium.join(nodes[1]);
  return {
    near,
    far,
    settle: () => clock.settle(),
    dispose() {
      near.dispose();
      far.dispose();
    },
  };
}

describe('the bus in one process', () => {
  describe('within one node', () => {
    busConformance(() => pairOf(['a', 'a']));
  });
  describe('between two nodes', () => {
    busConformance(() => pairOf(['a', 'b']));
  });

  it('reports what a handler threw', async () => {
    const errors: unknown[] = [];
    const { near, far, ...pair } = pairOf(['a', 'a'], (error) => errors.push(error));
    near.watch('hash', () => {
      throw new Error('broken');
    });
    far.serve('hash', { node: 'a', link: 1, epoch: 1, attempt: 1 });
    await pair.settle();
    assert.match(String(errors[0]), /broken/);
  });
});
