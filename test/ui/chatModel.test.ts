import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ChatReply, type ConversationSummary } from '../../src/protocol/chat.ts';
import { answerStates, isRunning } from '../../src/protocol/chatMessage.ts';
import { mayBecome } from '../../src/ui/answerTransitions.ts';
import { canSend, draftOf, isGenerating, modelOf, visiblePending } from '../../src/ui/chatModel.ts';
import { models, View } from './modelView.ts';
import { answer, chat, chunk, epoch, idOf, question, snapshot, state, turn } from './talk.ts';

describe('chat model: an answer on its way', () => {
  it('goes from waiting over loading and streaming to done', () => {
    const view = new View().hear(snapshot(0), turn(1, '1'));
    const seen = [view.answerState];
    for (const reply of [state(2, '1', 'loading'), chunk(3, '1', 0, 'Hel'), chunk(4, '1', 1, 'lo', true), state(5, '1', 'done')]) {
      seen.push(view.hear(reply).answerState);
    }
    assert.deepEqual(seen, ['waiting', 'loading', 'streaming', 'streaming', 'done']);
    assert.equal(view.texts.at(-1), 'Hello');
    assert.equal(isGenerating(view.model), false);
  });

  it('ends as stopped, interrupted or error and keeps the text', () => {
    for (const end of ['stopped', 'interrupted', 'error'] as const) {
      const view = new View().hear(snapshot(0), turn(1, '1'), chunk(2, '1', 0, 'partial'), state(3, '1', end));
      assert.equal(view.answerState, end);
      assert.equal(view.texts.at(-1), 'partial');
    }
  });

  it('rejects every illegal transition and asks for the truth instead', () => {
    for (const from of answerStates) {
      for (const to of answerStates) {
        const view = new View().hear(snapshot(4, [question('q1'), answer('a1', from, 'text')]), state(5, '1', to));
        const legal = mayBecome(from, to);
        assert.equal(view.answerState, legal ? to : from, `${from} to ${to}`);
        assert.deepEqual(view.last, legal ? [] : [{ type: 'open', conversationId: chat }], `${from} to ${to}`);
        if (!isRunning(from)) assert.equal(legal, false, `${from} is an end`);
      }
    }
    assert.equal(mayBecome('streaming', 'loading'), false);
    assert.equal(mayBecome('streaming', 'waiting'), false);
  });

  it('takes no chunk after the end', () => {
    const view = new View().hear(snapshot(0), turn(1, '1'), state(2, '1', 'stopped'), chunk(3, '1', 0, 'late'));
    assert.equal(view.texts.at(-1), '');
    assert.equal(view.model.conversation.phase, 'resyncing');
  });

  it('counts the time of a phase from its change, and of one found under way from its beginning', () => {
    const view = new View().hear(snapshot(0), turn(1, '1'));
    view.now = 9000;
    view.hear(state(2, '1', 'loading'));
    assert.equal(view.model.phase?.since, 9000);
    const late = new View().hear(snapshot(4, [question('q1'), answer('a1', 'loading', '', { createdAt: 2000 })]));
    assert.equal(late.model.phase?.since, 2000);
    const wrongClock = new View().hear(snapshot(4, [question('q1'), answer('a1', 'loading', '', { createdAt: 99_000 })]));
    assert.equal(wrongClock.model.phase?.since, 5000);
  });
});

describe('chat model: events exactly once and in order', () => {
  it('ignores what it has seen', () => {
    const view = new View().hear(
      snapshot(0),
      turn(1, '1'),
      chunk(2, '1', 0, 'a'),
      chunk(2, '1', 0, 'a'),
      turn(1, '1'),
      chunk(3, '1', 1, 'b'),
    );
    assert.equal(view.texts.at(-1), 'ab');
    assert.equal(view.model.conversation.messages.length, 2);
  });

  it('ignores a piece that the snapshot held already', () => {
    const view = new View().hear(
      snapshot(7, [question('q1'), answer('a1', 'streaming', 'ab', { nextSequence: 2 })]),
      chunk(8, '1', 1, 'b'),
    );
    assert.equal(view.texts.at(-1), 'ab');
    view.hear(chunk(9, '1', 2, 'c'));
    assert.equal(view.texts.at(-1), 'abc');
  });

  it('asks for a fresh snapshot after a gap, once, and shows nothing until it comes', () => {
    const view = new View().hear(snapshot(0), turn(1, '1'), chunk(3, '1', 1, 'b'));
    assert.deepEqual(view.last, [{ type: 'open', conversationId: chat }]);
    view.hear(chunk(4, '1', 2, 'c'));
    assert.deepEqual(view.last, []);
    assert.equal(view.texts.at(-1), '');
    view.hear(snapshot(4, [question('q1'), answer('a1', 'streaming', 'abc', { nextSequence: 3 })]), chunk(5, '1', 3, 'd'));
    assert.equal(view.texts.at(-1), 'abcd');
  });

  it('treats a gap in an answer’s own count like one in the conversation’s', () => {
    const view = new View().hear(snapshot(0), turn(1, '1'), chunk(2, '1', 1, 'b'));
    assert.equal(view.model.conversation.phase, 'resyncing');
  });

  it('never shows a lost, repeated or reordered piece, whatever the line does', () => {
    const pieces = Array.from({ length: 12 }, (_, i) => String.fromCharCode(97 + i));
    const whole = pieces.join('');
    const events = [turn(1, '1'), ...pieces.map((piece, i) => chunk(i + 2, '1', i, piece))];
    const mishaps = fc.array(fc.record({ at: fc.nat(events.length - 1), kind: fc.constantFrom('drop', 'repeat', 'swap') }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(mishaps, (list) => {
        const line = [...events];
        for (const { at, kind } of list) {
          if (kind === 'drop') line.splice(at, 1);
          else if (kind === 'repeat') line.splice(at, 0, ...line.slice(at, at + 1));
          else line.splice(at, 2, ...line.slice(at, at + 2).reverse());
        }
        const view = new View().hear(snapshot(0));
        for (const reply of line) {
          view.hear(reply);
          assert.ok(whole.startsWith(view.texts.at(-1) ?? ''), view.texts.at(-1));
        }
      }),
    );
  });

  it('ignores what happens in other conversations', () => {
    const view = new View().hear(snapshot(0), { ...turn(1, '1'), conversationId: idOf('other') } as ChatReply);
    assert.equal(view.model.conversation.messages.length, 0);
  });
});

describe('chat model: sending', () => {
  const ready = (): View => new View().hear(models, snapshot(0)).do({ type: 'draft', text: ' Hello? ' });

  it('shows a question as on its way until its turn is there', () => {
    const view = ready().do({ type: 'send', requestId: idOf('r1') });
    assert.deepEqual(view.last, [{ type: 'send', requestId: idOf('r1'), conversationId: chat, text: 'Hello?', model: 'qwen3:8b' }]);
    assert.equal(draftOf(view.model), '');
    assert.deepEqual(
      visiblePending(view.model).map((send) => send.state),
      ['sending'],
    );
    view.hear({ type: 'accepted', requestId: idOf('r1'), answerId: idOf('a1') });
    assert.deepEqual(
      visiblePending(view.model).map((send) => send.state),
      ['accepted'],
    );
    view.hear(turn(1, '1', 'Hello?'));
    assert.deepEqual(view.model.pending, []);
    assert.deepEqual(view.texts, ['Hello?', '']);
  });

  it('never draws it twice when the turn overtakes the acceptance', () => {
    const view = ready()
      .do({ type: 'send', requestId: idOf('r1') })
      .hear(turn(1, '1', 'Hello?'));
    assert.deepEqual(visiblePending(view.model), []);
    assert.equal(view.model.pending.length, 1);
    view.hear({ type: 'accepted', requestId: idOf('r1'), answerId: idOf('a1') });
    assert.deepEqual(view.model.pending, []);
  });

  it('gives the text of a refused question back with the reason', () => {
    const view = ready().do({ type: 'send', requestId: idOf('r1') });
    view.hear({ type: 'refused', requestId: idOf('r1'), error: 'busy' });
    assert.equal(draftOf(view.model), 'Hello?');
    assert.equal(visiblePending(view.model)[0]?.error, 'busy');
    view.do({ type: 'send', requestId: idOf('r2') });
    assert.deepEqual(
      view.model.pending.map((send) => send.requestId),
      [idOf('r2')],
    );
  });

  it('leaves a newer draft alone and keeps the refused text at hand', () => {
    const view = ready()
      .do({ type: 'send', requestId: idOf('r1') })
      .do({ type: 'draft', text: 'newer' });
    view.hear({ type: 'refused', requestId: idOf('r1'), error: 'storeFailed' });
    assert.equal(draftOf(view.model), 'newer');
    view.do({ type: 'dismiss', requestId: idOf('r1'), edit: true });
    assert.equal(draftOf(view.model), 'Hello?\n\nnewer');
    assert.deepEqual(view.model.pending, []);
  });

  it('cannot send without text or without a model', () => {
    assert.equal(canSend(new View().hear(models, snapshot(0)).do({ type: 'draft', text: '  ' }).model), false);
    const modelless = new View().hear({ type: 'models', items: [] }, snapshot(0));
    assert.equal(canSend(modelless.do({ type: 'draft', text: 'x' }).model), false);
  });

  it('sends a question asked before the models are known as soon as they are', () => {
    const view = new View()
      .hear(snapshot(0))
      .do({ type: 'draft', text: 'x' })
      .do({ type: 'send', requestId: idOf('r1') });
    assert.deepEqual(view.last, []);
    assert.equal(draftOf(view.model), '');
    assert.equal(visiblePending(view.model).length, 1);
    view.do({ type: 'reply', reply: models, now: 0 });
    assert.deepEqual(view.last, [{ type: 'send', requestId: idOf('r1'), conversationId: chat, text: 'x', model: 'qwen3:8b' }]);
    assert.deepEqual(view.do({ type: 'reply', reply: models, now: 0 }).last, []);
  });

  it('gives a question back that was asked before it was known that there are no models', () => {
    const view = new View()
      .hear(snapshot(0))
      .do({ type: 'draft', text: 'x' })
      .do({ type: 'send', requestId: idOf('r1') });
    view.hear({ type: 'models', items: [] });
    assert.equal(draftOf(view.model), 'x');
    assert.equal(view.model.pending[0]?.error, 'ollamaNoModels');
  });

  it('stops the running answer once, and again only for the next one', () => {
    const view = new View().hear(snapshot(0), turn(1, '1')).do({ type: 'stop', requestId: idOf('s1') });
    assert.deepEqual(view.last, [{ type: 'stop', requestId: idOf('s1'), conversationId: chat, answerId: idOf('a1') }]);
    assert.deepEqual(view.do({ type: 'stop', requestId: idOf('s2') }).last, []);
    view.hear(state(2, '1', 'stopped'), turn(3, '2'));
    assert.equal(view.model.stopping, undefined);
    assert.equal(view.do({ type: 'stop', requestId: idOf('s3') }).last.length, 1);
  });
});

describe('chat model: conversations, models and the line', () => {
  it('prefers the chosen model, then the conversation’s, then the suggested, never one that is gone', () => {
    const view = new View().hear(models, snapshot(0));
    assert.equal(modelOf(view.model), 'qwen3:8b');
    view.hear(snapshot(1, [question('q1'), answer('a1', 'done', 'x', { model: 'gemma3:4b' })]));
    assert.equal(modelOf(view.model), 'gemma3:4b');
    view.do({ type: 'chooseModel', model: 'qwen3:8b' });
    assert.equal(modelOf(view.model), 'qwen3:8b');
    view.hear({ type: 'models', items: [{ name: 'gemma3:4b' }] });
    assert.equal(modelOf(view.model), 'gemma3:4b');
  });

  it('keeps drafts and conversations apart and goes back from where it stood', () => {
    const view = new View().hear(models, snapshot(3, [question('q1'), answer('a1', 'done')])).do({ type: 'draft', text: 'here' });
    view.do({ type: 'open', conversationId: idOf('other') });
    assert.deepEqual(view.last, [
      { type: 'close', conversationId: chat },
      { type: 'open', conversationId: idOf('other') },
    ]);
    assert.equal(draftOf(view.model), '');
    view.do({ type: 'open', conversationId: chat });
    assert.deepEqual(view.last[1], { type: 'open', conversationId: chat, since: { hubEpoch: epoch, sequence: 3 } });
    assert.equal(draftOf(view.model), 'here');
    assert.equal(view.model.conversation.messages.length, 2);
  });

  it('shows a question that was accepted once, wherever its turn stands: further up than a snapshot reaches, or in an earlier page', () => {
    const view = new View()
      .hear(models, snapshot(0))
      .do({ type: 'draft', text: 'Why?' })
      .do({ type: 'send', requestId: idOf('r1') });
    view.hear({ type: 'accepted', requestId: idOf('r1'), answerId: idOf('a1') });
    assert.equal(view.model.pending.length, 1);
    view.hear(snapshot(9, [question('q2'), answer('a2', 'done')], { more: true }));
    assert.deepEqual(view.model.pending, []);
    // asked again under its id over a new line, and accepted as the one that it is
    view.do({ type: 'draft', text: 'Why?' }).do({ type: 'send', requestId: idOf('r3') });
    view.hear({ type: 'accepted', requestId: idOf('r3'), answerId: idOf('a1') });
    assert.equal(view.model.pending.length, 1);
    view.do({ type: 'older' }).hear({ type: 'page', conversationId: chat, messages: [question('q1'), answer('a1', 'done')], more: false });
    assert.deepEqual(view.model.pending, []);
  });

  it('puts earlier messages in front without repeating any', () => {
    const view = new View().hear(snapshot(9, [question('q2'), answer('a2', 'done')], { more: true })).do({ type: 'older' });
    assert.deepEqual(view.last, [{ type: 'page', conversationId: chat, before: idOf('q2') }]);
    assert.deepEqual(view.do({ type: 'older' }).last, []);
    view.hear({ type: 'page', conversationId: chat, messages: [question('q1'), answer('a1', 'done'), question('q2')], more: false });
    assert.deepEqual(
      view.model.conversation.messages.map(({ id }) => id),
      ['q1', 'a1', 'q2', 'a2'].map(idOf),
    );
    assert.deepEqual(view.do({ type: 'older' }).last, []);
  });

  it('puts older chats behind the newer ones, and keeps them when the newest are sent again', () => {
    const item = (name: string, updatedAt: number): ConversationSummary => ({
      id: idOf(name),
      title: name,
      createdAt: 0,
      updatedAt,
      running: false,
    });
    const view = new View().hear({ type: 'conversations', items: [item('d', 4), item('c', 3)], more: true }).do({ type: 'olderChats' });
    assert.deepEqual(view.last, [{ type: 'listConversations', before: idOf('c') }]);
    view.hear({ type: 'conversations', items: [item('b', 2), item('a', 1)], before: idOf('c'), more: false });
    view.hear({ type: 'conversations', items: [item('a', 5), item('d', 4)], more: true });
    assert.deepEqual(
      view.model.conversations?.map(({ title }) => title),
      ['a', 'd', 'c', 'b'],
    );
    assert.deepEqual(view.do({ type: 'olderChats' }).last, []);
  });

  it('asks for the models again when Ollama has come back', () => {
    const view = new View().hear({ type: 'ollama', status: { state: 'notRunning' } });
    assert.deepEqual(view.last, []);
    assert.deepEqual(view.hear({ type: 'ollama', status: { state: 'ok' } }).last, [{ type: 'listModels' }]);
  });

  it('shows a refusal that belongs to no request until it is welcome or dismissed', () => {
    const view = new View().hear({ type: 'refused', error: 'chatVersion' });
    assert.equal(view.model.refusal?.error, 'chatVersion');
    assert.equal(view.do({ type: 'dismiss' }).model.refusal, undefined);
  });

  it('leaves what ails Ollama to the card about it, which goes by itself', () => {
    const view = new View().hear({ type: 'ollama', status: { state: 'notInstalled' } });
    assert.equal(view.hear({ type: 'refused', error: 'ollamaNotInstalled' }).model.refusal, undefined);
    assert.equal(view.hear({ type: 'refused', error: 'busy' }).model.refusal?.error, 'busy');
  });

  it('asks for the lists again when it is welcomed a second time', () => {
    const welcome: ChatReply = { type: 'welcome', version: 1, hubEpoch: epoch, deviceName: 'Desk', scope: 'chat' };
    assert.deepEqual(new View().hear(welcome).last, []);
    assert.equal(new View().hear(welcome, welcome).last.length, 2);
  });
});
