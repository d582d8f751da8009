import { FakeClock } from '../../fakes/fakeClock.ts';
import { FakeNats } from '../../fakes/fakeNats.ts';
import { busConformance } from '../busConformance.ts';
import { ClusterWorld } from './clusterWorld.ts';
import { lineConformance } from './lineConformance.ts';

describe('the bus over NATS, with a server in memory', () => {
  describe('within one node', () => {
    busConformance(() => new ClusterWorld().pair(true));
  });
  describe('between two nodes', () => {
    busConformance(() => new ClusterWorld().pair(false));
  });
});

describe('the NATS server in memory', () => {
  lineConformance(() => {
    const clock = new FakeClock();
    const nats = new FakeNats(clock);
    return {
      near: nats.line(),
      far: nats.line(),
      settle: () => clock.advance(20),
      end: () => Promise.resolve(),
    };
  });
});
