import assert from 'node:assert/strict';
import { concatBytes, utf8 } from '../../src/base/bytes.ts';
import type { MuxStream } from '../../src/mux/muxStream.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { tunnelConnectionStates } from '../../src/protocol/status.ts';
import { TunnelWorld } from '../fakes/tunnelWorld.ts';

function drain(stream: MuxStream | undefined): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let piece = stream?.read(); piece; piece = stream?.read()) parts.push(piece);
  return concatBytes(...parts);
}

async function connected(): Promise<TunnelWorld> {
  const world = new TunnelWorld();
  world.device.supervisor.start();
  world.client.supervisor.start();
  await world.clock.advance(100);
  assert.equal(world.device.supervisor.state.kind, 'connected');
  assert.equal(world.client.supervisor.state.kind, 'connected');
  return world;
}

describe('tunnel', () => {
  it('connects a client to its device through a relay and carries bytes both ways', async () => {
    const world = await connected();
    const near = world.client.mux.openStream('chat');
    near.write(utf8('ping'));
    await world.clock.advance(10);
    let far: MuxStream | undefined;
    world.muxes[0]?.onStream((stream) => (far = stream));
    const second = world.client.mux.openStream('chat');
    second.write(utf8('again'));
    await world.clock.advance(10);
    assert.deepEqual(drain(far), utf8('again'));
    far?.write(utf8('pong'));
    await world.clock.advance(10);
    assert.deepEqual(drain(second), utf8('pong'));
    world.dispose();
    assert.equal(world.clock.pendingTimers, 0);
  });

  it('goes on when a full socket has drained, at either end, though nobody says a word', async () => {
    const bytes = 50_000; // of each of four streams: within their windows, and more than a socket takes
    for (const end of ['device', 'client'] as const) {
      const world = await connected();
      const far: MuxStream[] = [];
      world.muxes[0]?.onStream((stream) => far.push(stream));
      const near = Array.from({ length: 4 }, () => world.client.mux.openStream('http'));
      for (const stream of near) stream.write(utf8('x'));
      await world.clock.advance(10);
      for (const stream of far) drain(stream);
      await world.clock.advance(1_000);
      const [writers, readers] = end === 'device' ? [far, near] : [near, far];
      const fromEnd = [...world.network.lines].map((line) => line.near);
      for (const socket of fromEnd) socket.hold(true);
      for (const stream of writers) stream.write(new Uint8Array(bytes));
      await world.clock.settle();
      for (const socket of fromEnd) socket.hold(false);
      await world.clock.settle();
      const extra = end === 'client' ? 1 : 0;
      assert.deepEqual(
        readers.map(({ receiveSide }) => receiveSide.received - extra),
        Array(4).fill(bytes),
        end,
      );
      world.dispose();
    }
  });

  it('goes on from the byte where it was after the relay was killed and started again', async () => {
    const world = await connected();
    const streams: MuxStream[] = [];
    world.muxes[0]?.onStream((stream) => streams.push(stream));
    const near = world.client.mux.openStream('chat');
    near.write(utf8('one '));
    await world.clock.advance(10);
    world.network.killRelay();
    await world.clock.advance(10);
    assert.equal(world.client.supervisor.state.kind, 'reconnecting');
    assert.equal(world.device.supervisor.state.kind, 'reconnecting');
    near.write(utf8('two '));
    streams[0]?.write(utf8('back'));
    await world.clock.advance(1500);
    world.network.startRelay();
    await world.clock.advance(6000);
    assert.equal(world.client.supervisor.state.kind, 'connected');
    assert.equal(streams.length, 1);
    assert.deepEqual(drain(streams[0]), utf8('one two '));
    assert.deepEqual(drain(near), utf8('back'));
    world.dispose();
  });

  it('reaches all six states in one run, with one event for each change', async () => {
    const world = new TunnelWorld();
    const seen: string[] = [world.client.supervisor.state.kind];
    world.client.supervisor.onDidChange(({ kind }) => {
      if (seen.at(-1) !== kind) seen.push(kind);
    });
    world.device.supervisor.start();
    world.client.supervisor.start();
    await world.clock.advance(100);
    world.client.supervisor.setStreams(1);
    world.client.supervisor.setStreams(0);
    world.network.killRelay();
    await world.clock.advance(10);
    world.network.startRelay();
    await world.clock.advance(30_000);
    world.lastWord = 'revoked';
    for (const line of world.network.lines) line.cut();
    await world.clock.advance(30_000);
    world.client.supervisor.disconnect();
    assert.deepEqual(seen, [
      'disconnected',
      'connecting',
      'connected',
      'streaming',
      'connected',
      'reconnecting',
      'connected',
      'reconnecting',
      'error',
      'disconnected',
    ]);
    assert.deepEqual(new Set(seen), new Set(tunnelConnectionStates));
    world.dispose();
  });

  it('waits as connecting while the device has never been there, and comes up when it is', async () => {
    const world = new TunnelWorld();
    world.client.supervisor.start();
    await world.clock.advance(1000);
    assert.deepEqual(world.client.supervisor.state, { kind: 'connecting', attempt: 1, error: 'deviceOffline' });
    world.device.supervisor.start();
    await world.clock.advance(1000);
    assert.equal(world.client.supervisor.state.kind, 'connected');
    world.dispose();
  });

  it('shows the device offline when it goes, and the streams as lost when it comes back new', async () => {
    const world = await connected();
    const near = world.client.mux.openStream('chat');
    const ends: unknown[] = [];
    near.onEnd((end) => ends.push(end));
    await world.clock.advance(10);
    world.device.dispose();
    await world.clock.advance(10);
    assert.deepEqual(world.client.supervisor.state, { kind: 'reconnecting', attempt: 1, error: 'deviceOffline' });
    world.restartDevice();
    await world.clock.advance(2000);
    assert.equal(world.client.supervisor.state.kind, 'connected');
    assert.deepEqual(ends, [{ kind: 'reset', code: 'deviceRestarted' }]);
    world.dispose();
  });

  it('connects once however often it is asked, and rejects when the user is needed', async () => {
    const world = new TunnelWorld();
    world.lastWord = 'revoked';
    world.device.supervisor.start();
    await world.clock.advance(100);
    const tries = [world.client.supervisor.connect(), world.client.supervisor.connect()];
    const results = Promise.allSettled(tries);
    await world.clock.advance(5_000);
    for (const result of await results) {
      assert.equal(result.status, 'rejected');
      assert.ok(result.reason instanceof TunnelError);
      assert.equal(result.reason.code, 'revoked');
    }
    world.dispose();
  });
});
