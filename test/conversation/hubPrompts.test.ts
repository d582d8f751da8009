import assert from 'node:assert/strict';
import type { ChatReply, ChatRequest } from '../../src/protocol/chat.ts';
import { parseChatRequest } from '../../src/protocol/chat.ts';
import { DecodeError } from '../../src/base/bytes.ts';
import { MAX_SAVED_PROMPT_BYTES, MAX_SAVED_PROMPTS } from '../../src/protocol/limits.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf } from './sampleTurns.ts';
import type { TestView } from './testView.ts';

let requests = 0;
const requestId = (): string => idOf(`prompt ${String(requests++)}`);
const save = (id: string, name: string, text = `text of ${name}`): Extract<ChatRequest, { type: 'savePrompt' }> => ({
  ...{ type: 'savePrompt', requestId: requestId(), promptId: idOf(id) },
  ...{ name, text },
});
const remove = (id: string): ChatRequest => ({ type: 'deletePrompt', requestId: requestId(), promptId: idOf(id) });
const lists = (view: TestView) =>
  view.replies.filter((reply): reply is Extract<ChatReply, { type: 'prompts' }> => reply.type === 'prompts');
const names = (view: TestView): string[] | undefined =>
  lists(view)
    .at(-1)
    ?.items.map(({ name }) => name);
const errors = (view: TestView): string[] => view.replies.flatMap((reply) => (reply.type === 'refused' ? [reply.error] : []));

describe('hub: saved prompts', () => {
  it('keeps them by name, tells every view that has asked once, and no other owner’s', () => {
    const world = new HubWorld();
    const [desk, phone, late, guest] = [
      world.view(),
      world.view({ scope: 'chat' }),
      world.view(),
      world.view({ owner: 'guest', scope: 'chat' }),
    ];
    for (const view of [desk, phone, guest]) view.send({ type: 'listPrompts' });
    desk.send(save('1', 'review'));
    phone.send(save('2', 'Explain'));
    desk.send(save('1', 'check', 'other text'));
    assert.deepEqual(names(desk), ['check', 'Explain']);
    assert.deepEqual(lists(desk).at(-1), lists(phone).at(-1));
    assert.deepEqual(names(guest), []);
    assert.deepEqual(lists(late), []);
    phone.send(remove('1'));
    phone.send(remove('1'));
    assert.deepEqual(names(desk), ['Explain']);
    guest.send(remove('2'));
    assert.deepEqual(names(desk), ['Explain']);
    assert.deepEqual([...errors(desk), ...errors(phone), ...errors(guest), ...world.faults], []);
  });

  it('carries a request out once: its repeat brings back nothing that was deleted since', () => {
    const world = new HubWorld();
    const view = world.view();
    const request = save('1', 'review');
    view.send(request);
    view.send(remove('1'));
    view.send(request);
    view.send({ type: 'listPrompts' });
    assert.deepEqual(names(view), []);
    assert.equal(view.replies.filter(({ type }) => type === 'accepted').length, 3);
  });

  it('refuses a name that another prompt has, in whatever case', () => {
    const world = new HubWorld();
    const view = world.view();
    view.send({ type: 'listPrompts' });
    view.send(save('1', 'Review'));
    view.send(save('2', 'rEVIEW'));
    view.send(save('1', 'review'));
    assert.deepEqual(errors(view), ['promptNameTaken']);
    assert.deepEqual(names(view), ['review']);
  });

  it('keeps so many prompts, and so much text in all, and refuses one more', () => {
    const world = new HubWorld();
    const view = world.view();
    for (let n = 0; n < MAX_SAVED_PROMPTS; n++) view.send(save(String(n), `p${String(n)}`));
    view.send(save('more', 'more'));
    view.send({ type: 'listPrompts' });
    assert.equal(names(view)?.length, MAX_SAVED_PROMPTS);
    const other = world.view({ owner: 'guest' });
    for (let n = 0; n < 6; n++) other.send(save(String(n), `p${String(n)}`, 'x'.repeat(MAX_SAVED_PROMPT_BYTES - 2)));
    other.send({ type: 'listPrompts' });
    assert.equal(names(other)?.length, 5);
    assert.deepEqual([...errors(view), ...errors(other)], ['promptsFull', 'promptsFull']);
  });

  it('says that it could not keep one when the disk is full, and keeps the others', () => {
    const world = new HubWorld();
    const view = world.view();
    view.send(save('1', 'one'));
    world.memory.failing = true;
    view.send(save('2', 'two'));
    world.memory.failing = false;
    view.send({ type: 'listPrompts' });
    assert.deepEqual(errors(view), ['storeFailed']);
    assert.deepEqual(names(view), ['one']);
  });

  it('takes no name that could not be typed behind a slash, and no empty or endless text', () => {
    for (const name of ['', ' ', 'two words', '/x', '-x', 'x'.repeat(41), 'a/b', 'a\nb'])
      assert.throws(() => parseChatRequest(save('1', name)), DecodeError, name);
    for (const text of ['', ' \n', '"'.repeat(MAX_SAVED_PROMPT_BYTES / 2)])
      assert.throws(() => parseChatRequest(save('1', 'x', text)), DecodeError);
    for (const name of ['x', 'größe', '日本', 'a-b_2', 'x'.repeat(40)])
      assert.deepEqual(parseChatRequest(save('1', name)).type, 'savePrompt', name);
  });
});

describe('hub: defaults of the machine’s owner', () => {
  it('ask a chat as it says itself, else as its owner does for all; a guest’s as Ollama likes', async () => {
    const world = new HubWorld();
    let defaults = { systemPrompt: 'Be brief.', contextLength: 8192 };
    world.start({ defaults: () => defaults });
    const view = world.view();
    const asked = async (): Promise<unknown> => {
      await world.clock.advance(100);
      const { messages, contextLength } = world.models.requests.at(-1)?.request ?? assert.fail();
      return [messages[0]?.content, contextLength];
    };
    world.ask(view, 'one');
    assert.deepEqual(await asked(), ['Be brief.', 8192]);
    view.send({ type: 'configure', requestId: requestId(), conversationId: idOf('c'), settings: { contextLength: 4096 } });
    defaults = { systemPrompt: 'Be long.', contextLength: 16_384 };
    world.ask(view, 'two');
    assert.deepEqual(await asked(), ['Be long.', 4096]);
    world.ask(world.view({ owner: 'guest' }), 'three', { conversation: 'd' });
    assert.deepEqual(await asked(), ['three', undefined]);
  });
});
