import assert from 'node:assert/strict';
import { Emitter } from '../../src/base/emitter.ts';
import { ChatStreamingService } from '../../src/conversation/chatStreamingService.ts';
import { LocalChatPort } from '../../src/conversation/localChatPort.ts';
import { helloRequest, type ChatReply, type ChatRequest } from '../../src/protocol/chat.ts';
import { type ChatMessage } from '../../src/protocol/chatMessage.ts';
import type { ChatPort, ChatPortStatus } from '../../src/protocol/chatPort.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import type { StreamingMessage } from '../../src/protocol/status.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf, sampleTurn } from './sampleTurns.ts';

const c = idOf('c');
const capabilities = { editorActions: true, showsConnection: false };

function localPort(world: HubWorld): { port: LocalChatPort; replies: ChatReply[] } {
  const port = new LocalChatPort({ hub: world.hub, clock: world.clock, peer: { owner: 'owner', scope: 'local' }, capabilities });
  const replies: ChatReply[] = [];
  port.onReply((reply) => replies.push(reply));
  return { port, replies };
}

describe('local chat port', () => {
  it('replies after send has returned, with whole messages, however long', async () => {
    const world = new HubWorld();
    const text = 'long '.repeat(60_000);
    world.store.commitTurn(sampleTurn({ name: '1' }));
    world.store.updateAnswer(idOf('a 1'), { text, state: 'done', nextSequence: 1 });
    const { port, replies } = localPort(world);
    port.send(helloRequest);
    port.send({ type: 'open', conversationId: c });
    assert.equal(replies.length, 0);
    await world.clock.settle();
    const snapshot = replies.find((reply) => reply.type === 'snapshot');
    assert.deepEqual(
      snapshot?.messages.map((message) => message.text),
      ['question 1', text],
    );
    assert.ok(snapshot.messages.every((message) => message.textOffset === undefined));
    assert.deepEqual([port.status, port.capabilities], [{ state: 'connected' }, capabilities]);
  });

  it('takes a long burst in order without losing any of it', async () => {
    const pieces = Array.from({ length: 500 }, (_, n) => `${String(n)} `);
    const world = new HubWorld();
    world.models.generate = (_, sink) => {
      // Each in a turn of its own, all before the view is given any.
      for (const piece of pieces)
        queueMicrotask(() => {
          sink.onText(piece);
        });
      return { dispose: () => undefined };
    };
    const { port, replies } = localPort(world);
    port.send(helloRequest);
    port.send({ type: 'open', conversationId: c });
    port.send({ type: 'send', requestId: idOf('r'), conversationId: c, text: 'hi', model: 'm:1' });
    await world.clock.settle();
    const text = replies.flatMap((reply) => (reply.type === 'event' && reply.event.type === 'chunk' ? [reply.event.message.chunk] : []));
    assert.equal(text.join(''), pieces.join(''));
    world.hub.dispose();
  });

  it('refuses a prompt that is too long where it is sent', () => {
    const { port } = localPort(new HubWorld());
    const request = { type: 'send', requestId: idOf('r'), conversationId: c, text: 'x'.repeat(60_000), model: 'm' } as const;
    assert.throws(
      () => {
        port.send(request);
      },
      { code: 'messageTooLong' },
    );
  });

  it('gives nothing more once it is disposed, and stops nothing', async () => {
    const world = new HubWorld({ answer: () => ({ pieces: ['a', 'b'] }) });
    const { port, replies } = localPort(world);
    port.send(helloRequest);
    port.send({ type: 'open', conversationId: c });
    port.send({ type: 'send', requestId: idOf('r'), conversationId: c, text: 'hi', model: 'm:1' });
    port.dispose();
    await world.clock.advance(50);
    assert.equal(replies.length, 0);
    assert.equal(world.store.messages('owner', c, { limit: 1 }).messages[0]?.text, 'ab');
  });
});

/** A line whose far end is written out in the test. */
class ScriptedPort implements ChatPort {
  readonly capabilities = capabilities;
  status: ChatPortStatus = { state: 'connected' };
  readonly sent: ChatRequest[] = [];
  disposed = false;
  readonly #replies = new Emitter<ChatReply>();
  readonly #changes = new Emitter<ChatPortStatus>();
  readonly onReply = this.#replies.event;
  readonly onDidChangeStatus = this.#changes.event;

  send(request: ChatRequest): void {
    this.sent.push(request);
    if (request.type === 'hello')
      queueMicrotask(() => {
        this.say({ type: 'welcome', version: 1, hubEpoch: idOf('e'), deviceName: 'Desk', scope: 'chat' });
      });
  }

  say(reply: ChatReply): void {
    this.#replies.fire(reply);
  }

  become(status: ChatPortStatus): void {
    this.status = status;
    this.#changes.fire(status);
  }

  dispose(): void {
    this.disposed = true;
  }
}

describe('streaming service over a line that breaks', () => {
  let port: ScriptedPort;
  let service: ChatStreamingService;
  let pieces: StreamingMessage[];
  let whole: Promise<unknown>;
  let conversationId: string;
  const answer = (state: ChatMessage['state'], text: string, nextSequence: number): ChatMessage => {
    return { id: idOf('a'), role: 'assistant', text, createdAt: 1, state, nextSequence };
  };
  const question: ChatMessage = { id: idOf('q'), role: 'user', text: 'hi', createdAt: 1 };
  let sequence = 0;
  const chunk = (text: string, at: number): void => {
    const message = { id: idOf('a'), conversationId, chunk: text, isComplete: false, sequence: at, timestamp: 1 };
    port.say({ type: 'event', conversationId, sequence: ++sequence, event: { type: 'chunk', message } });
  };
  const snapshot = (last: ChatMessage): void => {
    port.say({ type: 'snapshot', conversationId, hubEpoch: idOf('e2'), sequence: 0, title: '', messages: [question, last], more: false });
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  beforeEach(async () => {
    port = new ScriptedPort();
    service = new ChatStreamingService({ openPort: () => port, random: new SeededRandom(1) });
    pieces = [];
    const collect = async (): Promise<void> => {
      for await (const piece of service.streamResponse('hi', 'm:1')) pieces.push(piece);
    };
    whole = collect();
    whole.catch(() => undefined);
    await settle();
    const open = port.sent.find((request) => request.type === 'open');
    conversationId = open?.conversationId ?? '';
    port.say({ type: 'event', conversationId, sequence: ++sequence, event: { type: 'turn', question, answer: answer('waiting', '', 0) } });
    chunk('One ', 0);
    await settle();
  });
  const seen = (): unknown[] => pieces.map((piece) => [piece.sequence, piece.chunk, piece.isComplete]);

  it('goes on from a snapshot in the middle of an answer without a gap or a repetition', async () => {
    snapshot(answer('streaming', 'One two three ', 7));
    chunk('late', 6);
    chunk('four', 7);
    snapshot(answer('done', 'One two three four.', 9));
    await whole;
    assert.deepEqual(seen(), [
      [0, 'One ', false],
      [1, 'two three ', false],
      [2, 'four', false],
      [3, '.', true],
    ]);
  });

  it('ends with deviceRestarted when the snapshot says interrupted, after the text that is left', async () => {
    snapshot(answer('interrupted', 'One two', 3));
    await assert.rejects(whole, { code: 'deviceRestarted' });
    assert.deepEqual(seen(), [
      [0, 'One ', false],
      [1, 'two', true],
    ]);
  });

  it('fails on a gap rather than hand on a text with a hole', async () => {
    chunk('three', 2);
    await assert.rejects(whole, { code: 'badMessage' });
  });

  it('waits while the line comes back, and shows it', async () => {
    port.become({ state: 'reconnecting', error: 'relaySilent' });
    assert.equal(service.status, 'reconnecting');
    port.become({ state: 'connected' });
    assert.equal(service.status, 'streaming');
    snapshot(answer('done', 'One two', 2));
    await whole;
    assert.equal(service.status, 'connected');
  });

  it('ends with the cause when the line needs a person', async () => {
    port.become({ state: 'error', error: 'revoked' });
    await assert.rejects(whole, { code: 'revoked' });
    assert.equal(service.status, 'disconnected');
    assert.ok(port.disposed);
  });

  it('is refused when the hub speaks another version', async () => {
    const other = new ScriptedPort();
    other.send = (): void => {
      queueMicrotask(() => {
        other.say({ type: 'refused', error: 'chatVersion' });
      });
    };
    const refused = new ChatStreamingService({ openPort: () => other, random: new SeededRandom(1) });
    await assert.rejects(refused.establishConnection(), (error: unknown) => error instanceof TunnelError && error.code === 'chatVersion');
    assert.ok(other.disposed);
  });
});
