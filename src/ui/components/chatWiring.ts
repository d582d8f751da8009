import type { ChatController } from '../chatController.ts';
import { draftOf } from '../chatModel.ts';
import type { PromptAction } from '../prompts.ts';
import type { FocusTarget } from './focusMover.ts';
import { hear } from './fire.ts';
import { loadSheets, withSheet } from './openSheet.ts';

/** What the wiring needs of the chat it is in. */
export interface ChatSurface extends Element {
  readonly controller: ChatController | undefined;
  /** Draws what has been asked for at once, so that a key pressed in between finds it as it is. */
  redraw(): void;
  closeSheet(): void;
  focusInput(): void;
  newChat(): void;
  /** Has something focused as soon as it is there. */
  focusNext(target: FocusTarget): void;
}

/** Carries what the parts of a chat ask for to its controller. */
export function wireChat(chat: ChatSurface): void {
  const on: typeof hear = (at, type, listener) => {
    hear(at, type, (detail) => {
      listener(detail);
      chat.redraw();
    });
  };
  on(chat, 'c2l-regenerate', (answerId) => {
    chat.controller?.regenerate(answerId);
    chat.focusNext('last');
  });
  on(chat, 'c2l-continue', (answerId) => {
    chat.controller?.act((id) => ({ type: 'continue', requestId: id(), answerId }));
    chat.focusNext('last');
  });
  wireSettings(chat, on);
  on(chat, 'c2l-edit', (questionId) => chat.controller?.edit(questionId));
  on(chat, 'c2l-edit-draft', ({ questionId, text }) => chat.controller?.setEditDraft(questionId, text));
  on(chat, 'c2l-edit-send', (questionId) => {
    chat.controller?.sendEdit(questionId);
    chat.focusNext('last');
  });
  on(chat, 'c2l-choose', ({ messageId, control }) => {
    chat.controller?.choose(messageId);
    chat.focusNext({ messageId, control });
  });
  on(chat, 'c2l-queued', ({ requestId, what }) => {
    if (what === 'send') chat.controller?.sendNow(requestId);
    else chat.controller?.dismiss(requestId, what === 'edit');
    chat.focusInput();
  });
  on(chat, 'c2l-detach', (index) => chat.controller?.detach(index));
  on(chat, 'c2l-take-files', (files) => {
    const { controller } = chat;
    if (controller) void loadSheets().then((sheets) => sheets?.takeFiles(controller, files));
  });
  on(chat, 'c2l-drop-image', (imageId) => chat.controller?.images.remove(imageId));
  on(chat, 'c2l-file-note-read', () => chat.controller?.images.note());
  on(chat, 'c2l-files', (files) => {
    // An editor has dialogs of its own for it.
    if (chat.controller?.capabilities.editorActions === false) void withSheet(chat, 'c2l-chat-files', (sheet) => sheet.open(files));
  });
  on(chat, 'c2l-rename', ({ id, title }) => chat.controller?.rename(id, title));
  on(chat, 'c2l-delete', (id) => chat.controller?.delete(id));
  on(chat, 'c2l-restore', ({ id, open }) => {
    chat.controller?.restore(id);
    if (open) chat.controller?.open(id);
  });
  on(chat, 'c2l-forget-undo', () => chat.controller?.forgetUndo());
  on(chat, 'c2l-bin', (isOpen) => chat.controller?.showBin(isOpen));
  on(chat, 'c2l-search', (query) => chat.controller?.search(query));
  on(chat, 'c2l-go', ({ conversationId, messageId }) => {
    chat.closeSheet();
    chat.controller?.goTo(conversationId, messageId);
  });
}

/** How a chat is asked, and the prompts that are kept for it. */
function wireSettings(chat: ChatSurface, on: typeof hear): void {
  const prompts = (make: (newId: () => string) => PromptAction): void => {
    chat.controller?.act((id) => ({ type: 'prompts', action: make(id) }));
  };
  on(chat, 'c2l-open-settings', (field) => void withSheet(chat, 'c2l-chat-settings', (sheet) => sheet.open(field)));
  on(chat, 'c2l-configure', (settings) => {
    chat.controller?.act((id) => ({ type: 'configure', requestId: id(), settings }));
  });
  on(chat, 'c2l-new-chat', () => {
    chat.newChat();
  });
  on(chat, 'c2l-open-prompts', () => {
    prompts(() => ({ type: 'list' }));
    void withSheet(chat, 'c2l-prompts', (sheet) => sheet.open());
  });
  on(chat, 'c2l-save-prompt', ({ id: promptId, name, text }) => {
    prompts((id) => ({ type: 'save', requestId: id(), prompt: { id: promptId ?? id(), name, text } }));
  });
  on(chat, 'c2l-delete-prompt', (promptId) => {
    prompts((id) => ({ type: 'delete', requestId: id(), promptId }));
  });
  on(chat, 'c2l-restore-prompt', () => {
    prompts((id) => ({ type: 'restore', requestId: id() }));
  });
  on(chat, 'c2l-forget-prompt', () => {
    prompts(() => ({ type: 'forgetUndo' }));
  });
  on(chat, 'c2l-use-prompt', (text) => {
    const { controller } = chat;
    if (!controller) return;
    const draft = draftOf(controller.model);
    controller.setDraft(draft.trim() === '' || draft.startsWith('/') ? text : `${draft.trimEnd()}\n\n${text}`);
    chat.focusInput();
  });
}
