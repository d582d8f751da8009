import assert from 'node:assert/strict';
import { TunnelError } from '../../src/protocol/errors.ts';
import { ChatController } from '../../src/ui/chatController.ts';
import { draftOf, visiblePending } from '../../src/ui/chatModel.ts';
import { readViewState, type ViewState } from '../../src/ui/viewStorage.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { ScriptedPort } from './scriptedPort.ts';
import { answer, chat, chunk, question, snapshot, turn } from './talk.ts';

function setUp(kept: unknown = { conversationId: chat }) {
  const port = new ScriptedPort();
  const clock = new FakeClock();
  const saved: ViewState[] = [];
  const storage = { load: () => kept, save: (state: ViewState) => void saved.push(state) };
  const controller = new ChatController({ port, clock, random: new SeededRandom(1), storage });
  return { port, clock, saved, controller };
}

describe('chat controller', () => {
  it('says hello first, then opens the conversation it remembers and asks for the lists', () => {
    const { port, controller } = setUp();
    controller.start();
    assert.deepEqual(
      port.sent.map(({ type }) => type),
      ['hello', 'open', 'listModels', 'listConversations'],
    );
    assert.deepEqual(port.take('open'), [{ type: 'open', conversationId: chat }]);
  });

  it('asks again for a stop that may not have arrived before the page was reloaded', () => {
    const { port, controller, saved } = setUp();
    port.reply(snapshot(0));
    port.reply(turn(1, '1'));
    port.setStatus({ state: 'reconnecting', error: 'deviceOffline' });
    controller.stop();
    const [stop] = port.take('stop');
    assert.ok(stop);
    const next = setUp(structuredClone(saved.at(-1)));
    next.controller.start();
    assert.deepEqual(next.port.take('stop'), [stop]);
    next.port.reply(snapshot(4, [question('q1'), answer('a1', 'stopped')]));
    assert.equal(next.saved.at(-1)?.stopping, undefined);
  });

  it('makes a conversation of its own when it remembers none', () => {
    const { controller } = setUp(undefined);
    assert.match(controller.model.conversation.id, /^[A-Za-z0-9_-]{22}$/);
  });

  it('acknowledges only what has been drawn, and each once', () => {
    const { port, controller } = setUp();
    port.reply(snapshot(0));
    port.reply(turn(1, '1'));
    port.reply(chunk(2, '1', 0, 'a'));
    assert.deepEqual(port.take('ack'), []);
    controller.drawn(controller.model);
    controller.drawn(controller.model);
    assert.deepEqual(port.take('ack'), [{ type: 'ack', conversationId: chat, sequence: 2 }]);
    port.reply(chunk(3, '1', 1, 'b'));
    controller.drawn(controller.model);
    assert.deepEqual(
      port.take('ack').map(({ sequence }) => sequence),
      [3],
    );
  });

  it('sends the draft under a fresh id and keeps a refusal by the port itself with its text', () => {
    const { port, controller } = setUp();
    port.reply({ type: 'models', items: [{ name: 'm' }] });
    port.reply(snapshot(0));
    controller.setDraft('one');
    assert.equal(controller.send(), true);
    assert.equal(controller.send(), false);
    const [first] = port.take('send');
    assert.match(first?.requestId ?? '', /^[A-Za-z0-9_-]{22}$/);
    port.reply({ type: 'refused', requestId: first?.requestId, error: 'storeFailed' });
    controller.setDraft('two');
    port.failure = new TunnelError('messageTooLong');
    controller.send();
    assert.equal(visiblePending(controller.model)[0]?.error, 'messageTooLong');
    assert.equal(draftOf(controller.model), 'two');
  });

  it('keeps the draft a moment after typing, and at once when the view goes', async () => {
    const { clock, saved, controller, port } = setUp();
    controller.setDraft('a');
    controller.setDraft('ab');
    assert.equal(saved.length, 0);
    await clock.advance(300);
    assert.deepEqual(
      saved.map(({ drafts }) => drafts[chat]),
      ['ab'],
    );
    controller.setDraft('abc');
    controller.dispose();
    assert.equal(saved.at(-1)?.drafts[chat], 'abc');
    assert.equal(clock.pendingTimers, 0);
    assert.equal(port.listeners, 0);
  });

  it('stays in an empty chat when a new one is asked for', () => {
    const { port, controller } = setUp();
    port.reply(snapshot(0));
    controller.newChat();
    assert.equal(controller.model.conversation.id, chat);
    port.reply(snapshot(2, [question('q1'), answer('a1', 'done')]));
    controller.newChat();
    assert.notEqual(controller.model.conversation.id, chat);
    assert.equal(port.take('open').length, 1);
  });
});

describe('view state', () => {
  it('reads as nothing whatever else was kept', () => {
    for (const value of [undefined, null, 7, 'x', [], { conversationId: 'short' }, { drafts: { a: 1 } }]) {
      const state = readViewState(value);
      assert.equal(state.conversationId, undefined);
      assert.deepEqual(state.drafts, {});
    }
  });
});
