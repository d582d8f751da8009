import assert from 'node:assert/strict';
import { isLive } from '../../src/tunnel/connectionState.ts';
import type { DeviceTunnel } from '../../src/tunnel/deviceTunnel.ts';
import { TunnelWorld } from '../fakes/tunnelWorld.ts';

describe('of two links of one device', () => {
  let world: TunnelWorld;
  let rivals: DeviceTunnel[];

  beforeEach(async () => {
    world = new TunnelWorld();
    rivals = [];
    world.device.supervisor.start();
    world.client.supervisor.start();
    await world.clock.advance(1_500);
    assert.equal(world.client.supervisor.state.kind, 'connected');
  });
  afterEach(async () => {
    for (const rival of rivals) rival.dispose();
    world.dispose();
    await world.clock.settle();
    assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
  });

  function rival(later: number): DeviceTunnel {
    const made = world.rival(later);
    rivals.push(made);
    made.supervisor.start();
    return made;
  }

  it('that of the newer leader stays, the older one stops and says so, and clients follow', async () => {
    const newer = rival(1);
    await world.clock.advance(3_000);
    assert.equal(newer.supervisor.state.kind, 'connected');
    assert.deepEqual(world.device.supervisor.state, { kind: 'error', error: 'replaced' });
    assert.equal(world.client.supervisor.state.kind, 'connected');
    assert.equal(newer.onlineClients.size, 1);
    assert.equal(world.network.relay?.counts.devices, 1);
  });

  it('that of an older leader is refused, and disturbs nobody', async () => {
    let changes = 0;
    world.client.supervisor.onDidChange(() => changes++);
    const older = rival(-1);
    await world.clock.advance(3_000);
    assert.deepEqual(older.supervisor.state, { kind: 'error', error: 'replaced' });
    assert.equal(world.device.supervisor.state.kind, 'connected');
    assert.equal(changes, 0);
  });

  it('that of another process with the same epoch is refused as a duplicate until its user asks again', async () => {
    const copy = rival(0);
    await world.clock.advance(600_000);
    assert.deepEqual(copy.supervisor.state, { kind: 'error', error: 'duplicateDevice' });
    assert.equal(world.device.supervisor.state.kind, 'connected');
    world.device.supervisor.disconnect();
    await world.clock.advance(1_000);
    assert.equal(copy.supervisor.state.kind, 'error', 'it does not take over by itself');
    copy.supervisor.start();
    await world.clock.advance(3_000);
    assert.equal(copy.supervisor.state.kind, 'connected');
    assert.equal(world.client.supervisor.state.kind, 'connected');
  });

  it('the later of one process stays, while the relay still believes in the one that is dead', async () => {
    const [line] = world.network.lines;
    assert.ok(line);
    line.hold(true);
    world.device.supervisor.reconnect();
    await world.clock.advance(1_500);
    assert.equal(world.device.supervisor.state.kind, 'connected');
    assert.equal(world.client.supervisor.state.kind, 'connected');
    assert.equal(world.network.relay?.counts.devices, 1);
    await world.clock.advance(60_000);
    assert.equal(world.network.relay.counts.deviceLinks, 1, 'nothing is left of the dead one, and its end ended nothing else');
    assert.equal(world.client.supervisor.state.kind, 'connected');
  });

  it('neither stays for long when a device flaps, and its client is there once it holds', async () => {
    const dialsBefore = world.network.lines.size;
    for (let i = 0; i < 200; i++) {
      world.device.supervisor.disconnect();
      await world.clock.advance((i * 37) % 400);
      world.device.supervisor.start();
      await world.clock.advance((i * 53) % 600);
    }
    await world.clock.advance(5_000);
    assert.ok(isLive(world.client.supervisor.state));
    const counts = world.network.relay?.counts;
    assert.deepEqual(
      { devices: counts?.devices, deviceLinks: counts?.deviceLinks, clientLinks: counts?.clientLinks, parked: counts?.parkedDials },
      { devices: 1, deviceLinks: 1, clientLinks: 1, parked: 0 },
    );
    assert.equal(counts?.circuits, 1);
    const dials = world.network.lines.size - dialsBefore - 200;
    assert.ok(dials < 100, `${String(dials)} dials of the client in two minutes`);
  });
});
