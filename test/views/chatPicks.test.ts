import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { nullLogger } from '../../src/base/log.ts';
import type { ConversationSummary } from '../../src/protocol/chat.ts';
import { agentOfPorts } from '../fakes/agentOfPorts.ts';
import type { FakeChatPort } from '../fakes/fakeChatPort.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { commands, fakeEditor, type FakeQuickPick } from '../fakes/vscode.ts';
const { ChatPicks } = await import('../../src/views/chatPicks.ts');

const HOUR = 3_600_000;
const cats = 'c'.repeat(22);
const dogs = 'd'.repeat(22);

describe('the lists of chats in the editor', () => {
  let clock: FakeClock;
  let ports: FakeChatPort[];
  let opened: string[];
  let picks: InstanceType<typeof ChatPicks>;

  beforeEach(() => {
    fakeEditor.reset();
    clock = new FakeClock();
    ports = [];
    opened = [];
    picks = new ChatPicks({
      agent: agentOfPorts(ports),
      clock,
      random: new SeededRandom(1),
      log: nullLogger,
      open: (id) => {
        opened.push(id);
        return Promise.resolve();
      },
    });
  });
  afterEach(() => {
    picks.dispose();
    assert.ok(ports.every(({ isDisposed }) => isDisposed));
    assert.ok(fakeEditor.lists.every(({ disposed }) => disposed));
    assert.equal(clock.pendingTimers, 0);
  });

  const chat = (id: string, title: string, hoursAgo: number): ConversationSummary => {
    const at = clock.now() - hoursAgo * HOUR;
    return { id, title, createdAt: at, updatedAt: at, running: false, model: 'qwen3:8b' };
  };
  const list = (): FakeQuickPick => fakeEditor.lists.at(-1) ?? assert.fail('no list');
  const labels = (): string[] => list().items.map(({ label }) => label);
  const port = (): FakeChatPort => ports.at(-1) ?? assert.fail('no line');
  const lastSent = (from = port()) => from.sent.at(-1);
  async function history(): Promise<FakeChatPort> {
    await picks.showHistory();
    const line = port();
    line.replies.fire({ type: 'conversations', items: [chat(cats, 'Cats $(trash)', 0), chat(dogs, '', 24 * 60)], more: true });
    return line;
  }
  /** The hub does what the last request wants. */
  async function accept(): Promise<void> {
    await clock.settle();
    const request = lastSent();
    assert.ok(request && 'requestId' in request);
    port().replies.fire({ type: 'accepted', requestId: request.requestId });
    await clock.settle();
  }

  it('show the chats by date, no icon of a title’s own, and older ones when asked', async () => {
    const line = await history();
    assert.deepEqual(labels(), ['Today', 'Cats $\u200b(trash)', 'Older', 'Untitled', '$(history) Older chats']);
    assert.equal(list().busy, false);
    list().choose('Older chats');
    assert.deepEqual(lastSent(line), { type: 'listConversations', before: dogs });
    line.replies.fire({ type: 'conversations', items: [chat('e'.repeat(22), 'Eels', 24 * 90)], before: dogs, more: false });
    assert.deepEqual(labels().slice(-2), ['Untitled', 'Eels']);
    assert.deepEqual(opened, []);
  });

  it('open the chat that is chosen, and end with that', async () => {
    await history();
    list().choose('Cats');
    assert.deepEqual([opened, list().disposed], [[cats], true]);
  });

  it('rename a chat with a title that can be one, and are there again', async () => {
    await history();
    fakeEditor.person.input = () => '  Felines ';
    list().press('Cats', 'Rename');
    await accept();
    const rename = ports.flatMap(({ sent }) => sent).find(({ type }) => type === 'rename');
    assert.deepEqual({ ...rename, requestId: '' }, { type: 'rename', conversationId: cats, title: 'Felines', requestId: '' });
    assert.equal(fakeEditor.lists.length, 2);
    const validate = fakeEditor.inputs[0]?.validateInput;
    assert.deepEqual(
      [validate?.(' '), validate?.('x'.repeat(10_000)), validate?.('x')],
      ['Enter a title.', 'This title is too long.', undefined],
    );
  });

  it('delete a chat, which can be undone when the list is gone', async () => {
    await history();
    let undo: (choice: string) => void = () => undefined;
    fakeEditor.person.message = () =>
      new Promise((resolve) => {
        undo = resolve;
      });
    list().press('Cats', 'Delete');
    list().hide();
    await accept();
    assert.match(fakeEditor.messages[0]?.text ?? '', /Cats .* is deleted. It is kept for 30 days/);
    undo('Undo');
    await accept();
    const { type, conversationId } = lastSent() as { type: string; conversationId: string };
    assert.deepEqual([type, conversationId], ['restoreConversation', cats]);
  });

  it('say why a change was refused', async () => {
    await history();
    list().press('Cats', 'Delete');
    await clock.settle();
    const { requestId } = lastSent() as { requestId: string };
    port().replies.fire({ type: 'refused', requestId, error: 'storeFailed' });
    await clock.settle();
    assert.deepEqual(
      fakeEditor.messages.map(({ kind }) => kind),
      ['error'],
    );
  });

  it('export a chat through the command', async () => {
    const exported: unknown[] = [];
    commands.registerCommand('cloudtolocalllm.exportChat', (chosen) => exported.push(chosen));
    await history();
    list().press('Cats', 'Export');
    await clock.settle();
    assert.deepEqual(exported, [{ conversationId: cats, title: 'Cats $(trash)' }]);
  });

  it('search the text once nothing more is typed, and show what was found, and no late find', async () => {
    await picks.searchChats();
    const line = port();
    const hit = {
      conversationId: dogs,
      title: 'Dogs',
      messageId: 'm'.repeat(22),
      role: 'assistant',
      createdAt: 0,
      excerpt: 'a dog\nbarks',
      marks: [[2, 5]],
    } as const;
    list().type('do');
    await clock.advance(100);
    list().type('dog ');
    await clock.advance(150);
    assert.deepEqual(line.sent.slice(1), [{ type: 'search', query: 'dog' }]);
    line.replies.fire({ type: 'found', query: 'do', items: [] });
    assert.equal(list().busy, true);
    line.replies.fire({ type: 'found', query: 'dog', items: [{ ...hit, marks: [[2, 5]] }] });
    assert.deepEqual(
      list().items.map(({ label, detail }) => [label, detail]),
      [['Dogs', 'a dog barks']],
    );
    list().type('');
    await clock.advance(150);
    assert.deepEqual([list().items, line.sent.length], [[], 2]);
    list().type('x');
    list().hide();
  });
});
