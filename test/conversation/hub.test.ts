import assert from 'node:assert/strict';
import { TunnelError } from '../../src/protocol/errors.ts';
import { MAX_ANSWER_BYTES, MAX_CHUNK_UNITS, MAX_OPEN_CONVERSATIONS, MAX_PENDING_REPLIES } from '../../src/protocol/limits.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf } from './sampleTurns.ts';

const c = idOf('c');
const pieces = ['Once ', 'upon ', 'a ', 'time.'];

describe('hub: one answer', () => {
  it('greets, tells how Ollama is, and refuses a version it does not speak', () => {
    const world = new HubWorld();
    const view = world.view({ scope: 'chat' });
    assert.deepEqual(view.replies, [
      { type: 'welcome', version: 1, hubEpoch: world.hub.hubEpoch, deviceName: 'Desk', scope: 'chat', features: ['images', 'files'] },
      { type: 'ollama', status: world.models.status },
    ]);
    world.models.setStatus({ state: 'notRunning' });
    assert.deepEqual(view.replies.at(-1), { type: 'ollama', status: { state: 'notRunning' } });

    const newer = world.view({}, { hello: false });
    newer.send({ type: 'hello', version: 9, oldest: 8 });
    newer.send({ type: 'listModels' });
    world.models.setStatus({ state: 'ok' });
    assert.deepEqual(
      newer.of('refused').map(({ error, detail }) => `${error}: ${String(detail)}`),
      ['chatVersion: the computer is older', 'chatVersion: the computer is older'],
    );
    assert.equal(newer.replies.length, 2);

    const newerButKind = world.view({}, { hello: false });
    newerButKind.send({ type: 'hello', version: 9, oldest: 1 });
    assert.equal(newerButKind.of('welcome')[0]?.version, 1);

    const rude = world.view({}, { hello: false });
    world.ask(rude, 'hi');
    assert.equal(rude.of('refused')[0]?.error, 'badMessage');
    assert.equal(world.models.requests.length, 0);
  });

  it('streams an answer to its viewer through all states, and stores the same', async () => {
    const world = new HubWorld({ answer: () => ({ pieces }) });
    const view = world.view();
    view.open(c);
    const running: number[] = [];
    world.hub.onDidChangeRunning((count) => running.push(count));
    const requestId = world.ask(view, 'Tell me a story\nplease');
    await world.clock.advance(100);
    const answer = view.conversations.get(c)?.messages[1];
    assert.deepEqual(
      view.events(c).map((event) => (event.type === 'answerState' ? event.state : event.type)),
      ['title', 'turn', 'loading', 'streaming', ...pieces.map(() => 'chunk'), 'chunk', 'done'],
    );
    assert.deepEqual(view.of('accepted'), [{ type: 'accepted', requestId, answerId: answer?.id }]);
    assert.deepEqual(view.texts(c), ['Tell me a story\nplease', pieces.join('')]);
    assert.equal(view.conversations.get(c)?.title, 'Tell me a story');
    assert.equal(answer?.stats?.answerTokens, 4);
    assert.equal(answer.standIn, true);
    assert.deepEqual(world.store.messages('owner', c, { limit: 10 }).messages, view.conversations.get(c)?.messages);
    assert.deepEqual(running, [1, 0]);
    assert.deepEqual(world.faults, []);
    assert.equal(world.clock.pendingTimers, 0);
  });

  it('commits the turn before it contacts the model', async () => {
    const order: string[] = [];
    const world = new HubWorld({ answer: () => ({ pieces }) });
    const commitTurn = world.memory.commitTurn.bind(world.memory);
    world.memory.commitTurn = (turn) => {
      assert.equal(turn.question?.text, 'hi');
      order.push('commit');
      commitTurn(turn);
    };
    const generate = world.models.generate.bind(world.models);
    world.models.generate = (request, sink) => {
      order.push('generate');
      assert.equal(world.store.messages('owner', c, { limit: 9 }).messages.length, 2);
      return generate(request, sink);
    };
    world.ask(world.view(), 'hi');
    await world.clock.advance(100);
    assert.deepEqual(order, ['commit', 'generate']);
  });

  it('does not contact the model when the turn cannot be committed', async () => {
    const world = new HubWorld();
    const view = world.view();
    view.open(c);
    world.memory.failing = true;
    world.ask(view, 'hi');
    await world.clock.advance(100);
    assert.equal(view.of('refused')[0]?.error, 'storeFailed');
    assert.deepEqual([world.models.requests.length, view.events(c).length], [0, 0]);
  });

  it('answers a repeat of a request with the first answer, and asks the model once', async () => {
    const world = new HubWorld({ answer: () => ({ pieces }) });
    const view = world.view();
    view.open(c);
    const requestId = world.ask(view, 'hi');
    world.ask(view, 'hi', { requestId });
    await world.clock.advance(100);
    world.ask(view, 'something else', { requestId });
    world.hub.dispose();
    world.start();
    const later = world.view();
    later.open(c);
    world.ask(later, 'hi', { requestId });
    await world.clock.advance(100);
    const [first, ...repeats] = [...view.of('accepted'), ...later.of('accepted')];
    assert.equal(repeats.length, 3);
    for (const repeat of repeats) assert.deepEqual(repeat, first);
    assert.equal(world.models.requests.length, 1);
    assert.equal(later.texts(c).length, 2);
  });

  it('gives the model exactly the conversation: each question once, what was answered, nothing empty', async () => {
    const answers = [
      { pieces: ['One.'] },
      { pieces: ['Tw'], end: 'early' },
      { pieces: [], end: new TunnelError('ollamaBusy') },
      { pieces: ['Four.'] },
    ] as const;
    const world = new HubWorld();
    world.models.answer = (_, index) => answers[index] ?? { pieces: ['Five.'] };
    const view = world.view();
    for (const question of ['first', 'second', 'third', 'third', 'fifth']) {
      world.ask(view, question);
      await world.clock.advance(100);
    }
    assert.deepEqual(world.models.requests.at(-1)?.request, {
      model: 'm:1',
      messages: [
        { role: 'user', content: 'first' },
        { role: 'assistant', content: 'One.' },
        { role: 'user', content: 'second' },
        { role: 'assistant', content: 'Tw' },
        { role: 'user', content: 'third' },
        { role: 'assistant', content: 'Four.' },
        { role: 'user', content: 'fifth' },
      ],
    });
    assert.deepEqual(world.models.requests[0]?.request.messages, [{ role: 'user', content: 'first' }]);
  });

  it('joins what comes in one turn of the event loop into one piece', async () => {
    const world = new HubWorld();
    const view = world.view();
    view.open(c);
    world.models.generate = (_, sink) => {
      world.clock.after(1, () => {
        for (const piece of pieces) sink.onText(piece);
      });
      return { dispose: () => undefined };
    };
    world.ask(view, 'hi');
    await world.clock.advance(1);
    assert.deepEqual(
      view.events(c).flatMap((event) => (event.type === 'chunk' ? [event.message.chunk] : [])),
      [pieces.join('')],
    );
    world.hub.dispose();
  });

  it('ends with one complete piece when the last text is longer than a piece', async () => {
    const world = new HubWorld();
    const view = world.view();
    view.open(c);
    const text = 'x'.repeat(3 * MAX_CHUNK_UNITS + 1);
    world.models.generate = (_, sink) => {
      world.clock.after(1, () => {
        sink.onText(text);
        sink.onEnd({ totalMs: 1, loadMs: 0, promptTokens: 1, promptMs: 0, answerTokens: 1, answerMs: 1, reason: 'stop' });
      });
      return { dispose: () => undefined };
    };
    world.ask(view, 'hi');
    await world.clock.advance(1);
    assert.deepEqual(
      view.events(c).flatMap((event) => (event.type === 'chunk' ? [event.message.isComplete] : [])),
      [false, false, false, true],
    );
    assert.deepEqual([view.texts(c)[1], view.lastState(c)], [text, 'done']);
    assert.deepEqual(world.faults, []);
  });

  it('never cuts a character in two, and keeps one that arrives in halves', async () => {
    const world = new HubWorld({ answer: () => ({ pieces: ['a\uD83D', '\uDE00b', '\uD83D', 'c', '\uDE00', 'd\uD83D'] }) });
    const view = world.view();
    view.open(c);
    world.ask(view, 'hi');
    await world.clock.advance(100);
    assert.equal(view.texts(c)[1], 'a😀b\uFFFDc\uFFFDd\uFFFD');
    assert.equal(world.store.messages('owner', c, { limit: 2 }).messages[1]?.text, view.texts(c)[1]);
    assert.deepEqual(world.faults, []);
  });

  it('stores a checkpoint after 250 ms or 2 kB, and no more often', async () => {
    const world = new HubWorld({ gate: 'manual', answer: () => ({ pieces: ['slow ', 'x'.repeat(2048), 'tail', 'end'] }) });
    const updates: string[] = [];
    const updateAnswer = world.memory.updateAnswer.bind(world.memory);
    world.memory.updateAnswer = (id, update) => {
      updates.push(`${String(world.clock.monotonic())}: ${String(update.text.length)} ${update.state}`);
      updateAnswer(id, update);
    };
    world.ask(world.view(), 'hi');
    world.models.release();
    await world.clock.advance(260);
    assert.deepEqual(updates, ['251: 5 streaming']);
    world.models.release();
    await world.clock.advance(10);
    assert.deepEqual(updates.slice(1), ['260: 2053 streaming']);
    world.models.release();
    await world.clock.advance(249);
    assert.equal(updates.length, 2);
    await world.clock.advance(1);
    assert.equal(updates.length, 3);
    world.models.release();
    await world.clock.advance(10);
    assert.match(updates[3] ?? '', /: 2060 done$/);
    assert.equal(world.clock.pendingTimers, 0);
  });

  for (const [code, text, state] of [
    ['ollamaEndedEarly', 'part', 'interrupted'],
    ['ollamaIdleTimeout', 'part', 'interrupted'],
    ['ollamaFirstTokenTimeout', '', 'error'],
    ['ollamaModelMissing', '', 'error'],
    ['ollamaEndedEarly', '', 'error'],
  ] as const)
    it(`ends ${state} with ${code} ${text === '' ? 'without' : 'after'} text, and keeps the text`, async () => {
      const end = new TunnelError(code, 'why');
      const world = new HubWorld({ answer: () => ({ pieces: text === '' ? [] : [text], end }) });
      const view = world.view();
      view.open(c);
      world.ask(view, 'hi');
      await world.clock.advance(100);
      const { text: seen, state: ended, error, errorDetail } = view.conversations.get(c)?.messages[1] ?? {};
      assert.deepEqual([seen, ended, error, errorDetail], [text, state, code, 'why']);
      assert.deepEqual(world.store.messages('owner', c, { limit: 9 }).messages, view.conversations.get(c)?.messages);
      assert.deepEqual(world.faults, []);
    });

  it('ends an answer that grows beyond its bound as interrupted, with all that fits', async () => {
    const world = new HubWorld({
      answer: () => ({ pieces: ['é'.repeat(MAX_ANSWER_BYTES / 4), 'é'.repeat(MAX_ANSWER_BYTES / 4), 'more', 'x'] }),
    });
    world.ask(world.view(), 'hi');
    await world.clock.advance(100);
    const answer = world.store.messages('owner', c, { limit: 1 }).messages[0];
    assert.deepEqual([answer?.state, answer?.error], ['interrupted', 'messageTooLong']);
    assert.equal(answer?.text.length, MAX_ANSWER_BYTES / 2);
    assert.equal(world.models.requests[0]?.state, 'stopped');
  }).timeout(10_000);

  it('ends an answer that can no longer be stored, says so, and stores it as soon as that works', async () => {
    const world = new HubWorld({ answer: () => ({ pieces: ['one ', 'two'], end: 'hang' }) });
    const view = world.view();
    view.open(c);
    world.ask(view, 'hi');
    world.memory.failing = true;
    await world.clock.advance(1000);
    const expected = ['one two', 'interrupted', 'storeFailed'];
    const seen = (from = view): unknown[] => {
      const { text, state, error } = from.conversations.get(c)?.messages[1] ?? {};
      return [text, state, error];
    };
    assert.deepEqual(seen(), expected);
    assert.equal(world.models.running, 0);
    const late = world.view();
    late.open(c);
    assert.deepEqual(seen(late), expected);
    world.memory.failing = false;
    await world.clock.advance(5000);
    const stored = world.store.messages('owner', c, { limit: 1 }).messages[0];
    assert.deepEqual([stored?.text, stored?.state, stored?.error], expected);
    assert.equal(world.clock.pendingTimers, 0);
  });

  it('ends an answer as error when the model client throws', () => {
    const world = new HubWorld();
    const view = world.view();
    view.open(c);
    world.models.generate = () => {
      throw new Error('bug');
    };
    world.ask(view, 'hi');
    assert.equal(view.lastState(c), 'error');
    assert.equal(world.hub.runningGenerations, 0);
  });

  it('refuses what makes no sense, without a turn', () => {
    const world = new HubWorld();
    const view = world.view();
    world.ask(view, ' \n ');
    world.ask(view, 'é'.repeat(28 * 1024 + 1));
    world.ask(view, 'hi', { model: ' ' });
    assert.deepEqual(
      view.of('refused').map(({ error }) => error),
      ['badMessage', 'messageTooLong', 'badMessage'],
    );
    assert.equal(world.memory.turns.length, 0);
  });

  it('refuses a second question while an answer is written, and says the same to its repeat', async () => {
    const world = new HubWorld({ gate: 'manual', answer: () => ({ pieces }) });
    const view = world.view();
    world.ask(view, 'one');
    const requestId = world.ask(view, 'two');
    world.ask(view, 'elsewhere', { conversation: 'other' });
    world.models.release(99);
    await world.clock.advance(100);
    world.ask(view, 'two', { requestId });
    assert.deepEqual(view.of('refused'), Array(2).fill({ type: 'refused', requestId, error: 'busy' }));
    assert.equal(world.models.requests.length, 2);
    world.ask(view, 'three');
    assert.equal(world.hub.runningGenerations, 1);
    world.hub.dispose();
  });
});

describe('hub: stop, delete, leave', () => {
  it('stops the model at once, keeps the text, and a repeat of the stop does not stop the next answer', async () => {
    const world = new HubWorld({ gate: 'manual', answer: () => ({ pieces }) });
    const view = world.view();
    view.open(c);
    world.ask(view, 'hi');
    world.models.release(2);
    await world.clock.advance(50);
    const requestId = world.stop(view);
    assert.equal(world.models.requests[0]?.state, 'stopped');
    assert.deepEqual(view.conversations.get(c)?.messages.at(-1)?.text, 'Once upon ');
    assert.equal(view.lastState(c), 'stopped');
    assert.equal(world.store.messages('owner', c, { limit: 1 }).messages[0]?.state, 'stopped');
    world.ask(view, 'again');
    await world.clock.advance(50);
    world.stop(view, 'c', requestId);
    assert.equal(world.hub.runningGenerations, 1);
    world.stop(view);
    assert.equal(world.hub.runningGenerations, 0);
    world.stop(view, 'nothing there');
    assert.equal(view.of('refused').length, 0);
    assert.equal(view.of('accepted').length, 6);
    assert.deepEqual(world.faults, []);
    assert.equal(world.clock.pendingTimers, 0);
  });

  it('lets a stop that was long on its way end the answer that it meant, never a later one', async () => {
    const world = new HubWorld({ gate: 'manual', answer: () => ({ pieces }) });
    const view = world.view();
    view.open(c);
    const stopOf = (name: string, answerId: string | undefined): void => {
      view.send({ type: 'stop', requestId: idOf(name), conversationId: c, ...(answerId === undefined ? {} : { answerId }) });
    };
    world.ask(view, 'first');
    const first = view.conversations.get(c)?.messages.at(-1)?.id;
    world.models.release(pieces.length);
    await world.clock.advance(50);
    assert.equal(view.lastState(c), 'done');
    world.ask(view, 'second');
    stopOf('late', first);
    assert.equal(world.hub.runningGenerations, 1);
    stopOf('now', view.conversations.get(c)?.messages.at(-1)?.id);
    assert.equal(world.hub.runningGenerations, 0);
    assert.equal(view.of('accepted').length, 4);
    world.hub.dispose();
  });

  it('stops even when the store is gone', async () => {
    const world = new HubWorld({ gate: 'manual' });
    const view = world.view();
    world.ask(view, 'hi');
    await world.clock.advance(50);
    world.memory.replyTo = () => {
      throw new TunnelError('storeFailed');
    };
    world.stop(view);
    assert.equal(world.models.running, 0);
  });

  it('goes on when every viewer has left or broken, and the answer is whole for who comes back', async () => {
    const world = new HubWorld({ gate: 'manual', answer: () => ({ pieces }) });
    const leaving = world.view();
    leaving.open(c);
    const broken = world.hub.connect(
      { owner: 'owner', scope: 'chat' },
      {
        ready: true,
        send: () => {
          throw new Error('socket is gone');
        },
      },
    );
    broken.receive({ type: 'hello', version: 1, oldest: 1 });
    const watching = world.view();
    watching.open(c);
    world.ask(leaving, 'hi');
    world.models.release(1);
    await world.clock.advance(50);
    leaving.leave();
    world.models.release(99);
    await world.clock.advance(50);
    assert.deepEqual(watching.texts(c), ['hi', pieces.join('')]);
    assert.deepEqual(leaving.texts(c), ['hi', 'Once ']);
    const back = world.view();
    back.inherit(leaving);
    back.open(c);
    assert.deepEqual(back.texts(c), watching.texts(c));
    assert.equal(back.of('snapshot').length, 0, 'events were enough');
    assert.equal(world.models.requests[0]?.state, 'ended');
    assert.deepEqual(world.faults, []);
  });

  it('marks what ran as interrupted at its end and at the next start', async () => {
    const world = new HubWorld({ gate: 'manual', answer: () => ({ pieces }) });
    const view = world.view();
    view.open(c);
    world.ask(view, 'hi');
    world.models.release(2);
    await world.clock.advance(10);
    world.hub.dispose();
    assert.equal(view.lastState(c), 'interrupted');
    assert.equal(world.models.running, 0);
    assert.equal(world.clock.pendingTimers, 0);

    world.start();
    world.ask(world.view(), 'again');
    world.models.release(1);
    await world.clock.advance(300);
    // No dispose: the process was killed, and the next hub finds what it left.
    const killed = world.hub;
    world.start();
    const after = world.view();
    after.inherit(view);
    after.open(c);
    assert.equal(after.of('snapshot').length, 1, 'another run of the hub means a snapshot');
    assert.deepEqual(
      after.conversations.get(c)?.messages.map(({ text, state }) => [text, state]),
      [
        ['hi', undefined],
        ['Once upon ', 'interrupted'],
        ['again', undefined],
        ['Once ', 'interrupted'],
      ],
    );
    killed.dispose();
  });

  it('deletes after stopping, empties every view, and takes no more turns for it', async () => {
    const world = new HubWorld({ gate: 'manual', answer: () => ({ pieces }) });
    const [view, other] = [world.view(), world.view()];
    view.open(c);
    other.open(c);
    other.send({ type: 'listConversations' });
    world.ask(view, 'hi');
    await world.clock.advance(10);
    view.send({ type: 'deleteConversation', requestId: idOf('delete'), conversationId: c });
    await world.clock.settle();
    assert.equal(world.models.running, 0);
    assert.deepEqual([view.texts(c), other.texts(c)], [[], []]);
    assert.deepEqual(other.of('conversations').at(-1)?.items, []);
    world.ask(view, 'still there?');
    assert.equal(view.of('refused')[0]?.error, 'unknownConversation');
    const back = world.view();
    back.inherit(other);
    back.open(c);
    assert.deepEqual(back.texts(c), []);
    assert.deepEqual(world.faults, []);
  });
});

describe('hub: who may see and do what', () => {
  it('keeps a guest and the owner apart in every request', async () => {
    const world = new HubWorld({ gate: 'manual', answer: () => ({ pieces }) });
    const owner = world.view();
    const guest = world.view({ owner: 'guest', scope: 'chat' });
    for (const view of [owner, guest]) {
      view.open(c);
      view.send({ type: 'listConversations' });
    }
    const requestId = world.ask(owner, 'secret');
    await world.clock.advance(10);
    const question = owner.conversations.get(c)?.messages[1]?.id ?? '';
    guest.send({ type: 'page', conversationId: c, before: question });
    guest.send({ type: 'deleteConversation', requestId: idOf('delete'), conversationId: c });
    world.stop(guest);
    world.ask(guest, 'same id', { requestId });
    world.models.release(99);
    await world.clock.advance(50);
    assert.deepEqual(owner.texts(c), ['secret', pieces.join('')]);
    assert.equal(owner.lastState(c), 'done');
    assert.ok(!JSON.stringify(guest.replies).includes('secret'));
    assert.deepEqual(guest.of('page')[0]?.messages, []);
    assert.deepEqual(
      guest.of('refused').map(({ error }) => error),
      ['unknownConversation'],
    );
    assert.deepEqual(guest.of('conversations').at(-1)?.items, []);
    assert.equal(owner.of('conversations').at(-1)?.items.length, 1);
  });

  it('refuses by scope, and cloud-backed models to remote clients', async () => {
    const world = new HubWorld();
    world.models.models = [{ name: 'glm:cloud' }, { name: 'renamed', cloud: true }, { name: 'm:1', capabilities: ['completion'] }];
    const api = world.view({ owner: 'key', scope: 'api' });
    api.open(c);
    world.ask(api, 'hi');
    const remote = world.view({ scope: 'chat' });
    remote.send({ type: 'listModels' });
    await world.clock.settle();
    world.ask(remote, 'hi', { model: 'glm:cloud' });
    world.ask(remote, 'hi', { model: 'renamed' });
    assert.deepEqual(
      api.of('refused').map(({ error }) => error),
      ['notAllowed', 'notAllowed'],
    );
    assert.deepEqual(
      remote.of('models')[0]?.items.map(({ name }) => name),
      ['m:1'],
    );
    assert.deepEqual(
      remote.of('refused').map(({ error }) => error),
      ['notAllowed', 'notAllowed'],
    );
    const local = world.view();
    local.send({ type: 'listModels' });
    await world.clock.settle();
    assert.equal(local.of('models')[0]?.items.length, 3);
    assert.equal(local.of('models')[0]?.suggested, 'm:1');
  });

  it('ends the line of a view that asks for more than it takes, and of nobody else', () => {
    const world = new HubWorld();
    const greedy = world.view({}, { credit: 1 });
    const other = world.view();
    for (let n = 0; n <= MAX_PENDING_REPLIES; n++) greedy.send({ type: 'page', conversationId: c, before: idOf('x') });
    assert.equal(greedy.closedWith, 'flowViolation');
    assert.equal(other.closedWith, undefined);
  });

  it('follows a bounded number of conversations for one view', () => {
    const world = new HubWorld();
    const view = world.view();
    for (let n = 0; n <= MAX_OPEN_CONVERSATIONS; n++) view.open(idOf(String(n)));
    assert.deepEqual(
      view.of('refused').map(({ error }) => error),
      ['tooManyStreams'],
    );
    view.send({ type: 'close', conversationId: idOf('0') });
    view.open(idOf('again'));
    assert.equal(view.of('refused').length, 1);
  });
});
