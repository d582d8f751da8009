import assert from 'node:assert/strict';
import type { MuxStream } from '../../src/mux/muxStream.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import { MAX_PROMPT_BYTES } from '../../src/protocol/limits.ts';
import { TunnelChatPort } from '../../src/tunnel/tunnelChatPort.ts';
import { TunnelWorld } from '../fakes/tunnelWorld.ts';

describe('a chat port over a tunnel', () => {
  let world: TunnelWorld;
  let port: TunnelChatPort;
  /** Streams that came to the device. */
  let streams: MuxStream[];
  let refuse: ErrorCode | undefined;
  const conversationId = 'C'.repeat(22);

  beforeEach(async () => {
    world = new TunnelWorld();
    streams = [];
    refuse = undefined;
    world.device.supervisor.start();
    world.client.supervisor.start();
    await world.clock.advance(1000);
    world.muxes[0]?.onStream((stream) => {
      streams.push(stream);
      if (refuse) stream.reset(refuse);
    });
    port = new TunnelChatPort(world.client);
    await world.clock.advance(100);
    assert.equal(streams.length, 1);
  });
  afterEach(() => {
    port.dispose();
    world.dispose();
    assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
  });

  function send(text: string): void {
    port.send({ type: 'send', requestId: 'R'.repeat(22), conversationId, text, model: 'm' });
  }

  it('refuses at once what is too long to be sent, escapes included, and forgets it', async () => {
    assert.throws(() => {
      send('"'.repeat(MAX_PROMPT_BYTES));
    }, /messageTooLong/);
    streams[0]?.reset('streamGone');
    await world.clock.advance(100);
    assert.equal(streams.length, 2, 'another stream');
    assert.equal(streams[1]?.outcome, undefined);
  });

  it('opens another stream at once after the device has lost one', async () => {
    streams[0]?.reset('streamGone');
    await world.clock.advance(100);
    assert.equal(streams.length, 2);
  });

  it('does not open streams as fast as the device refuses them', async () => {
    refuse = 'notAllowed';
    streams[0]?.reset('notAllowed');
    await world.clock.advance(60_000);
    assert.ok(streams.length > 10 && streams.length < 40, `${String(streams.length)} streams in a minute`);
  });

  it('keeps nothing that it had no room for', async () => {
    world.network.killRelay();
    await world.clock.advance(100);
    assert.throws(() => {
      for (let i = 0; i < 10_000; i++) port.send({ type: 'page', conversationId, before: conversationId });
    }, /busy/);
    assert.throws(() => {
      send('hello');
    }, /busy/);
    world.network.startRelay();
    await world.clock.advance(10_000);
    streams[0]?.reset('streamGone');
    await world.clock.advance(1000);
    const said = new TextDecoder().decode(streams[1]?.read());
    assert.match(said, /hello/, 'the greeting of a new stream');
    assert.doesNotMatch(said, /"send"/);
  });

  it('ends quietly when its tunnel ends first', async () => {
    const before = process.listeners('uncaughtException');
    const escaped: unknown[] = [];
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => escaped.push(error));
    world.client.dispose();
    await world.clock.settle();
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
    assert.deepEqual(escaped, []);
  });
});
