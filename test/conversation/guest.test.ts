import assert from 'node:assert/strict';
import { toBase64url, utf8 } from '../../src/base/bytes.ts';
import { SqliteStore } from '../../src/conversation/node/sqliteStore.ts';
import { isGuest, MACHINE_OWNER, type ConversationStore } from '../../src/conversation/ports.ts';
import { parseChatRequest, requestSchema, type ChatRequest } from '../../src/protocol/chat.ts';
import { MAX_TEMPORARY_CHATS, MAX_UPLOADED_UNITS } from '../../src/protocol/limits.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { MemoryStore } from '../fakes/memoryStore.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf } from './sampleTurns.ts';
import type { TestView } from './testView.ts';

/** Stands in everything that the owner wrote, was answered, or named. */
const CANARY = 'canary7f3';
const isLeak = (value: unknown): boolean => JSON.stringify(value).includes(CANARY) || inFile(value).includes(CANARY);
/** The text of a part of a chat file, which travels as base64url. */
const inFile = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'data' in value ? Buffer.from(String(value.data), 'base64url').toString() : '';
const ROUNDS = 6;
const REQUESTS_PER_ROUND = 250;

/** Base64 that begins like a JPEG and holds the canary in clear. */
const imageData = `/9j/${CANARY.padEnd(12, '0')}${'A'.repeat(48)}`;
const imageInfo = (name: string) =>
  ({ id: idOf(name), type: 'image/jpeg', width: 4, height: 3, units: imageData.length, alt: `${CANARY} ${name}` }) as const;

/** The owner's chats in every state that a chat can be in, and an owner who goes on with them. */
class Owner {
  readonly world: HubWorld;
  readonly view: TestView;
  #asked = 0;

  constructor(world: HubWorld) {
    this.world = world;
    world.models.models = [{ name: 'm:1', capabilities: ['completion', 'vision', 'thinking'] }];
    this.view = world.view({ owner: MACHINE_OWNER, scope: 'local', name: `${CANARY} editor` });
    for (const name of ['plain', 'image', 'running', 'temporary']) this.view.open(idOf(name));
    this.view.send({ type: 'listConversations' });
  }

  async settle(): Promise<void> {
    const { promptId, name } = { promptId: idOf('prompt'), name: `${CANARY}-prompt` };
    this.view.send({ type: 'savePrompt', requestId: idOf('save'), promptId, name, text: `${CANARY} text` });
    this.view.send({ type: 'putImage', image: imageInfo('image a'), offset: 0, data: imageData });
    await this.ask('plain', 'first');
    await this.ask('plain', 'second');
    await this.ask('image', 'seen', { images: [idOf('image a')] });
    await this.ask('deleted', 'gone');
    await this.ask('temporary', 'unwritten', { temporary: true });
    const first = this.view.conversations.get(idOf('plain'))?.messages[0]?.id ?? '';
    this.change({ type: 'edit', conversationId: idOf('plain'), questionId: first, text: `${CANARY} edited`, model: 'm:1' });
    await this.world.clock.advance(20);
    this.change({ type: 'rename', conversationId: idOf('plain'), title: `${CANARY} title` });
    this.change({ type: 'configure', conversationId: idOf('plain'), settings: { systemPrompt: `${CANARY} system` } });
    this.change({ type: 'configure', conversationId: idOf('not begun'), settings: { systemPrompt: `${CANARY} system` } });
    this.change({ type: 'deleteConversation', conversationId: idOf('deleted') });
    this.view.send({ type: 'putImage', image: imageInfo('image b'), offset: 0, data: imageData });
    this.view.send({ type: 'putImage', image: imageInfo('image c'), offset: 0, data: imageData.slice(0, 32) });
    this.world.models.gate = 'manual';
    await this.ask('running', 'long');
    this.world.models.release(1);
    await this.world.clock.advance(5);
    assert.equal(this.view.lastState(idOf('running')), 'streaming');
    const all = JSON.stringify(this.dump());
    const there = ['-prompt', ' text', ' second', ' edited', ' seen', ' gone', ' unwritten', ' title', ' system', ' long', '000AAAA'];
    for (const text of there) assert.ok(all.includes(`${CANARY}${text}`), `the owner has no “${text}”`);
  }

  /** One more piece of the answer that is on its way, one more question elsewhere. */
  async goOn(): Promise<void> {
    this.world.models.release(1);
    this.change({ type: 'rename', conversationId: idOf('plain'), title: `${CANARY} title ${String(this.#asked)}` });
    await this.world.clock.advance(20);
  }

  ask(conversation: string, text: string, more: Partial<Extract<ChatRequest, { type: 'send' }>> = {}): Promise<void> {
    this.change({ type: 'send', conversationId: idOf(conversation), text: `${CANARY} ${text}`, model: 'm:1', ...more });
    return this.world.clock.advance(20);
  }

  change(request: DistributiveOmit<Extract<ChatRequest, { requestId: string }>, 'requestId'>): void {
    this.view.send({ ...request, requestId: this.requestIds.at(this.#asked++) ?? idOf(`owner ${String(this.#asked)}`) });
  }

  readonly chats = ['plain', 'image', 'deleted', 'temporary', 'running', 'not begun'].map(idOf);
  readonly requestIds = Array.from({ length: 40 }, (_, n) => idOf(`owner ${String(n)}`));

  /** Ids of all that is the owner's, one list for each kind. */
  get ids() {
    const { store } = this.world;
    const archived = this.chats.flatMap((id) => store.archive(MACHINE_OWNER, id)?.messages.map(({ message }) => message.id) ?? []);
    const seen = [...this.view.conversations.values()].flatMap(({ messages }) => messages.map(({ id }) => id));
    const messages = [...new Set([...archived, ...seen])];
    const images = ['image a', 'image b', 'image c'].map(idOf);
    return { chats: this.chats, messages, images, prompts: [idOf('prompt')], requests: this.requestIds };
  }

  /** All that the store and a new view of the owner's know. */
  dump(): unknown {
    const { store, models } = this.world;
    const view = this.world.view();
    for (const id of this.chats) {
      view.open(id);
      view.send({ type: 'getImage', conversationId: id, imageId: idOf('image a'), offset: 0 });
      for (const name of ['image b', 'image c']) view.send({ type: 'getImage', conversationId: id, imageId: idOf(name), offset: 0 });
    }
    for (const type of ['listConversations', 'listDeleted', 'listPrompts'] as const) view.send({ type });
    view.send({ type: 'search', query: CANARY });
    view.leave();
    const chats = this.chats.map((id) => [store.archive(MACHINE_OWNER, id), store.settings(MACHINE_OWNER, id)]);
    const replies = this.requestIds.map((id) => store.replyTo(MACHINE_OWNER, id));
    const running = models.requests.filter(({ request }) => isLeak(request)).map(({ state, sent }) => ({ state, sent }));
    // downloads are the device's, not a person's, and a log that is forgotten begins anew at whatever number
    const shown = view.replies.filter(({ type }) => type !== 'pulls').map((reply) => ({ ...reply, sequence: undefined }));
    return structuredClone([shown, chats, replies, running]);
  }
}

type DistributiveOmit<T, K extends keyof never> = T extends unknown ? Omit<T, K> : never;

/** Somebody who knows every id of the owner's and tries each request with them. */
class Intruder {
  readonly #random: SeededRandom;
  readonly #known: Owner['ids'];
  #made = 0;

  constructor(random: SeededRandom, known: Owner['ids']) {
    this.#random = random;
    this.#known = known;
  }

  request(type: ChatRequest['type']): ChatRequest {
    return parseChatRequest({ type, ...this.#fields[type]() });
  }

  /** One of the owner's, mostly of the kind that belongs there, or one of their own. */
  #id(kind: keyof Owner['ids']): string {
    if (this.#random.int(3) === 0) return idOf(`guest ${String(this.#random.int(4))}`);
    return this.#pick(this.#random.int(4) > 0 ? this.#known[kind] : this.#pick(Object.values(this.#known)));
  }

  /** The owner's now and then: most must be new, or they only bring the first answer back. */
  readonly #requestId = (): string => (this.#random.int(4) > 0 ? idOf(`try ${String(this.#made++)}`) : this.#id('requests'));
  readonly #maybe = <T>(value: T): T | undefined => (this.#random.int(2) === 0 ? value : undefined);

  #pick<T>(values: readonly T[]): T {
    const value = values[this.#random.int(values.length)];
    assert.ok(value !== undefined);
    return value;
  }

  readonly #chat = () => ({ requestId: this.#requestId(), conversationId: this.#id('chats') });
  readonly #model = () => ({ requestId: this.#requestId(), model: this.#pick(['m:1', 'new:1']) });
  readonly #image = () => ({ ...imageInfo('x'), id: this.#id('images'), alt: 'guest' });

  readonly #fields: Readonly<Record<ChatRequest['type'], () => object>> = {
    hello: () => ({ version: 1, oldest: 1, wants: this.#maybe(['viewers']) }),
    listConversations: () => ({ before: this.#maybe(this.#id('chats')) }),
    listModels: () => ({}),
    listLoaded: () => ({}),
    listDeleted: () => ({}),
    listPrompts: () => ({}),
    search: () => ({ query: this.#pick(['canary7', 'canary', 'first', 'title', 'e']) }),
    open: () => ({
      conversationId: this.#id('chats'),
      since: this.#maybe({ hubEpoch: this.#id('requests'), sequence: this.#random.int(9) }),
    }),
    close: () => ({ conversationId: this.#id('chats') }),
    page: () => ({ conversationId: this.#id('chats'), before: this.#id('messages') }),
    ack: () => ({ conversationId: this.#id('chats'), sequence: this.#random.int(99) }),
    putImage: () => ({ image: this.#image(), offset: 0, data: `/9j/${'B'.repeat(60)}` }),
    getImage: () => ({ conversationId: this.#id('chats'), imageId: this.#id('images'), offset: this.#random.int(2) * 8 }),
    getChatFile: () => ({ conversationId: this.#id('chats'), format: this.#pick(['json', 'markdown']), offset: this.#random.int(2) * 8 }),
    putChatFile: () => {
      const bytes = utf8(JSON.stringify({ format: 'cloudtolocalllm.chats', version: 1, conversations: [this.#archived()] }));
      return { fileId: this.#id('chats'), total: bytes.length, offset: 0, data: toBase64url(bytes) };
    },
    send: () => {
      const [images, temporary] = [this.#maybe([this.#id('images')]), this.#maybe(true)];
      return { ...this.#chat(), text: 'guest asks', model: 'm:1', images, temporary };
    },
    stop: () => ({ ...this.#chat(), answerId: this.#maybe(this.#id('messages')) }),
    regenerate: () => ({ ...this.#chat(), answerId: this.#id('messages'), model: 'm:1' }),
    edit: () => ({ ...this.#chat(), questionId: this.#id('messages'), text: 'guest edits', model: 'm:1' }),
    continue: () => ({ ...this.#chat(), answerId: this.#id('messages') }),
    configure: () => ({ ...this.#chat(), settings: { systemPrompt: 'guest' }, temporary: this.#maybe(true) }),
    choose: () => ({ ...this.#chat(), messageId: this.#id('messages') }),
    rename: () => ({ ...this.#chat(), title: 'guest renames' }),
    deleteConversation: this.#chat,
    restoreConversation: this.#chat,
    savePrompt: () => ({ requestId: this.#requestId(), promptId: this.#id('prompts'), name: this.#pick([`guest`, 'x']), text: 'guest' }),
    deletePrompt: () => ({ requestId: this.#requestId(), promptId: this.#id('prompts') }),
    pullModel: this.#model,
    cancelPull: this.#model,
    unloadModel: this.#model,
    deleteModel: this.#model,
  };

  #archived(): object {
    const id = this.#id('messages');
    const message = { id, role: 'user', text: 'guest imports', createdAt: 1, parentId: null };
    return { title: 'guest', createdAt: 1, updatedAt: 1, headId: id, messages: [message] };
  }
}

const stores: readonly (readonly [string, () => ConversationStore])[] = [
  ['in memory', () => new MemoryStore()],
  ['in SQLite', () => SqliteStore.inMemory(new FakeClock())],
];

/** Two guests try everything, in rounds between which the owner goes on. */
async function intrude(seed: number, store: ConversationStore): Promise<void> {
  const world = new HubWorld({
    ...{ seed, store, makeTemporaryStore: () => SqliteStore.inMemory(new FakeClock()) },
    answer: (question) => ({
      thoughts: [`${question} thought`],
      pieces: [`${question} `, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'],
    }),
  });
  const owner = new Owner(world);
  await owner.settle();
  const types = requestSchema.options.map(({ entries }) => entries.type.literal);
  const random = new SeededRandom(seed);
  const peers = [
    { owner: 'client a', scope: 'chat' },
    { owner: 'client b', scope: 'models' },
  ] as const;
  let views = peers.map((peer) => world.view(peer));
  const intruder = new Intruder(random, owner.ids);
  const sent = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const before = owner.dump();
    for (let n = 0; n < REQUESTS_PER_ROUND; n++) {
      const type = types[(n + random.int(2)) % types.length] ?? 'hello';
      const view = views[random.int(views.length)];
      view?.send(intruder.request(type));
      sent.set(type, (sent.get(type) ?? 0) + 1);
      const leak = view?.raw.splice(0).find(isLeak);
      assert.equal(leak, undefined, `seed ${String(seed)}, round ${String(round)}: ${type} brought ${JSON.stringify(leak)}`);
    }
    await world.clock.advance(20);
    assert.deepEqual(owner.dump(), before, `seed ${String(seed)}, round ${String(round)}: the owner’s chats are not what they were`);
    await owner.goOn();
    for (const view of views) assert.ok(!view.replies.some(isLeak), 'the owner’s change reached a guest');
    // by another line: what the old one followed must not come with it
    for (const view of views) view.leave();
    views = peers.map((peer) => world.view(peer));
  }
  for (const type of types) assert.ok((sent.get(type) ?? 0) > 20, `${type} was sent ${String(sent.get(type))} times`);
  const prompts = world.models.requests.filter(({ request }) => request.messages.some(({ content }) => content.startsWith('guest')));
  assert.ok(prompts.length > 0, 'no guest was answered at all');
  assert.ok(!prompts.some(isLeak), 'a model saw the owner’s text for a guest');
  world.hub.dispose();
  for (const { owner: name } of peers) assert.ok(world.store.listConversations(name).length > 0 && isGuest(name));
  assert.deepEqual(world.faults, []);
  world.store.dispose();
}

describe('a guest', () => {
  for (const [where, makeStore] of stores)
    describe(`of a device with its chats ${where}`, () => {
      it('gets no byte of the owner’s chats and changes nothing of them, by any request with any of their ids', async () => {
        for (const seed of [1, 2, 3]) await intrude(seed, makeStore());
      });
    });

  it('is told that it is one, and the owner’s own browser is not', () => {
    const world = new HubWorld();
    const welcome = (owner: string) => world.view({ owner, scope: 'chat' }).of('welcome')[0]?.guest;
    assert.deepEqual([welcome('client a'), welcome(MACHINE_OWNER)], [true, undefined]);
    world.hub.dispose();
  });

  it('takes neither a temporary chat nor an upload of the owner’s away by making many, and leaves room for theirs', async () => {
    const world = new HubWorld({ makeTemporaryStore: () => new MemoryStore() });
    const owner = world.view();
    const guest = world.view({ owner: 'client a', scope: 'chat' });
    const begin = (view: TestView, name: string): void => {
      view.send({ type: 'send', requestId: idOf(`r ${name}`), conversationId: idOf(name), text: name, model: 'm:1', temporary: true });
    };
    begin(owner, 'mine');
    owner.send({ type: 'putImage', image: imageInfo('held'), offset: 0, data: imageData });
    await world.clock.advance(20);
    const units = MAX_UPLOADED_UNITS / 24;
    for (let n = 0; n < 3 * MAX_TEMPORARY_CHATS; n++) {
      guest.open(idOf(`theirs ${String(n)}`));
      begin(guest, `theirs ${String(n)}`);
      guest.send({ type: 'putImage', image: { ...imageInfo(`theirs ${String(n)}`), units }, offset: 0, data: '/9j/' });
      await world.clock.advance(20);
    }
    owner.open(idOf('mine'));
    assert.equal(owner.conversations.get(idOf('mine'))?.messages[0]?.text, 'mine');
    owner.send({ type: 'getImage', conversationId: idOf('mine'), imageId: idOf('held'), offset: 0 });
    assert.equal(owner.of('imagePart')[0]?.data, imageData);
    assert.ok(guest.of('refused').every(({ error }) => error === 'tooManyStreams'));
    for (let n = 0; n < MAX_TEMPORARY_CHATS / 2 - 1; n++) begin(owner, `mine ${String(n)}`);
    assert.deepEqual(owner.of('refused'), []);
    await world.clock.advance(20);
    world.hub.dispose();
  });
});
