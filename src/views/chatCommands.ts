import * as vscode from 'vscode';
import type { Attachment, WebviewCommand } from '../protocol/webviewMessages.ts';
import type { ActiveChat } from './activeChat.ts';
import type { ChatEditors } from './chatEditors.ts';
import type { CommandHandlers } from './commands.ts';
import { chosenFiles, selectedLines } from './editorContext.ts';

type ChatCommandName =
  | ('openChat' | 'openChatInEditor' | 'newChat' | 'newTemporaryChat' | 'renameChat' | 'deleteChat' | 'stopGeneration' | 'regenerate')
  | ('copyMessage' | 'copyCode' | 'insertCode' | 'editMessage')
  | ('copyLastAnswer' | 'openLastAnswerInEditor' | 'focusInput' | 'focusLastMessage' | 'addSelection' | 'addFile');

/** Commands that the chat itself carries out, and those that add to its question. */
export function chatCommands(chat: ActiveChat, editors: ChatEditors): Pick<CommandHandlers, ChatCommandName> {
  const shown = (command: WebviewCommand) => (): Promise<void> => chat.open({ type: 'command', command });
  const hidden = (command: WebviewCommand) => (): void => {
    chat.run({ type: 'command', command });
  };
  const attach = async (items: readonly Attachment[]): Promise<void> => {
    if (items.length > 0) await chat.open({ type: 'attach', items });
  };
  return {
    openChat: shown('focusInput'),
    openChatInEditor: () => {
      if (chat.view) editors.open(chat.view);
    },
    newChat: shown('newChat'),
    newTemporaryChat: shown('newTemporaryChat'),
    renameChat: shown('renameChat'),
    deleteChat: shown('deleteChat'),
    stopGeneration: hidden('stop'),
    regenerate: (...args) => shown(isAnswer(args[0]) ? 'regenerateMessage' : 'regenerate')(),
    copyMessage: shown('copyMessage'),
    copyCode: shown('copyCode'),
    insertCode: hidden('insertCode'),
    editMessage: shown('editMessage'),
    copyLastAnswer: shown('copyLastAnswer'),
    openLastAnswerInEditor: hidden('openLastAnswer'),
    focusInput: shown('focusInput'),
    focusLastMessage: shown('focusLastMessage'),
    addSelection: async () => {
      if (isTrusted()) await attach(selectedLines());
    },
    addFile: async (...args) => {
      if (isTrusted()) await attach(await chosenFiles(args));
    },
  };
}

/** A menu of a webview tells what it was opened on, as the page has marked it. */
function isAnswer(context: unknown): boolean {
  return typeof context === 'object' && context !== null && 'chatMessage' in context && context.chatMessage === 'answer';
}

/** Files of an untrusted workspace are not offered as context; the capability in package.json says so. */
function isTrusted(): boolean {
  if (vscode.workspace.isTrusted) return true;
  void vscode.window.showInformationMessage(vscode.l10n.t('Files of a workspace that is not trusted are not added to chats.'));
  return false;
}
