import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { fromUtf8, utf8 } from '../../src/base/bytes.ts';
import type { ChatFiles } from '../../src/protocol/chatFiles.ts';
import { exportName } from '../../src/protocol/exportName.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import * as vscode from '../fakes/vscode.ts';
import { HubWorld } from '../conversation/hubWorld.ts';
import { idOf } from '../conversation/sampleTurns.ts';
import { ownersFiles } from '../../src/conversation/chatFiles.ts';
const { chatFileCommands } = await import('../../src/views/chatFileCommands.ts');

const { fakeEditor } = vscode;
const chat = { conversationId: idOf('c'), title: 'What is it?' };

describe('chats as files in the editor', () => {
  beforeEach(() => {
    fakeEditor.reset();
  });

  function commands(chats: ChatFiles, shown: typeof chat | undefined = chat) {
    return chatFileCommands(Promise.resolve({ control: undefined as never, createChatPort: () => assert.fail(), chats }), () => shown);
  }

  async function withOneChat(): Promise<HubWorld> {
    const world = new HubWorld({ answer: () => ({ pieces: ['forty-two'] }) });
    world.ask(world.view(), 'What is it?');
    await world.clock.advance(1_000);
    return world;
  }

  it('writes the chat that is shown under a name made of its title, as Markdown or, by its ending, as JSON', async () => {
    const world = await withOneChat();
    let proposed = '';
    fakeEditor.person = {
      ...fakeEditor.person,
      save: ({ defaultUri }) => ((proposed = defaultUri?.path ?? ''), vscode.Uri.file('/home/a.md')),
    };
    await commands(ownersFiles(world.hub)).exportChat();
    assert.equal(decodeURIComponent(proposed), '/What is it.md');
    assert.match(fromUtf8(fakeEditor.files.get('file:///home/a.md') ?? utf8('')), /## You\n\nWhat is it\?\n\n## m:1\n\nforty-two/);
    assert.deepEqual(fakeEditor.messages.at(-1)?.text, 'The chat is in a.md.');
    fakeEditor.person = { ...fakeEditor.person, save: () => vscode.Uri.file('/home/b.JSON') };
    await commands(ownersFiles(world.hub), undefined).exportChat(chat);
    const json = JSON.parse(fromUtf8(fakeEditor.files.get('file:///home/b.JSON') ?? utf8('{}'))) as { format: string };
    assert.equal(json.format, 'cloudtolocalllm.chats');
    world.hub.dispose();
  });

  it('writes nothing when the dialog is left, or no chat is shown', async () => {
    const world = await withOneChat();
    await commands(ownersFiles(world.hub)).exportChat();
    await commands(ownersFiles(world.hub), undefined).exportChat();
    assert.equal(fakeEditor.files.size, 0);
    assert.deepEqual(fakeEditor.messages, []);
    world.hub.dispose();
  });

  it('takes a file in, and says how many came and what was left out', async () => {
    const world = await withOneChat();
    const file = JSON.parse(world.hub.transfer.exportChat('owner', chat.conversationId, 'json')) as { conversations: unknown[] };
    const [one] = file.conversations;
    fakeEditor.files.set('file:///in.json', utf8(JSON.stringify({ ...file, conversations: [one, one, { title: 'nonsense' }] })));
    fakeEditor.person = { ...fakeEditor.person, open: () => [vscode.Uri.file('/in.json')] };
    const imported = commands(ownersFiles(world.hub)).importChats() as Promise<void>;
    await world.clock.advance(100);
    await imported;
    assert.deepEqual(fakeEditor.progress, ['Importing chats']);
    assert.equal(fakeEditor.messages.at(-1)?.text, '2 chats were imported. 1 could not be read and were left out.');
    assert.equal(world.store.listConversations('owner').length, 3);
    world.hub.dispose();
  });

  it('stops where it is when the person gives up, and says how many were not come to', async () => {
    const world = await withOneChat();
    const file = JSON.parse(world.hub.transfer.exportChat('owner', chat.conversationId, 'json')) as { conversations: unknown[] };
    const conversations = Array.from({ length: 50 }, () => file.conversations[0]);
    fakeEditor.files.set('file:///in.json', utf8(JSON.stringify({ ...file, conversations })));
    fakeEditor.person = { ...fakeEditor.person, open: () => [vscode.Uri.file('/in.json')] };
    const files = ownersFiles(world.hub);
    const cancelling: ChatFiles = {
      ...files,
      importChats: (json, options = {}) =>
        files.importChats(json, {
          ...options,
          onProgress: (done, total) => {
            options.onProgress?.(done, total);
            if (done === 20) fakeEditor.cancelProgress();
          },
        }),
    };
    const imported = commands(cancelling).importChats() as Promise<void>;
    await world.clock.advance(1_000);
    await imported;
    assert.equal(fakeEditor.messages.at(-1)?.text, '20 chats were imported. You stopped before 30 more.');
    assert.equal(world.store.listConversations('owner').length, 21);
    world.hub.dispose();
  });

  it('says in words what is no export, no text or too large, and changes nothing', async () => {
    const world = await withOneChat();
    const take = async (bytes: Uint8Array): Promise<void> => {
      fakeEditor.files.set('file:///in.json', bytes);
      fakeEditor.person = { ...fakeEditor.person, open: () => [vscode.Uri.file('/in.json')] };
      await commands(ownersFiles(world.hub)).importChats();
    };
    const failed = (error: unknown): boolean => error instanceof TunnelError && error.code === 'importFailed';
    await assert.rejects(take(utf8('{"some":"thing"}')), failed);
    await assert.rejects(take(new Uint8Array([0xff, 0xfe, 0x00])), failed);
    await assert.rejects(take({ length: 2 ** 29 } as Uint8Array), failed);
    assert.equal(world.store.listConversations('owner').length, 1);
    world.hub.dispose();
  });

  it('makes a name of any title that every file system takes', () => {
    assert.equal(exportName('a/b\\c: "d"? <e>|*\u202e\n', 'json'), 'a b c d e.json');
    assert.equal(exportName('...', 'markdown'), 'chat.md');
    assert.equal(exportName('x'.repeat(200), 'markdown').length, 83);
  });
});
