import { assertNever } from '../../base/assertNever.ts';
import type { WebviewCommand } from '../../protocol/webviewMessages.ts';
import type { ChatController } from '../chatController.ts';
import { splitQuestion } from '../attachments.ts';
import { askCodeAction } from '../codeActions.ts';
import type { ChatElement } from './chatElement.ts';

/**
 * A command of the editor does what the button of its name does.
 * @param pointed what the context menu was opened on, for the commands that mean it
 */
export function carryOut(
  chat: ChatElement,
  controller: ChatController | undefined,
  command: WebviewCommand,
  pointed: Element | undefined,
): void {
  const pressIn = (part: string, button: string): void => {
    pointed?.closest(part)?.querySelector<HTMLElement>(button)?.click();
  };
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
    case 'copyMessage': {
      const message = pointed?.closest('c2l-message')?.message;
      if (message) void chat.copy(message.role === 'user' ? splitQuestion(message.text).text : message.text);
      return;
    }
    case 'copyCode':
      pressIn('.code-block', '.copy-code');
      return;
    case 'insertCode':
      pressIn('.code-block', '.code-insert');
      return;
    case 'editMessage':
      pressIn('c2l-message', '.edit-message');
      return;
    case 'regenerateMessage':
      pressIn('c2l-message', '.regenerate-message');
      return;
    default:
      assertNever(command);
  }
}
