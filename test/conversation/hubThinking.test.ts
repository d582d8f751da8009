import assert from 'node:assert/strict';
import { MAX_ANSWER_BYTES, MAX_SNAPSHOT_BYTES, MAX_SYSTEM_PROMPT_BYTES } from '../../src/protocol/limits.ts';
import { parseChatRequest, type ChatRequest } from '../../src/protocol/chat.ts';
import type { ChatSettings } from '../../src/protocol/chatSettings.ts';
import type { FakeAnswer } from '../fakes/fakeModelClient.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf } from './sampleTurns.ts';
import type { TestView } from './testView.ts';

const c = idOf('c');
const thinker = [
  { name: 'm:1', capabilities: ['completion', 'thinking'] },
  { name: 'plain:1', capabilities: ['completion'] },
];
let requests = 0;
const requestId = (): string => idOf(`think ${String(requests++)}`);
const lastOf = (view: TestView) => view.conversations.get(c)?.messages.at(-1) ?? assert.fail();

function worldOf(answer: FakeAnswer, gate: 'open' | 'manual' = 'open'): HubWorld {
  const world = new HubWorld({ answer: () => answer, gate });
  world.models.models = thinker;
  return world;
}

describe('hub: thinking', () => {
  it('streams thoughts beside the text, says how long they took, and stores the same', async () => {
    const world = worldOf({ thoughts: ['Let ', 'me 😀', ' see.'], pieces: ['So ', 'be it.'] });
    const view = world.view();
    view.open(c);
    world.ask(view, 'why?');
    await world.clock.advance(100);
    const answer = lastOf(view);
    assert.deepEqual([answer.thinking, answer.text, answer.state], ['Let me 😀 see.', 'So be it.', 'done']);
    assert.equal(answer.thinkingMs, 3);
    const kinds = view.events(c).map((event) => (event.type === 'answerState' ? event.state : event.type));
    assert.deepEqual(kinds, [
      'title',
      'turn',
      'loading',
      'streaming',
      'thought',
      'thought',
      'thought',
      'thought',
      'chunk',
      'chunk',
      'chunk',
      'done',
    ]);
    assert.deepEqual(world.store.messages('owner', c, { limit: 2 }).messages.at(-1), answer);
    assert.deepEqual(world.faults, []);
    assert.equal(world.clock.pendingTimers, 0);
  });

  it('gives a view that comes in the middle of a thought the same as one that was there all along', async () => {
    const world = worldOf({ thoughts: ['a', 'b', 'c', 'd', 'e', 'f'], pieces: ['x', 'y'] });
    const early = world.view();
    early.open(c);
    world.ask(early, 'why?');
    for (let n = 0; n < 10; n++) {
      await world.clock.advance(1);
      const late = world.view();
      late.inherit(early);
      if (n % 2 === 0) late.conversations.clear();
      late.open(c);
      assert.deepEqual(late.conversations.get(c)?.messages, early.conversations.get(c)?.messages);
    }
    await world.clock.advance(100);
    assert.equal(lastOf(early).thinking, 'abcdef');
    assert.deepEqual(world.faults, []);
  });

  it('keeps the thoughts of an answer that was stopped while it thought', async () => {
    const world = worldOf({ thoughts: ['hm', 'hm'], pieces: ['never'] }, 'manual');
    const view = world.view();
    view.open(c);
    world.ask(view, 'why?');
    await world.clock.advance(50);
    world.stop(view);
    await world.clock.advance(50);
    assert.deepEqual([lastOf(view).thinking, lastOf(view).text, lastOf(view).state], ['hmhm', '', 'stopped']);
    assert.ok((lastOf(view).thinkingMs ?? 0) >= 2);
    assert.deepEqual(world.faults, []);
  });

  it('sends long thoughts and long texts ahead of the snapshot, both whole', async () => {
    const thought = 'é"😀'.repeat(MAX_SNAPSHOT_BYTES / 4);
    const world = worldOf({ thoughts: [thought], pieces: [thought, 'end'] });
    world.ask(world.view(), 'why?');
    await world.clock.advance(100);
    const view = world.view();
    view.open(c);
    assert.equal(lastOf(view).thinking, thought);
    assert.equal(lastOf(view).text, `${thought}end`);
    assert.ok(view.raw.some((reply) => reply.type === 'text' && reply.isThinking === true));
    assert.ok(!('thinkingOffset' in lastOf(view)) && !('textOffset' in lastOf(view)));
    assert.deepEqual(world.faults, []);
  });

  it('ends an answer whose thoughts and text together are longer than an answer may be', async () => {
    const world = worldOf({ thoughts: ['é'.repeat(MAX_ANSWER_BYTES / 4)], pieces: ['x'.repeat(MAX_ANSWER_BYTES / 2), 'one more'] });
    const view = world.view();
    world.ask(view, 'why?');
    await world.clock.advance(100);
    const answer = world.store.messages('owner', c, { limit: 1 }).messages[0];
    assert.deepEqual([answer?.state, answer?.error], ['interrupted', 'messageTooLong']);
    assert.equal(answer?.thinking?.length, MAX_ANSWER_BYTES / 4);
  });
});

describe('hub: settings of a chat', () => {
  const configure = (settings: ChatSettings): ChatRequest => ({ type: 'configure', requestId: requestId(), conversationId: c, settings });
  const all = { systemPrompt: 'Be brief.', temperature: 0.2, contextLength: 8192, keepAliveSeconds: 60, think: 'low' } as const;

  it('asks exactly as the chat was set up, before its first question and after', async () => {
    const world = worldOf({ pieces: ['ok'] });
    const view = world.view();
    view.send({ type: 'listModels' });
    view.open(c);
    view.send(configure(all));
    await world.clock.advance(1);
    world.ask(view, 'one');
    await world.clock.advance(50);
    const system = { role: 'system', content: 'Be brief.' } as const;
    assert.deepEqual(world.models.requests[0]?.request, {
      ...{ model: 'm:1', messages: [system, { role: 'user', content: 'one' }] },
      ...{ temperature: 0.2, contextLength: 8192, keepAliveSeconds: 60, think: 'low' },
    });
    view.send(configure({}));
    world.ask(view, 'two');
    await world.clock.advance(50);
    assert.deepEqual(Object.keys(world.models.requests[1]?.request ?? {}), ['model', 'messages']);
    assert.equal(world.models.requests[1]?.request.messages.length, 3);
    assert.deepEqual(world.faults, []);
  });

  it('asks a model to think only when it can, and says off in so many words', async () => {
    const world = worldOf({ pieces: ['ok'] });
    const view = world.view();
    const thinks: unknown[] = [];
    const askWith = async (think: ChatSettings['think'], model: string): Promise<void> => {
      view.send(configure(think === undefined ? {} : { think }));
      world.ask(view, `q ${String(think)} ${model}`, { model });
      await world.clock.advance(50);
      thinks.push(world.models.requests.at(-1)?.request.think);
    };
    await askWith('on', 'm:1');
    view.send({ type: 'listModels' });
    await world.clock.advance(1);
    for (const think of ['on', 'off', 'high', undefined] as const) await askWith(think, 'm:1');
    await askWith('on', 'plain:1');
    assert.deepEqual(thinks, [undefined, true, false, 'high', undefined, undefined]);
  });

  it('shows every view the same settings, from the snapshot and as they change, and keeps them', async () => {
    const world = worldOf({ pieces: ['ok'] });
    const [one, two] = [world.view(), world.view()];
    one.open(c);
    two.open(c);
    one.send(configure(all));
    assert.deepEqual(one.conversations.get(c)?.settings, all);
    assert.deepEqual(two.conversations.get(c)?.settings, all);
    world.hub.dispose();
    world.start();
    const later = world.view();
    later.open(c);
    assert.deepEqual(later.conversations.get(c)?.settings, all);
    const guest = world.view({ owner: 'guest', scope: 'chat' });
    guest.open(c);
    assert.equal(guest.conversations.get(c)?.settings, undefined);
    assert.equal(world.clock.pendingTimers, 0);
    await Promise.resolve();
  });

  it('gives a client from afar no more of the machine’s memory than it may have', () => {
    const world = worldOf({ pieces: [] });
    const guest = world.view({ owner: 'guest', scope: 'chat' });
    guest.open(c);
    guest.send(configure({ contextLength: 1_000_000, keepAliveSeconds: -1, temperature: 2 }));
    assert.deepEqual(guest.conversations.get(c)?.settings, { contextLength: 32_768, keepAliveSeconds: 1800, temperature: 2 });
  });

  it('takes only settings within their bounds', () => {
    const bad: unknown[] = [
      { temperature: 2.1 }, { temperature: -1 }, { temperature: '1' }, { contextLength: 100 }, { contextLength: 1e9 }, { contextLength: 4096.5 },
      { keepAliveSeconds: -2 }, { keepAliveSeconds: 1e9 }, { think: true }, { think: 'max' }, { systemPrompt: 'x'.repeat(MAX_SYSTEM_PROMPT_BYTES) },
      { systemPrompt: '"'.repeat(MAX_SYSTEM_PROMPT_BYTES / 2) }, null,
    ]; // prettier-ignore
    for (const settings of bad)
      assert.throws(() => parseChatRequest({ ...configure({}), settings }), JSON.stringify(settings).slice(0, 60));
    const good: ChatSettings[] = [
      {},
      { temperature: 0 },
      { contextLength: 512 },
      { keepAliveSeconds: -1 },
      { systemPrompt: 'x'.repeat(MAX_SYSTEM_PROMPT_BYTES - 2) },
    ];
    for (const settings of good)
      assert.deepEqual(parseChatRequest(configure(settings)), { ...configure(settings), requestId: idOf(`think ${String(requests - 2)}`) });
  });
});

describe('hub: going on with an answer', () => {
  const proceed = (view: TestView, answerId: string): string => {
    const id = requestId();
    view.send({ type: 'continue', requestId: id, conversationId: c, answerId });
    return id;
  };

  it('adds to the same answer, in every view and in the store, and counts anew', async () => {
    let turn = 0;
    const world = new HubWorld({
      answer: () => (turn++ === 0 ? { thoughts: ['hm'], pieces: ['Once ', 'upon '], reason: 'length' } : { pieces: ['a ', 'time.'] }),
    });
    world.models.models = thinker;
    const [view, other] = [world.view(), world.view()];
    view.send({ type: 'listModels' });
    for (const each of [view, other]) each.open(c);
    await world.clock.advance(1);
    world.ask(view, 'a story');
    await world.clock.advance(50);
    const first = lastOf(view);
    assert.equal(first.stats?.reason, 'length');
    const id = proceed(view, first.id);
    assert.deepEqual(view.of('accepted').at(-1), { type: 'accepted', requestId: id, answerId: first.id });
    assert.deepEqual([lastOf(other).state, lastOf(other).text, lastOf(other).stats], ['waiting', 'Once upon ', undefined]);
    await world.clock.advance(50);
    for (const each of [view, other]) {
      const answer = lastOf(each);
      assert.deepEqual([answer.id, answer.text, answer.state, answer.stats?.reason], [first.id, 'Once upon a time.', 'done', 'stop']);
      assert.equal(answer.thinking, 'hm');
    }
    assert.deepEqual(world.store.messages('owner', c, { limit: 9 }).messages, view.conversations.get(c)?.messages);
    assert.deepEqual(world.models.requests[1]?.request, {
      model: 'm:1',
      messages: [
        { role: 'user', content: 'a story' },
        { role: 'assistant', content: 'Once upon ' },
      ],
      think: false,
    });
    assert.deepEqual(world.faults, []);
    assert.equal(world.clock.pendingTimers, 0);
  });

  it('asks the model once for one request, and not while an answer is being written', async () => {
    const world = worldOf({ pieces: ['x'] }, 'manual');
    const view = world.view();
    view.open(c);
    world.ask(view, 'one');
    await world.clock.advance(10);
    const answerId = lastOf(view).id;
    const busy = proceed(view, answerId);
    assert.equal(view.of('refused').at(-1)?.error, 'unknownMessage', 'nothing to go on with yet');
    world.models.release(1);
    await world.clock.advance(50);
    const id = proceed(view, answerId);
    view.send({ type: 'continue', requestId: id, conversationId: c, answerId });
    proceed(view, answerId);
    assert.equal(view.of('refused').at(-1)?.error, 'busy');
    await world.clock.advance(10);
    assert.equal(world.models.requests.length, 2);
    assert.equal(view.of('accepted').filter((reply) => reply.requestId === id).length, 2);
    assert.notEqual(busy, id);
    world.models.release(9);
    await world.clock.advance(50);
    assert.equal(lastOf(view).text, 'xx');
    assert.deepEqual(world.faults, []);
  });

  it('keeps what was there when the run that goes on is cut short', async () => {
    const world = worldOf({ pieces: ['x', 'y'] });
    const view = world.view();
    view.open(c);
    world.ask(view, 'one');
    await world.clock.advance(50);
    world.models.gate = 'manual';
    proceed(view, lastOf(view).id);
    await world.clock.advance(10);
    world.models.release(1);
    await world.clock.advance(10);
    world.stop(view);
    await world.clock.advance(10);
    assert.deepEqual([lastOf(view).text, lastOf(view).state], ['xyx', 'stopped']);
    for (const answerId of [view.conversations.get(c)?.messages[0]?.id ?? '', idOf('nobody')]) proceed(view, answerId);
    assert.deepEqual(
      view.of('refused').map(({ error }) => error),
      ['unknownMessage', 'unknownMessage'],
    );
    assert.deepEqual(world.faults, []);
  });
});
