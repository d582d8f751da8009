import assert from 'node:assert/strict';
import fc from 'fast-check';
import { shownBranch, type ArchivedConversation } from '../../src/conversation/chatArchive.ts';
import { exportJson, exportMarkdown } from '../../src/conversation/exportChats.ts';
import { importChats, type Imported } from '../../src/conversation/importChats.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

const now = 1_800_000_000_000;
const read = (value: unknown): Imported =>
  importChats(typeof value === 'string' ? value : JSON.stringify(value), { random: new SeededRandom(1), now });
const only = (value: unknown): ArchivedConversation => {
  const { conversations } = read(value);
  assert.equal(conversations.length, 1);
  return conversations[0] ?? assert.fail();
};
/** The tree as text: `question>answer` for each message behind another. */
const shape = ({ messages }: ArchivedConversation): string[] =>
  messages.map(({ message, parentId }) => `${messages.find((other) => other.message.id === parentId)?.message.text ?? ''}>${message.text}`);

const node = (id: string, parent: string | null, role?: string, text = id, more: object = {}): [string, object] => [
  id,
  {
    id,
    parent,
    children: [],
    message:
      role === undefined
        ? null
        : { id, author: { role }, create_time: 1700000000.5, content: { content_type: 'text', parts: [text] }, ...more },
  },
];
const chatGpt = (nodes: [string, object][], more: object = {}): object => ({
  ...{
    title: 'Trees',
    create_time: 1700000000.1,
    update_time: 1700000100.9,
    mapping: Object.fromEntries(nodes),
    current_node: 'a2',
    default_model_slug: 'gpt-4o',
  },
  ...more,
});
const tree = [
  node('root', null),
  node('sys', 'root', 'system', 'be kind', { metadata: { is_visually_hidden_from_conversation: true } }),
  node('q', 'sys', 'user'),
  node('a1', 'q', 'assistant', 'a1', { metadata: { model_slug: 'o3' } }),
  node('a2', 'q', 'assistant'),
];
const webUi = {
  ...{ id: 'x', user_id: 'u', title: 'Row title', created_at: 1700000000, updated_at: 1700000100 },
  chat: {
    title: 'Chat title',
    models: ['llama3:8b'],
    history: {
      currentId: 'a1',
      messages: {
        q: { id: 'q', parentId: null, childrenIds: ['a1', 'a2'], role: 'user', content: 'q', timestamp: 1700000001 },
        a1: {
          id: 'a1',
          parentId: 'q',
          childrenIds: [],
          role: 'assistant',
          content: '<details type="reasoning" done="true">hm</details>\na1',
          model: 'llama3:8b',
          timestamp: 1700000002,
        },
        a2: { id: 'a2', parentId: 'q', childrenIds: [], role: 'assistant', content: [{ type: 'text', text: 'a2' }], timestamp: 1700000003 },
      },
    },
  },
};

describe('import and export of chats', () => {
  it('reads ChatGPT’s conversations.json with its branches, and passes over what a chat does not show', () => {
    const imported = read([chatGpt(tree), chatGpt([node('root', null)]), { title: 'broken', mapping: 7 }]);
    assert.deepEqual([imported.format, imported.conversations.length, imported.skipped], ['chatGpt', 1, 2]);
    const [one] = imported.conversations;
    assert.ok(one);
    assert.deepEqual(shape(one), ['>q', 'q>a1', 'q>a2']);
    assert.deepEqual(
      shownBranch(one).map(({ text }) => text),
      ['q', 'a2'],
    );
    assert.deepEqual([one.title, one.createdAt, one.updatedAt, one.model], ['Trees', 1_700_000_000_100, 1_700_000_100_900, 'gpt-4o']);
    assert.deepEqual(
      one.messages.map(({ message }) => message.model),
      [undefined, 'o3', 'gpt-4o'],
    );
    assert.ok(one.messages.every(({ message }) => /^[\w-]{22}$/.test(message.id)));
  });

  it('reads what ChatGPT says aloud and leaves thoughts, tools and pictures out', () => {
    const parts = {
      content_type: 'multimodal_text',
      parts: [{ content_type: 'image_asset_pointer' }, 'see', { content_type: 'audio_transcription', text: 'heard' }],
    };
    const one = only([
      chatGpt([
        node('q', null, 'user', '', { content: parts }),
        node('t', 'q', 'assistant', '', { content: { content_type: 'thoughts', thoughts: [] } }),
        node('call', 't', 'assistant', 'search()', { recipient: 'browser' }),
        node('result', 'call', 'tool', 'found'),
        node('a2', 'result', 'assistant', 'the answer'),
      ]),
    ]);
    assert.deepEqual(shape(one), ['>see\nheard', 'see\nheard>the answer']);
  });

  it('reads Open WebUI’s export with its branches, without the thoughts in its answers', () => {
    const one = only([webUi]);
    assert.deepEqual(shape(one), ['>q', 'q>a1', 'q>a2']);
    assert.deepEqual(
      shownBranch(one).map(({ text }) => text),
      ['q', 'a1'],
    );
    assert.deepEqual([one.title, one.createdAt, one.model], ['Row title', 1_700_000_000_000, 'llama3:8b']);
    assert.deepEqual(
      one.messages.map(({ message }) => message.createdAt),
      [1_700_000_001_000, 1_700_000_002_000, 1_700_000_003_000],
    );
    assert.equal(only(webUi).title, 'Row title');
  });

  it('reads what Open WebUI leaves out, in ms here and there, and what nobody has said', () => {
    const messages = {
      q: { id: 'q', role: 'user', content: [{ type: 'image_url' }, { text: 'q' }, { text: 7 }, null], timestamp: 1_700_000_001_000 },
      sys: { id: 'sys', role: 'system', content: 'be kind' },
      a: { id: 'a', parentId: 'q', role: 'assistant', content: null },
      b: { id: 'b', parentId: 'q', role: 'assistant', content: 'b', timestamp: null },
    };
    const imported = read([{ chat: { history: { messages } } }, { chat: { history: {} } }]);
    assert.deepEqual([imported.format, imported.conversations.length, imported.skipped], ['openWebUi', 1, 1]);
    const [one] = imported.conversations;
    assert.ok(one);
    assert.deepEqual(shape(one), ['>q', 'q>b']);
    assert.equal(one.messages.find(({ message }) => message.role === 'user')?.message.createdAt, 1_700_000_001_000);
  });

  it('reads its own JSON back whole, under new ids', () => {
    const first = only([chatGpt(tree)]);
    const file = exportJson([first]);
    const again = importChats(file, { random: new SeededRandom(2), now });
    assert.equal(again.format, 'own');
    const [second] = again.conversations;
    assert.ok(second);
    assert.deepEqual(shape(second), shape(first));
    assert.deepEqual(
      shownBranch(second).map(({ text }) => text),
      ['q', 'a2'],
    );
    const ids = new Set(first.messages.map(({ message }) => message.id));
    assert.ok(second.messages.every(({ message }) => !ids.has(message.id)));
    assert.equal(exportMarkdown(second), exportMarkdown(first));
  });

  it('writes the branch that is shown as Markdown, and says how an answer ended', () => {
    const one = only([chatGpt(tree, { title: 'A\n# title' })]);
    const stopped = {
      ...one,
      messages: one.messages.map(({ message, parentId }) => ({
        message: message.text === 'a2' ? { ...message, state: 'stopped' as const } : message,
        parentId,
      })),
    };
    assert.equal(exportMarkdown(stopped), '# A # title\n\n2023-11-14T22:13:20.100Z\n\n## You\n\nq\n\n## gpt-4o (stopped)\n\na2\n');
  });

  it('refuses what is none of the three formats', () => {
    const isRefused = (error: unknown): boolean => error instanceof TunnelError && error.code === 'importFailed';
    for (const value of ['', 'no json', '{', '7', 'null', '[]', '[1,2]', '{"format":"cloudtolocalllm.chats"}', '['.repeat(200_000)])
      assert.throws(() => read(value), isRefused, value.slice(0, 40));
    assert.throws(() => read({ format: 'cloudtolocalllm.chats', version: 2, conversations: [] }), /newer/);
    assert.throws(() => read(Array.from({ length: 50_001 }, () => ({ mapping: 1 }))), /too many/);
  });

  it('leaves out a conversation whose tree makes no sense, and takes the others', () => {
    const own = (messages: object[]): object => ({ title: 't', createdAt: 1, updatedAt: 2, headId: 'x', messages });
    const id = (n: number): string => `${'A'.repeat(21)}${String(n)}`;
    const message = (n: number, parentId: string | null): object => ({
      id: id(n),
      parentId,
      role: 'user',
      text: `m${String(n)}`,
      createdAt: 5,
    });
    const { conversations, skipped } = read({
      format: 'cloudtolocalllm.chats',
      version: 1,
      conversations: [
        own([message(1, id(2)), message(2, id(1))]),
        own([message(1, null), message(1, null)]),
        own([{ ...message(1, null), role: 'root' }]),
        own([message(2, id(1)), message(1, null), message(3, id(9))]),
      ],
    });
    assert.equal(skipped, 3);
    assert.deepEqual(conversations.map(shape), [['>m1', '>m3', 'm1>m2']]);
  });

  it('makes of any file either a refusal or conversations that fit the store', () => {
    const key = fc.constantFrom('q', 'a', '__proto__', 'constructor', 'root');
    const value = fc.oneof(fc.constant(null), fc.string(), fc.double(), fc.constant(-1e300), key);
    const gptNode = fc.record({
      parent: value,
      message: fc.oneof(
        fc.constant(null),
        fc.record({
          author: fc.record({ role: fc.constantFrom('user', 'assistant', 'tool', '') }),
          create_time: value,
          content: fc.record({ parts: fc.array(value) }),
        }),
      ),
    });
    const gpt = fc.record({ title: value, create_time: value, current_node: value, mapping: fc.dictionary(key, gptNode) });
    fc.assert(
      fc.property(fc.oneof(fc.array(gpt), fc.json()), (file) => {
        try {
          for (const { messages, headId, createdAt, title } of read(file).conversations) {
            const seen = new Set<string>();
            for (const { message, parentId } of messages) {
              assert.ok(parentId === null || seen.has(parentId));
              assert.ok(!seen.has(message.id));
              seen.add(message.id);
            }
            assert.ok(seen.has(headId) && title !== '' && title.length <= 200);
            assert.doesNotThrow(() => new Date(createdAt).toISOString());
          }
        } catch (error) {
          assert.ok(error instanceof TunnelError && error.code === 'importFailed', String(error));
        }
      }),
      { numRuns: 300 },
    );
  });
});
