import assert from 'node:assert/strict';
import { MuxStream } from '../../src/mux/muxStream.ts';
import { WindowPool } from '../../src/mux/streamWindow.ts';
import { nullLogger } from '../../src/base/log.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { serveChat } from '../../src/agent/chatServer.ts';
import { MACHINE_OWNER } from '../../src/conversation/ports.ts';
import { encodeStreamMessage } from '../../src/protocol/messageStream.ts';
import { AgentWorld } from '../fakes/agentWorld.ts';

describe('a chat stream that a client misuses', () => {
  let world: AgentWorld;
  let stream: MuxStream;
  let offset: number;
  let escaped: unknown[];
  let before: NodeJS.UncaughtExceptionListener[];
  const note = (error: unknown): void => {
    escaped.push(error);
  };

  beforeEach(() => {
    world = new AgentWorld();
    offset = 0;
    escaped = [];
    // What a listener throws is thrown again in a turn of its own: it would end the program.
    before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', note);
    stream = new MuxStream({ id: 1, kind: 'chat', isOwn: false, pool: new WindowPool(world.clock), onChange: () => undefined });
    serveChat(world.agent.hub, stream, { owner: MACHINE_OWNER, scope: 'chat' }, nullLogger);
  });
  afterEach(() => {
    process.removeListener('uncaughtException', note);
    for (const listener of before) process.on('uncaughtException', listener);
    world.dispose();
    assert.equal(world.clock.pendingTimers, 0);
  });

  function say(text: string): void {
    const bytes = encodeStreamMessage(utf8(text));
    stream.acceptData(offset, bytes, false);
    offset += bytes.length;
  }

  it('is ended, and nothing else, when it asks for nonsense without reading the answers', async () => {
    for (let i = 0; i < 10_000 && !stream.outcome; i++) say('{}');
    await world.clock.settle();
    assert.deepEqual(escaped, []);
    assert.deepEqual(stream.outcome, { kind: 'reset', code: 'flowViolation' });
  });

  it('is ended, and nothing else, when it asks for nonsense after a STOP', async () => {
    stream.acceptStop();
    say('{}');
    await world.clock.settle();
    assert.deepEqual(escaped, []);
    assert.deepEqual(stream.outcome, { kind: 'reset', code: 'closed' });
  });

  it('is ended when it is not JSON', async () => {
    say('{');
    await world.clock.settle();
    assert.deepEqual(escaped, []);
    assert.deepEqual(stream.outcome, { kind: 'reset', code: 'badMessage' });
  });
});
