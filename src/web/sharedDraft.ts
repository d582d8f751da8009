import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { ChatController } from '../ui/chatController.ts';
import { draftOf } from '../ui/chatModel.ts';
import { loadSheets } from '../ui/components/openSheet.ts';
import { say } from '../ui/speech.ts';
import type { Share } from './worker/share.ts';

/**
 * Puts what was shared into the draft of a new chat. Nothing is sent. The image is added when the device has said that it takes images, and
 * only to that chat; disposing gives it up before.
 */
export function putIntoDraft(controller: ChatController, { text, image, note }: Share): Disposable {
  const store = new DisposableStore();
  controller.newChat();
  const chat = controller.model.conversation.id;
  const before = draftOf(controller.model);
  if (text !== '') controller.setDraft(before.trim() === '' ? text : `${before}\n\n${text}`);
  if (note !== undefined)
    controller.images.note(
      note
        .split('\n')
        .map((one) => say(one))
        .join(' '),
    );
  if (!image) return store;
  const add = (): void => {
    const { hub, conversation } = controller.model;
    if (hub === undefined || conversation.id !== chat || store.isDisposed) return;
    store.dispose();
    void loadSheets().then((sheets) => sheets?.takeFiles(controller, [image]));
  };
  store.add(controller.onDidChange(add));
  add();
  return store;
}
