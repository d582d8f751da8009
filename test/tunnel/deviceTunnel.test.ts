import assert from 'node:assert/strict';
import { TunnelWorld } from '../fakes/tunnelWorld.ts';

describe('the device’s tunnel', () => {
  let world: TunnelWorld;
  beforeEach(async () => {
    world = new TunnelWorld();
    world.device.supervisor.start();
    world.client.supervisor.start();
    await world.clock.advance(1000);
    assert.equal(world.client.supervisor.state.kind, 'connected');
  });
  afterEach(() => {
    world.dispose();
    assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
  });

  it('says that nobody is online once the link is lost, the client has gone, or it was told to go', async () => {
    const seen: number[] = [];
    world.device.onDidChangeOnline(() => seen.push(world.device.onlineClients.size));
    world.network.killRelay();
    await world.clock.advance(1);
    assert.equal(seen.at(-1), 0);
    world.network.startRelay();
    await world.clock.advance(10_000);
    assert.equal(seen.at(-1), 1);
    for (const id of world.device.onlineClients) world.device.dismiss(id, 'paused');
    assert.equal(seen.at(-1), 0);
  });

  it('finds within 25 s that a client without a stream has gone, though nobody says so, and gives its circuit back', async () => {
    await world.clock.advance(3_000);
    world.network.isBusLosing = true;
    world.client.supervisor.disconnect();
    await world.clock.advance(0);
    assert.deepEqual([world.device.onlineClients.size, world.network.relay?.counts.circuits], [1, 1]);
    await world.clock.advance(25_000);
    assert.deepEqual([world.device.onlineClients.size, world.network.relay?.counts.circuits], [0, 0]);
  });

  it('believes in a client without a stream as long as it answers', async () => {
    const seen: number[] = [];
    world.device.onDidChangeOnline(() => seen.push(world.device.onlineClients.size));
    world.client.isVisible = false;
    await world.clock.advance(120_000);
    assert.deepEqual([seen, world.device.onlineClients.size], [[], 1]);
  });

  it('tries at least every 5 s while a client’s stream waits for it', async () => {
    world.client.mux.openStream('chat');
    await world.clock.advance(1000);
    const dials: number[] = [];
    world.network.killRelay();
    world.device.supervisor.onDidChange((state) => {
      if (state.kind === 'reconnecting' && state.retryAt !== undefined) dials.push(state.retryAt - world.clock.now());
    });
    await world.clock.advance(120_000);
    assert.ok(dials.length > 10 && Math.max(...dials) <= 5_000, `waited ${String(Math.max(...dials))} ms`);
  });
});
