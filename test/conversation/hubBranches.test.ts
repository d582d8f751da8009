import assert from 'node:assert/strict';
import type { ConversationRequest } from '../../src/protocol/chat.ts';
import type { ChatMessage } from '../../src/protocol/chatMessage.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf } from './sampleTurns.ts';
import type { TestView } from './testView.ts';

const c = idOf('c');

/** A hub whose model numbers its answers, with a view of one conversation. */
class BranchWorld extends HubWorld {
  readonly owner: TestView;
  #changes = 0;

  constructor(gate: 'open' | 'manual' = 'open') {
    let answers = 0;
    super({ gate, answer: (question) => ({ pieces: [`${question} `, `#${String(++answers)}`] }) });
    this.owner = this.view();
    this.owner.open(c);
  }

  get messages(): readonly ChatMessage[] {
    return this.owner.conversations.get(c)?.messages ?? [];
  }

  get texts(): readonly string[] {
    return this.owner.texts(c);
  }

  idAt(index: number): string {
    return this.messages.at(index)?.id ?? '';
  }

  async asked(text: string): Promise<void> {
    this.ask(this.owner, text);
    await this.clock.advance(100);
  }

  /** Sends a change of the conversation. @returns its request's id */
  change(request: ChangeOf<ConversationRequest>, view = this.owner, requestId = idOf(`change ${String(this.#changes++)}`)): string {
    view.send({ ...request, requestId, conversationId: c });
    return requestId;
  }
}

type ChangeOf<T> = T extends ConversationRequest ? Omit<T, 'requestId' | 'conversationId'> : never;

describe('hub: branches', () => {
  it('answers a question again beside the first answer, gives the model the question alone, and keeps both', async () => {
    const world = new BranchWorld();
    await world.asked('one');
    await world.asked('two');
    const later = world.view();
    later.open(c);
    world.change({ type: 'regenerate', answerId: world.idAt(1), model: 'm:1' });
    await world.clock.advance(100);
    assert.deepEqual(world.texts, ['one', 'one #3']);
    assert.deepEqual(
      world.models.requests[2]?.request.messages.map(({ content }) => content),
      ['one'],
    );
    const [, answer] = world.messages;
    assert.equal(answer?.state, 'done');
    assert.deepEqual([answer.siblings?.position, answer.siblings?.count], [2, 2]);
    assert.deepEqual(later.texts(c), world.texts);
    world.change({ type: 'choose', messageId: answer.siblings?.previous ?? '' });
    assert.deepEqual(world.texts, ['one', 'one #1', 'two', 'two #2']);
    assert.deepEqual(later.texts(c), world.texts);
    assert.deepEqual(world.faults, []);
  });

  it('asks another question in the place of one, the first of all too', async () => {
    const world = new BranchWorld();
    for (const text of ['one', 'two', 'three']) await world.asked(text);
    world.change({ type: 'edit', questionId: world.idAt(2), text: 'zwei', model: 'm:1' });
    await world.clock.advance(100);
    assert.deepEqual(world.texts, ['one', 'one #1', 'zwei', 'zwei #4']);
    assert.deepEqual(
      world.models.requests[3]?.request.messages.map(({ content }) => content),
      ['one', 'one #1', 'zwei'],
    );
    world.change({ type: 'edit', questionId: world.idAt(0), text: 'eins', model: 'm:1' });
    await world.clock.advance(100);
    assert.deepEqual(world.texts, ['eins', 'eins #5']);
    world.change({ type: 'choose', messageId: world.messages[0]?.siblings?.previous ?? '' });
    assert.deepEqual(world.texts, ['one', 'one #1', 'zwei', 'zwei #4']);
    assert.deepEqual(world.faults, []);
  });

  it('changes no branch while an answer is written, and says so', async () => {
    const world = new BranchWorld('manual');
    world.models.release(2);
    await world.asked('one');
    await world.asked('two');
    world.change({ type: 'regenerate', answerId: world.idAt(1), model: 'm:1' });
    world.change({ type: 'edit', questionId: world.idAt(0), text: 'x', model: 'm:1' });
    world.change({ type: 'choose', messageId: world.idAt(0) });
    assert.deepEqual(
      world.owner.of('refused').map(({ error }) => error),
      ['busy', 'busy', 'busy'],
    );
    assert.equal(world.models.requests.length, 2);
    world.models.release(9);
    await world.clock.advance(100);
    assert.deepEqual(world.texts, ['one', 'one #1', 'two', 'two #2']);
  });

  it('refuses what is not there, or is of the other kind, and does not ask the model', async () => {
    const world = new BranchWorld();
    await world.asked('one');
    const [question, answer] = [world.idAt(0), world.idAt(1)];
    world.change({ type: 'regenerate', answerId: question, model: 'm:1' });
    world.change({ type: 'regenerate', answerId: idOf('none'), model: 'm:1' });
    world.change({ type: 'edit', questionId: answer, text: 'x', model: 'm:1' });
    world.change({ type: 'choose', messageId: idOf('none') });
    const guest = world.view({ owner: 'guest', scope: 'chat' });
    world.change({ type: 'regenerate', answerId: answer, model: 'm:1' }, guest);
    world.change({ type: 'choose', messageId: answer }, guest);
    for (const view of [world.owner, guest]) assert.ok(view.of('refused').every(({ error }) => error === 'unknownMessage'));
    assert.deepEqual([world.owner.of('refused').length, guest.of('refused').length], [4, 2]);
    assert.equal(world.models.requests.length, 1);
    assert.deepEqual(world.texts, ['one', 'one #1']);
    assert.equal(world.clock.pendingTimers, 0);
  });

  it('answers a repeat of a change with the first answer, and asks the model once', async () => {
    const world = new BranchWorld();
    await world.asked('one');
    const request = { type: 'regenerate', answerId: world.idAt(1), model: 'm:1' } as const;
    const requestId = world.change(request);
    await world.clock.advance(100);
    world.change(request, world.owner, requestId);
    await world.clock.advance(100);
    const [first, second] = world.owner.of('accepted').slice(-2);
    assert.deepEqual(first, second);
    assert.equal(world.models.requests.length, 2);
  });
});

describe('hub: rename, bin, search', () => {
  it('renames for every view, and in the list', async () => {
    const world = new BranchWorld();
    world.owner.send({ type: 'listConversations' });
    await world.asked('one');
    world.change({ type: 'rename', title: 'Better' });
    await world.clock.advance(10);
    assert.equal(world.owner.conversations.get(c)?.title, 'Better');
    assert.equal(world.owner.of('conversations').at(-1)?.items[0]?.title, 'Better');
    assert.deepEqual(world.faults, []);
  });

  it('takes a deleted conversation out of the bin, as it was', async () => {
    const world = new BranchWorld();
    await world.asked('one');
    world.change({ type: 'deleteConversation' });
    assert.deepEqual(world.texts, []);
    world.owner.send({ type: 'listDeleted' });
    assert.deepEqual(
      world.owner.of('deleted')[0]?.items.map(({ id }) => id),
      [c],
    );
    world.change({ type: 'restoreConversation' });
    await world.clock.advance(10);
    assert.deepEqual(world.texts, ['one', 'one #1']);
    await world.asked('two');
    assert.deepEqual(world.texts, ['one', 'one #1', 'two', 'two #2']);
    world.change({ type: 'restoreConversation' });
    assert.equal(world.owner.of('refused').at(-1)?.error, 'unknownConversation');
    assert.deepEqual(world.faults, []);
  });

  it('finds what was said, for its owner alone', async () => {
    const world = new BranchWorld();
    await world.asked('where is the key?');
    const guest = world.view({ owner: 'guest', scope: 'chat' });
    for (const view of [world.owner, guest]) view.send({ type: 'search', query: 'key' });
    assert.equal(world.owner.of('found')[0]?.items.length, 2);
    assert.deepEqual(guest.of('found')[0]?.items, []);
  });
});
