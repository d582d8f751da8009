import assert from 'node:assert/strict';
import { MAX_CHAT_MESSAGE_BYTES, MAX_EVENT_LOG_BYTES, MAX_IDLE_EVENT_LOGS, MAX_SNAPSHOT_MESSAGES } from '../../src/protocol/limits.ts';
import { encodeChat } from '../../src/protocol/chat.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf, sampleTurn } from './sampleTurns.ts';
import type { TestView } from './testView.ts';

const c = idOf('c');

/** Text in which a lost, repeated or swapped piece shows. */
function numbered(units: number): string {
  let text = '';
  for (let n = 0; text.length < units; n++) text += `${String(n)}:"😀"\n`;
  return text;
}

function cut(text: string, random: SeededRandom, most: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const length = 1 + random.int(most);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

describe('hub: viewers', () => {
  it('brings a stored answer of 300 KB exactly, in messages that fit the wire', () => {
    const world = new HubWorld();
    const text = numbered(300_000);
    world.store.commitTurn(sampleTurn({ name: '1', question: numbered(50_000) }));
    world.store.updateAnswer(idOf('a 1'), { text, state: 'done', nextSequence: 9 });
    const view = world.view();
    view.open(c);
    assert.deepEqual(view.texts(c), [numbered(50_000), text]);
    assert.ok(view.raw.length > 8);
    for (const reply of view.raw) assert.ok(encodeChat(reply).length <= MAX_CHAT_MESSAGE_BYTES);
    assert.deepEqual(view.conversations.get(c)?.messages, world.store.messages('owner', c, { limit: 9 }).messages);
  });

  it('brings a running answer of 300 KB exactly to a view that opens it late, with every amount of credit', async () => {
    for (const step of [1, 3, 1000]) {
      const text = numbered(300_000);
      const world = new HubWorld({ gate: 'manual', seed: step, answer: () => ({ pieces: cut(text, new SeededRandom(step), 3000) }) });
      world.ask(world.view(), 'long');
      await world.clock.advance(5);
      world.models.release(150);
      await world.clock.advance(200);
      const late = world.view({}, { credit: 2 });
      late.open(c);
      for (let n = 0; late.lastState(c) !== 'done' && n < 5000; n++) {
        world.models.release(1);
        await world.clock.advance(1);
        late.grant(step);
      }
      assert.equal(late.texts(c)[1], text);
      assert.deepEqual(world.faults, []);
      world.hub.dispose();
    }
  }).timeout(20_000);

  it('begins a long text anew when the view leaves before it is whole, and trusts no half of it', () => {
    const world = new HubWorld();
    const text = numbered(100_000);
    world.store.commitTurn(sampleTurn({ name: '1' }));
    world.store.updateAnswer(idOf('a 1'), { text, state: 'done', nextSequence: 1 });
    const view = world.view({}, { credit: 5 });
    view.open(c);
    assert.equal(view.raw.at(-1)?.type, 'text');
    assert.equal(view.conversations.size, 0, 'there is no position to come back to yet');
    view.leave();
    const again = world.view();
    again.inherit(view);
    again.open(c);
    assert.deepEqual(again.texts(c), ['question 1', text]);
  });

  it('carries a question of the longest kind to viewers, whatever it is made of', async () => {
    for (const unit of ['x', '\u0001', '😀', '"']) {
      const world = new HubWorld({ answer: () => ({ pieces: ['ok'] }) });
      const question = unit.repeat(Math.floor((56 * 1024) / Buffer.byteLength(unit)));
      const view = world.view();
      view.open(c);
      world.ask(view, question);
      await world.clock.advance(50);
      assert.deepEqual(view.texts(c), [question, 'ok']);
      const late = world.view();
      late.open(c);
      assert.deepEqual(late.texts(c), [question, 'ok']);
      assert.deepEqual(world.faults, []);
    }
  });

  it('takes the newest messages that fit, and the rest page by page, exactly', () => {
    const world = new HubWorld();
    for (let n = 0; n < 150; n++) {
      world.store.commitTurn(sampleTurn({ name: String(n), question: `q${String(n)}` }));
      const text = n % 10 === 0 ? numbered(60_000) : `a${String(n)}`;
      world.store.updateAnswer(idOf(`a ${String(n)}`), { text, state: 'done', nextSequence: 1 });
    }
    const view = world.view();
    view.open(c);
    const seen = view.conversations.get(c);
    assert.ok(seen && seen.messages.length <= MAX_SNAPSHOT_MESSAGES && seen.more);
    let messages = seen.messages;
    for (let more = true; more;) {
      view.send({ type: 'page', conversationId: c, before: messages[0]?.id ?? '' });
      const page = view.of('page').at(-1);
      assert.ok(page && page.messages.length > 0);
      messages = [...page.messages, ...messages];
      more = page.more;
    }
    assert.deepEqual(messages, world.store.messages('owner', c, { limit: 1000 }).messages);
  });

  it('writes nothing without credit, and remembers only where the view stands', async () => {
    const world = new HubWorld({ answer: () => ({ pieces: Array.from({ length: 50 }, (_, n) => `${String(n)} `) }) });
    const view = world.view();
    view.open(c);
    world.ask(view, 'hi');
    await world.clock.advance(10);
    const before = view.raw.length;
    view.credit = 0;
    await world.clock.advance(100);
    assert.equal(view.raw.length, before);
    view.grant(3);
    assert.equal(view.raw.length, before + 3);
    view.grant(Infinity);
    assert.equal(view.lastState(c), 'done');
    assert.deepEqual(world.faults, []);
  });

  it('gives a view that fell out of the log a snapshot, and nobody else', async () => {
    const text = numbered(2 * MAX_EVENT_LOG_BYTES);
    const world = new HubWorld({ answer: () => ({ pieces: cut(text, new SeededRandom(1), 4000) }) });
    const [slow, fast] = [world.view(), world.view()];
    slow.open(c);
    fast.open(c);
    world.ask(fast, 'hi');
    await world.clock.advance(10);
    slow.credit = 0;
    await world.clock.advance(2000);
    slow.grant(Infinity);
    assert.deepEqual([slow.of('snapshot').length, fast.of('snapshot').length], [2, 1]);
    assert.deepEqual([slow.texts(c)[1], fast.texts(c)[1]], [text, text]);
    assert.deepEqual(world.faults, []);
  });

  it('holds a view that acknowledges to a window, and goes on at its next acknowledgement', async () => {
    const text = numbered(3 * MAX_EVENT_LOG_BYTES);
    const world = new HubWorld({ answer: () => ({ pieces: cut(text, new SeededRandom(1), 6000) }) });
    const view = world.view();
    view.open(c);
    world.ask(view, 'hi');
    view.send({ type: 'ack', conversationId: c, sequence: 0 });
    await world.clock.advance(5000);
    const received = view.raw.reduce((sum, reply) => sum + encodeChat(reply).length, 0);
    assert.ok(received < MAX_EVENT_LOG_BYTES + 2 * MAX_CHAT_MESSAGE_BYTES, String(received));
    assert.notEqual(view.texts(c)[1], text);
    view.send({ type: 'ack', conversationId: c, sequence: view.conversations.get(c)?.sequence ?? 0 });
    assert.equal(view.texts(c)[1], text);
    assert.deepEqual(world.faults, []);
  });

  it('pushes the list of conversations to those who asked for it once, joined per turn of the event loop', async () => {
    const world = new HubWorld({ gate: 'manual', answer: () => ({ pieces: ['ok'] }) });
    const [asking, silent] = [world.view(), world.view()];
    asking.send({ type: 'listConversations' });
    world.ask(silent, 'one', { conversation: 'one' });
    world.ask(silent, 'two', { conversation: 'two' });
    await world.clock.settle();
    const lists = (): unknown[] => asking.of('conversations').map(({ items }) => items.map(({ title, running }) => [title, running]));
    assert.deepEqual(lists(), [
      [],
      [
        ['two', true],
        ['one', true],
      ],
    ]);
    world.models.release(9);
    await world.clock.advance(50);
    assert.deepEqual(lists().at(-1), [
      ['two', false],
      ['one', false],
    ]);
    assert.equal(silent.of('conversations').length, 0);
    assert.ok(lists().length <= 4, String(lists().length));
  });

  it('lists as many conversations as fit one message, and the rest behind the last', () => {
    const world = new HubWorld();
    for (let n = 0; n < 500; n++)
      world.store.commitTurn({ ...sampleTurn({ name: String(n), conversation: `c ${String(n)}`, at: n }), title: 'é'.repeat(60) });
    const view = world.view();
    view.send({ type: 'listConversations' });
    const ids: string[] = [];
    for (let more: boolean | undefined = true; more === true;) {
      const list = view.of('conversations').at(-1);
      ids.push(...(list?.items.map(({ id }) => id) ?? []));
      more = list?.more;
      if (more === true) view.send({ type: 'listConversations', before: ids.at(-1) ?? '' });
    }
    assert.deepEqual(
      ids,
      world.store.listConversations('owner').map(({ id }) => id),
    );
    for (const reply of view.raw) assert.ok(encodeChat(reply).length <= MAX_CHAT_MESSAGE_BYTES);
  });

  it('forgets the logs of all but the last idle conversations, and never mistakes an old position', async () => {
    const world = new HubWorld({ answer: (question) => ({ pieces: ['answer to ', ...cut(question, new SeededRandom(1), 1)] }) });
    const view = world.view();
    for (let n = 0; n < MAX_IDLE_EVENT_LOGS + 4; n++) {
      const id = idOf(String(n));
      view.open(id);
      world.ask(view, 'q'.repeat(n + 1), { conversation: String(n) });
      await world.clock.advance(50);
      view.send({ type: 'close', conversationId: id });
    }
    const back = world.view();
    back.inherit(view);
    for (let n = 0; n < MAX_IDLE_EVENT_LOGS + 4; n++) {
      const id = idOf(String(n));
      back.open(id);
      assert.deepEqual(back.texts(id), ['q'.repeat(n + 1), `answer to ${'q'.repeat(n + 1)}`]);
      back.send({ type: 'close', conversationId: id });
    }
    assert.ok(back.of('snapshot').length >= 3 && back.of('snapshot').length < MAX_IDLE_EVENT_LOGS);
    world.ask(view, 'more', { conversation: '0' });
    await world.clock.advance(50);
    back.open(idOf('0'));
    assert.deepEqual(back.texts(idOf('0')).slice(2), ['more', 'answer to more']);
    // Its position is of a log that was let go; the new log has grown past that number meanwhile.
    const stale = world.view();
    stale.inherit(view);
    stale.open(idOf('0'));
    assert.deepEqual(stale.texts(idOf('0')), back.texts(idOf('0')));
    assert.deepEqual(world.faults, []);
  });

  it('shows every viewer what is stored and what the model sent, over 200 random histories', async function () {
    this.timeout(60_000);
    for (let seed = 1; seed <= 200; seed++) await randomHistory(seed);
  });
});

/** Viewers come, starve, leave and return while answers run, end, are stopped, and the hub is started anew. */
async function randomHistory(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const sent = new Map<string, string>();
  const world = new HubWorld({
    seed,
    answer: (question) => {
      const isLong = random.int(8) === 0;
      const text = `${question}: ${numbered(isLong ? 40_000 : random.int(400))}`;
      sent.set(question, text);
      return { pieces: cut(text, random, isLong ? 9000 : 80), end: random.int(6) === 0 ? 'early' : 'done' };
    },
  });
  const ids = [c, idOf('d')];
  let views: TestView[] = [];
  let questions = 0;
  const join = (from?: TestView): void => {
    const view = world.view({}, { credit: random.int(12) });
    if (from) view.inherit(from);
    for (const id of ids) view.open(id);
    views.push(view);
  };
  join();
  for (let step = 0; step < 60; step++) {
    const view = views[random.int(views.length)];
    const action = random.int(100);
    if (!view || (action < 10 && views.length < 5)) join();
    else if (action < 20) {
      view.leave();
      views = views.filter((other) => other !== view);
      if (random.int(3) > 0) join(view);
    } else if (action < 40) view.grant(random.int(random.int(5) === 0 ? 200 : 15));
    else if (action < 55) world.ask(view, `question ${String(questions++)}`, { conversation: random.int(2) === 0 ? 'c' : 'd' });
    else if (action < 60) world.stop(view, random.int(2) === 0 ? 'c' : 'd');
    else if (action < 62) {
      world.hub.dispose();
      world.start();
      const before = views;
      views = [];
      for (const old of before) join(old);
    } else await world.clock.advance(random.int(random.int(6) === 0 ? 400 : 20));
  }
  await world.clock.advance(100_000);
  if (views.length === 0) join();
  for (const view of views) view.grant(Infinity);
  for (const id of ids) {
    const stored = world.store.messages('owner', id, { limit: 1000 }).messages;
    for (const view of views) {
      const seen = view.conversations.get(id)?.messages ?? [];
      assert.deepEqual(seen, stored.slice(stored.length - seen.length), `seed ${String(seed)}`);
      assert.ok(seen.length === stored.length || view.conversations.get(id)?.more === true, `seed ${String(seed)}`);
    }
    for (const [index, message] of stored.entries()) {
      if (message.role === 'user') continue;
      const full = sent.get(stored[index - 1]?.text ?? '') ?? '';
      const whole = message.state === 'done' || message.error === 'ollamaEndedEarly';
      assert.ok(whole ? message.text === full : full.startsWith(message.text), `seed ${String(seed)}`);
    }
  }
  assert.deepEqual(world.faults, [], `seed ${String(seed)}`);
  assert.equal(world.models.requests.length, world.memory.turns.length, `seed ${String(seed)}`);
  world.hub.dispose();
  assert.equal(world.clock.pendingTimers, 0, `seed ${String(seed)}`);
}
