import { Emitter, type Event } from '../base/emitter.ts';
import type { Disposable } from '../base/disposable.ts';
import type { ChatReply, ImageRequest } from '../protocol/chat.ts';
import type { ImageData64 } from '../protocol/chatImages.ts';
import type { ChatModel } from './chatModel.ts';
import type { ImageAction } from './composerImages.ts';
import { ImageDesk } from './imageDesk.ts';

export interface ChatImagesOptions {
  readonly model: () => ChatModel;
  readonly send: (request: ImageRequest) => void;
  readonly dispatch: (action: ImageAction) => void;
  readonly newId: () => string;
}

/** The images of one view: those of the question that is being written, and those that the conversation holds. */
export class ChatImages implements Disposable {
  readonly newId: () => string;
  readonly #options: ChatImagesOptions;
  readonly #desk: ImageDesk;
  readonly #changed = new Emitter<undefined>();

  constructor(options: ChatImagesOptions) {
    this.#options = options;
    this.newId = options.newId;
    this.#desk = new ImageDesk({
      send: options.send,
      onPut: (imageId, isRefused) => {
        options.dispatch({ type: 'imagePut', imageId, isRefused });
      },
      onData: () => {
        this.#changed.fire(undefined);
      },
    });
  }

  /** An image that was asked for is here. */
  get onDidChange(): Event<undefined> {
    return this.#changed.event;
  }

  /** Goes with the next question; it is on its way at once. */
  add(image: ImageData64): void {
    this.#options.dispatch({ type: 'addImage', info: image.info });
    this.#desk.put(image);
  }

  remove(imageId: string): void {
    this.#desk.drop(imageId);
    this.#options.dispatch({ type: 'dropImage', imageId });
  }

  /** Base64 text of an image of the conversation shown; see {@link ImageDesk}. */
  data(imageId: string): string | undefined {
    return this.#desk.data(this.#options.model().conversation.id, imageId);
  }

  /** Says why a file could not be taken; without words, what was said has been read. */
  note(text?: string): void {
    this.#options.dispatch({ type: 'fileNote', text });
  }

  hear(reply: ChatReply): void {
    if (reply.type === 'imageHeld' || reply.type === 'imagePart') this.#desk.hear(reply);
    else if (reply.type === 'welcome') this.#desk.again();
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
