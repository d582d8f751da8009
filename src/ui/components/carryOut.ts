import { assertNever } from '../../base/assertNever.ts';
import type { WebviewCommand } from '../../protocol/webviewMessages.ts';
import type { ChatController } from '../chatController.ts';
import { askCodeAction } from '../codeActions.ts';
import type { ChatElement } from './chatElement.ts';

/** A command of the editor does what the button of its name does. */
export function carryOut(chat: ChatElement, controller: ChatController | undefined, command: WebviewCommand): void {
  const { id, messages } = controller?.model.conversation ?? { id: '', messages: [] };
  const answer = messages.findLast(({ role }) => role === 'assistant');
  switch (command) {
    case 'focusInput':
      chat.focusInput();
      return;
    case 'focusLastMessage':
      chat.focusLastMessage();
      return;
    case 'newChat':
      chat.newChat();
      return;
    case 'newTemporaryChat':
      chat.newTemporaryChat();
      return;
    case 'showChats':
      chat.showChats();
      return;
    case 'searchChats':
      void chat.openChats().then((list) => list?.focusSearch());
      return;
    case 'renameChat':
      void chat.openChats().then((list) => list?.rename(id));
      return;
    case 'deleteChat':
      if (messages.length > 0) controller?.delete(id);
      return;
    case 'stop':
      controller?.stop();
      return;
    case 'regenerate':
      if (answer) controller?.regenerate(answer.id);
      return;
    case 'copyLastAnswer':
      if (answer) void chat.copy(answer.text);
      return;
    case 'openLastAnswer':
      if (answer) askCodeAction(chat, { action: 'newFile', language: 'markdown', text: answer.text });
      return;
    default:
      assertNever(command);
  }
}
