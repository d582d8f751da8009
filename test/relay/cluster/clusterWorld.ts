import assert from 'node:assert/strict';
import { ClusterBus } from '../../../src/relay/cluster/clusterBus.ts';
import { RelayMetrics } from '../../../src/relay/metrics/relayMetrics.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';
import { FakeNats, type FakeLine } from '../../fakes/fakeNats.ts';
import { SeededRandom } from '../../fakes/seededRandom.ts';
import type { BusPair } from '../busConformance.ts';

/** Longer than a dial gathers, shorter than anything waits. */
const SETTLE_MS = 100;

export interface ClusterNode {
  readonly bus: ClusterBus;
  readonly control: FakeLine;
  readonly data: FakeLine;
  readonly metrics: RelayMetrics;
}

/** Nodes of a relay on a NATS server in memory and a fake clock. */
export class ClusterWorld {
  readonly clock = new FakeClock();
  readonly random: SeededRandom;
  readonly nats: FakeNats;
  readonly errors: unknown[] = [];
  readonly nodes: ClusterNode[] = [];

  constructor(seed = 1, lossPercent = 0) {
    this.random = new SeededRandom(seed);
    this.nats = new FakeNats(this.clock, this.random);
    this.nats.lossPercent = lossPercent;
  }

  node(): ClusterNode {
    const [control, data, metrics] = [this.nats.line(), this.nats.line(), new RelayMetrics()];
    const node = String(this.nodes.length + 1).padStart(16, '0');
    const bus = new ClusterBus({
      ...{ node, control, data, clock: this.clock, random: this.random, meter: metrics },
      onError: (error) => this.errors.push(error),
    });
    const made = { bus, control, data, metrics };
    this.nodes.push(made);
    return made;
  }

  /** A world of two nodes. When nodes arrive all who wait are woken; afterwards nobody is without a cause. */
  static async ofTwo(): Promise<{ readonly world: ClusterWorld; readonly near: ClusterNode; readonly far: ClusterNode }> {
    const world = new ClusterWorld();
    const [near, far] = [world.node(), world.node()];
    await world.clock.advance(1_000);
    return { world, near, far };
  }

  /** Ends all nodes, and asserts that nothing of them is left. */
  async end(): Promise<void> {
    for (const { bus } of this.nodes) bus.dispose();
    await this.settle();
    assert.deepEqual([this.nats.subscriptionCount, this.clock.pendingTimers, this.errors], [0, 0, []]);
  }

  async settle(): Promise<void> {
    await this.clock.advance(SETTLE_MS);
  }

  /** When nodes arrive all who wait are woken; afterwards nobody is without a cause. */
  async pair(isOneNode: boolean): Promise<BusPair> {
    const near = this.node().bus;
    const far = isOneNode ? near : this.node().bus;
    await this.clock.advance(1_000);
    return {
      near,
      far,
      settle: () => this.settle(),
      dispose: () => {
        near.dispose();
        far.dispose();
      },
    };
  }
}
