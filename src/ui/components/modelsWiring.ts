import type { ChatController } from '../chatController.ts';
import { hear } from './fire.ts';
import { withSheet } from './openSheet.ts';

/** What the wiring needs of the chat it is in. */
interface ModelsSurface extends Element {
  readonly controller: ChatController | undefined;
  redraw(): void;
}

/** Carries what is asked about models to the controller, the sheet and the picker. */
export function wireModels(chat: ModelsSurface): void {
  hear(chat, 'c2l-models', (ask) => {
    chat.controller?.askModels(ask);
    chat.redraw();
  });
  hear(chat, 'c2l-use-model', (name) => {
    chat.controller?.chooseModel(name);
    chat.redraw();
  });
  hear(chat, 'c2l-show-models', (what) => {
    void withSheet(chat, 'c2l-models', (sheet) => sheet.open(what));
  });
  hear(chat, 'c2l-choose-model', () => {
    chat.querySelector('c2l-model-picker')?.open();
  });
}
