import assert from 'node:assert/strict';
import { utf8 } from '../../src/base/bytes.ts';
import type { TunnelMetrics } from '../../src/protocol/status.ts';
import { TunnelWorld } from '../fakes/tunnelWorld.ts';

/** A world whose lines take `delayMs` in each direction; the client's ping crosses two lines each way, the device's TOKENS one. */
async function worldWith(delayMs: () => number): Promise<TunnelWorld> {
  const world = new TunnelWorld();
  world.network.killRelay();
  world.network.delayMs = delayMs;
  world.network.startRelay();
  world.device.supervisor.start();
  world.client.supervisor.start();
  await world.clock.advance(90_000);
  return world;
}

function assertNear(measured: number | undefined, injectedMs: number): void {
  assert.ok(measured !== undefined && Math.abs(measured - injectedMs) <= 0.2 * injectedMs, `${String(measured)} of ${String(injectedMs)}`);
}

describe('a tunnel’s metrics', () => {
  let world: TunnelWorld;
  afterEach(async () => {
    world.dispose();
    await world.clock.advance(1_000);
    assert.equal(world.clock.pendingTimers, 0);
  });

  for (const [delayMs, client, device] of [
    [5, 'excellent', 'excellent'],
    [20, 'good', 'excellent'],
    [50, 'fair', 'good'],
    [150, 'poor', 'fair'],
  ] as const)
    it(`measure a delay of ${String(delayMs)} ms on each line within a fifth, and grade it`, async () => {
      world = await worldWith(() => delayMs);
      for (const [end, lines, grade] of [
        [world.client, 4, client],
        [world.device, 2, device],
      ] as const) {
        const { roundTrip, quality, missedPings } = end.metrics;
        assertNear(roundTrip?.p50Ms, lines * delayMs);
        assertNear(roundTrip?.p95Ms, lines * delayMs);
        assertNear(end.connection.latency, lines * delayMs);
        assert.ok((roundTrip?.jitterMs ?? Infinity) <= 1);
        assert.deepEqual([quality, missedPings], [grade, 0]);
      }
    });

  it('measure a delay that varies, and its jitter', async () => {
    let even = false;
    world = await worldWith(() => {
      even = !even;
      return even ? 40 : 60;
    });
    await world.clock.advance(300_000);
    const { roundTrip } = world.client.metrics;
    assertNear(roundTrip?.p50Ms, 200);
    assertNear(roundTrip?.p95Ms, 220);
    assert.equal(roundTrip?.samples, 20);
  });

  it('know no quality before the third sample', async () => {
    world = new TunnelWorld();
    world.device.supervisor.start();
    world.client.supervisor.start();
    const seen = new Set<string>();
    for (let elapsed = 0; elapsed < 60_000; elapsed += 5_000) {
      const { roundTrip, quality } = world.client.metrics;
      seen.add(`${String(roundTrip?.samples ?? 0)} ${quality}`);
      await world.clock.advance(5_000);
    }
    assert.deepEqual([...seen], ['0 unknown', '1 unknown', '2 unknown', '3 excellent', '4 excellent']);
  });

  it('count pings missed, and lose a grade for each in the last minute', async () => {
    world = await worldWith(() => 5);
    assert.equal(world.client.metrics.quality, 'excellent');
    for (const line of world.network.lines) line.hold(true);
    await world.clock.advance(40_000);
    const { missedPings, quality } = world.client.metrics;
    assert.ok(missedPings >= 1);
    assert.notEqual(quality, 'excellent');
    await world.clock.advance(180_000);
    assert.equal(world.client.metrics.quality, 'excellent');
  });

  it('do not count a ping whose time ran out while our own event loop stood still', async () => {
    world = await worldWith(() => 5);
    let missed = 0;
    world.client.mux.onMissedPing(() => missed++);
    for (let round = 0; round < 4; round++) {
      await world.clock.advance(14_000);
      world.clock.stall(20_000);
      await world.clock.advance(100);
    }
    assert.deepEqual([missed, world.client.metrics.missedPings, world.device.metrics.missedPings], [0, 0, 0]);
    assert.equal(world.device.metrics.reconnects, 0);
  });

  it('count reconnects, the time up and the bytes, and show the last activity', async () => {
    world = await worldWith(() => 0);
    const before = world.client.metrics;
    assert.deepEqual([before.reconnects, before.streams], [0, 0]);
    assertNear(before.uptimeMs, 90_000);
    world.network.killRelay();
    await world.clock.advance(1_000);
    const during: TunnelMetrics = world.client.metrics;
    assert.deepEqual([during.uptimeMs, during.quality], [undefined, 'unknown']);
    assert.ok((during.nextTryAt ?? 0) > 0 && during.roundTrip !== undefined);
    const silentMs = world.clock.now() - (world.client.connection.lastActivity ?? 0);
    assert.ok(silentMs > 999 && silentMs < 1001, 'nothing has come since');
    world.network.startRelay();
    await world.clock.advance(30_000);
    world.muxes.at(-1)?.onStream((stream) => {
      stream.write(utf8('heard'));
    });
    world.client.mux.openStream('chat').write(utf8('x'.repeat(10_000)));
    await world.clock.advance(10);
    const after = world.client.metrics;
    assert.deepEqual([after.reconnects, world.device.metrics.reconnects, after.streams, world.device.metrics.streams], [1, 1, 1, 1]);
    assert.ok((after.uptimeMs ?? 0) < 35_000);
    assert.ok(after.bytesSent > during.bytesSent + 10_000 && world.device.metrics.bytesReceived > 10_000);
    assert.ok(world.clock.now() - (world.client.connection.lastActivity ?? 0) < 11);
  });

  it('begin anew with the connection that the user asks for', async () => {
    world = await worldWith(() => 50);
    world.client.supervisor.disconnect();
    assert.deepEqual([world.client.metrics.roundTrip, world.client.connection.latency], [undefined, undefined]);
    world.client.supervisor.start();
    await world.clock.advance(500);
    assert.deepEqual([world.client.metrics.reconnects, world.client.metrics.quality], [0, 'unknown']);
  });
});
