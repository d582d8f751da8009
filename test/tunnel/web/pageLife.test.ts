import assert from 'node:assert/strict';
import { followPage } from '../../../src/tunnel/web/pageLife.ts';
import { TunnelWorld } from '../../fakes/tunnelWorld.ts';

class FakeDocument extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';
}

describe('a page’s life', () => {
  let world: TunnelWorld;
  const document = new FakeDocument();
  const window = new EventTarget();
  const connection = new EventTarget();

  beforeEach(() => {
    world = new TunnelWorld();
    document.visibilityState = 'visible';
  });
  afterEach(() => {
    world.dispose();
    assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
  });

  for (const [what, target, type] of [
    ['it is online again', window, 'online'],
    ['it comes back from the back-forward cache', window, 'pageshow'],
    ['it is thawed', document, 'resume'],
    ['it is in another network', connection, 'change'],
    ['it is seen again', document, 'visibilitychange'],
  ] as const) {
    it(`dials anew within the instant when ${what}, however long the wait was to be`, async () => {
      const life = followPage(world.client, { window, document, connection });
      world.client.supervisor.start();
      world.device.supervisor.start();
      await world.clock.advance(1_000);
      document.visibilityState = 'hidden';
      document.dispatchEvent(new Event('visibilitychange'));
      world.network.killRelay();
      await world.clock.advance(600_000);
      world.network.startRelay();
      world.device.supervisor.wake();
      await world.clock.advance(1);
      const { state } = world.client.supervisor;
      assert.ok(state.kind === 'reconnecting' && (state.retryAt ?? 0) - world.clock.now() > 1_000, 'it would wait');
      document.visibilityState = 'visible';
      target.dispatchEvent(new Event(type));
      await world.clock.advance(100);
      assert.equal(world.client.supervisor.state.kind, 'connected');
      life.dispose();
    });

    it(`finds a dead line within 3 s when ${what}`, async () => {
      const life = followPage(world.client, { window, document, connection });
      world.client.supervisor.start();
      world.device.supervisor.start();
      await world.clock.advance(20_000);
      document.visibilityState = 'hidden';
      document.dispatchEvent(new Event('visibilitychange'));
      world.client.mux.openStream('chat');
      await world.clock.advance(100);
      for (const line of world.network.lines) line.hold(true);
      document.visibilityState = 'visible';
      target.dispatchEvent(new Event(type));
      await world.clock.advance(2_999);
      assert.equal(world.client.supervisor.state.kind, 'connected', 'it may still answer');
      await world.clock.advance(1);
      assert.equal(world.client.supervisor.state.kind, 'reconnecting');
      life.dispose();
    });
  }

  it('leaves no listener behind', async () => {
    const life = followPage(world.client, { window, document, connection });
    world.client.supervisor.start();
    await world.clock.advance(60_000);
    life.dispose();
    const dials = world.network.lines.size;
    for (const [target, type] of [
      [window, 'online'],
      [window, 'pageshow'],
      [document, 'resume'],
      [connection, 'change'],
    ] as const)
      target.dispatchEvent(new Event(type));
    await world.clock.advance(100);
    assert.equal(world.network.lines.size, dials);
  });
});
