import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { utf8 } from '../../src/base/bytes.ts';
import type { ActiveChat } from '../../src/views/activeChat.ts';
import type { ChatEditors } from '../../src/views/chatEditors.ts';
import { FakeDocument, fakeEditor, Range, Uri, workspace } from '../fakes/vscode.ts';
const { chatCommands } = await import('../../src/views/chatCommands.ts');

describe('the commands of the chat', () => {
  const orders: string[] = [];
  const note =
    (how: string) =>
    (order: { readonly type: string; readonly command?: string; readonly items?: readonly unknown[] }): Promise<void> => {
      orders.push(`${how} ${order.command ?? `${order.type} ${String(order.items?.length)}`}`);
      return Promise.resolve();
    };
  const opened: unknown[] = [];
  const chat = { open: note('shown'), run: note('hidden'), view: undefined as { readonly title: string } | undefined };
  const commands = chatCommands(chat as unknown as ActiveChat, { open: (view: unknown) => opened.push(view) } as unknown as ChatEditors);
  beforeEach(() => {
    fakeEditor.reset();
    orders.length = 0;
    workspace.isTrusted = true;
  });

  it('mean the answer that the context menu was opened on, and else the last', async () => {
    for (const context of [{ chatMessage: 'answer' }, { chatMessage: 'question' }, {}, null, 'answer', undefined])
      await commands.regenerate(context);
    const last = 'shown regenerate';
    assert.deepEqual(orders, ['shown regenerateMessage', last, last, last, last, last]);
  });

  it('show the chat where the person goes on there, and leave it alone where not', async () => {
    await commands.openChat();
    await commands.stopGeneration();
    await commands.copyMessage();
    await commands.insertCode();
    assert.deepEqual(orders, ['shown focusInput', 'hidden stop', 'shown copyMessage', 'hidden insertCode']);
    await commands.openChatInEditor();
    assert.deepEqual(opened, []);
    chat.view = { title: 'One' };
    await commands.openChatInEditor();
    assert.deepEqual(opened, [chat.view]);
  });

  it('add lines and files of a trusted workspace, nothing where there is nothing, and say why not of another', async () => {
    const document = new FakeDocument(Uri.file('/workspace/a.ts'), 'typescript', 'one');
    fakeEditor.activeEditor = { document, selections: [new Range(0, 0, 0, 3)] };
    fakeEditor.files.set(document.uri.toString(), utf8('one'));
    await commands.addSelection();
    await commands.addFile(document.uri);
    assert.deepEqual(orders, ['shown attach 1', 'shown attach 1']);
    fakeEditor.activeEditor = undefined;
    await commands.addSelection();
    workspace.isTrusted = false;
    await commands.addSelection();
    await commands.addFile(document.uri);
    assert.equal(orders.length, 2);
    assert.deepEqual(
      fakeEditor.messages.map(({ text }) => text),
      Array.from({ length: 2 }, () => 'Files of a workspace that is not trusted are not added to chats.'),
    );
  });
});
