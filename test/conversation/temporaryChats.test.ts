import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../../src/conversation/node/sqliteStore.ts';
import { MAX_TEMPORARY_CHATS, TEMPORARY_CHAT_IDLE_MS } from '../../src/protocol/limits.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { MemoryStore } from '../fakes/memoryStore.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf } from './sampleTurns.ts';
import type { TestView } from './testView.ts';

const CANARY = 'zebra-canary';

/** Asks in a temporary chat. */
function whisper(view: TestView, text: string, options: { readonly chat?: string; readonly requestId?: string } = {}): void {
  const { chat = 'secret', requestId = idOf(`w ${text}`) } = options;
  view.send({ type: 'send', requestId, conversationId: idOf(chat), text, model: 'm:1', temporary: true });
}

describe('hub: temporary chats', () => {
  it('answers, is asked again, edited and configured, and the file of the chats holds none of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-temporary-'));
    const clock = new FakeClock();
    const { store } = SqliteStore.open(join(folder, 'chats.db'), clock);
    const world = new HubWorld({
      store,
      answer: (question) => ({ pieces: [`answer to ${question}`] }),
      makeTemporaryStore: () => SqliteStore.inMemory(clock),
    });
    const view = world.view();
    view.open(idOf('secret'));
    const settings = { systemPrompt: `${CANARY} system` };
    view.send({ type: 'configure', requestId: idOf('set'), conversationId: idOf('secret'), settings, temporary: true });
    whisper(view, `${CANARY} one`);
    await world.clock.advance(1_000);
    const [question, answer] = view.conversations.get(idOf('secret'))?.messages ?? [];
    assert.equal(answer?.text, `answer to ${CANARY} one`);
    const again = { conversationId: idOf('secret'), model: 'm:1' };
    view.send({ type: 'regenerate', requestId: idOf('again'), answerId: answer.id, ...again });
    await world.clock.advance(1_000);
    view.send({ type: 'edit', requestId: idOf('edit'), questionId: question?.id ?? '', text: `${CANARY} two`, ...again });
    await world.clock.advance(1_000);
    view.send({ type: 'rename', requestId: idOf('name'), conversationId: idOf('secret'), title: `${CANARY} title` });
    assert.equal(view.conversations.get(idOf('secret'))?.messages.at(-1)?.text, `answer to ${CANARY} two`);
    world.ask(view, 'kept-canary');
    await world.clock.advance(1_000);

    const files = (): string[] => readdirSync(folder).filter((name) => readFileSync(join(folder, name), 'latin1').includes(CANARY));
    assert.ok(readdirSync(folder).includes('chats.db-wal'));
    assert.deepEqual(files(), []);
    view.send({ type: 'listConversations' });
    view.send({ type: 'search', query: CANARY });
    await world.clock.settle();
    assert.deepEqual(
      view
        .of('conversations')
        .at(-1)
        ?.items.map(({ title }) => title),
      ['kept-canary'],
    );
    assert.deepEqual(view.of('found').at(-1)?.items, []);
    world.hub.dispose();
    store.dispose();
    assert.deepEqual(files(), []);
    assert.ok(readFileSync(join(folder, 'chats.db'), 'latin1').includes('kept-canary'));
    assert.deepEqual(world.faults, []);
    rmSync(folder, { recursive: true });
  });

  it('says so in its snapshot, stays while somebody looks, and is gone a minute after the last viewer', async () => {
    const world = new HubWorld({ makeTemporaryStore: () => new MemoryStore() });
    const view = world.view();
    view.open(idOf('secret'));
    whisper(view, 'hello');
    await world.clock.advance(10 * TEMPORARY_CHAT_IDLE_MS);
    const other = world.view();
    other.open(idOf('secret'));
    await world.clock.settle();
    assert.equal(other.of('snapshot').at(-1)?.temporary, true);
    assert.equal(other.of('snapshot').at(-1)?.messages.length, 2);
    view.leave();
    other.leave();
    await world.clock.advance(TEMPORARY_CHAT_IDLE_MS / 2);
    const back = world.view();
    back.open(idOf('secret'));
    await world.clock.settle();
    assert.equal(back.of('snapshot').at(-1)?.messages.length, 2);
    back.leave();
    await world.clock.advance(2 * TEMPORARY_CHAT_IDLE_MS);
    const late = world.view();
    late.open(idOf('secret'));
    await world.clock.settle();
    assert.deepEqual(late.of('snapshot').at(-1)?.messages, []);
    assert.equal(late.of('snapshot').at(-1)?.temporary, undefined);
    world.hub.dispose();
    assert.equal(world.clock.pendingTimers, 0);
  });

  it('deletes it at once and for good, stopping what runs', async () => {
    const world = new HubWorld({ gate: 'manual', makeTemporaryStore: () => new MemoryStore() });
    const view = world.view();
    view.open(idOf('secret'));
    whisper(view, 'hello');
    await world.clock.settle();
    view.send({ type: 'deleteConversation', requestId: idOf('delete'), conversationId: idOf('secret') });
    view.send({ type: 'listDeleted' });
    view.send({ type: 'restoreConversation', requestId: idOf('restore'), conversationId: idOf('secret') });
    await world.clock.advance(1_000);
    assert.equal(world.hub.runningGenerations, 0);
    assert.deepEqual(view.of('deleted').at(-1)?.items, []);
    assert.equal(view.of('refused').at(-1)?.error, 'unknownConversation');
    assert.deepEqual(view.conversations.get(idOf('secret'))?.messages, []);
    world.hub.dispose();
  });

  it('is over with its device, and a question repeated after that is not asked twice', async () => {
    const world = new HubWorld({ makeTemporaryStore: () => new MemoryStore() });
    const requestId = idOf('request');
    whisper(world.view(), 'hello', { requestId });
    await world.clock.advance(1_000);
    world.hub.dispose();
    world.start();
    const view = world.view();
    view.open(idOf('secret'));
    whisper(view, 'hello', { requestId });
    await world.clock.advance(1_000);
    assert.deepEqual(view.conversations.get(idOf('secret'))?.messages, []);
    assert.equal(view.of('accepted').at(-1)?.requestId, requestId);
    assert.equal(world.models.requests.length, 1);
    world.hub.dispose();
  });

  it('holds no more than it may: one that nobody looks at makes room, and without one it is refused', async () => {
    const world = new HubWorld({ makeTemporaryStore: () => new MemoryStore() });
    const view = world.view();
    for (let n = 0; n < MAX_TEMPORARY_CHATS; n++) {
      view.open(idOf(`chat${String.fromCharCode(97 + n)}`));
      whisper(view, `question ${String.fromCharCode(97 + n)}`, { chat: `chat${String.fromCharCode(97 + n)}` });
    }
    await world.clock.advance(1_000);
    whisper(view, 'one more', { chat: 'more' });
    await world.clock.settle();
    assert.equal(view.of('refused').at(-1)?.error, 'tooManyStreams');
    view.send({ type: 'close', conversationId: idOf('chatd') });
    whisper(view, 'one more, again', { chat: 'more' });
    await world.clock.advance(1_000);
    assert.equal(view.of('refused').length, 1);
    view.open(idOf('chatd'));
    await world.clock.settle();
    assert.deepEqual(view.conversations.get(idOf('chatd'))?.messages, []);
    world.hub.dispose();
  });

  it('is refused where there is nothing to hold it, and stored nowhere', async () => {
    const world = new HubWorld();
    const view = world.view();
    whisper(view, 'hello');
    await world.clock.advance(1_000);
    assert.equal(view.of('refused')[0]?.error, 'notAllowed');
    assert.deepEqual(view.of('welcome')[0]?.features, ['images', 'files']);
    assert.deepEqual(world.store.listConversations('owner'), []);
    world.hub.dispose();
  });
});
