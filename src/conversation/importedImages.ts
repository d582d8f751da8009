import type { Random } from '../base/random.ts';
import { isImageText, type ImageInfo } from '../protocol/chatImages.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';
import { newId } from './ids.ts';

/** The images of one conversation of a file, under new ids; what is none is left out. */
export class ImportedImages {
  readonly #texts: Readonly<Record<string, string>>;
  readonly #random: Random;
  /** New by old id. */
  readonly #ids = new Map<string, string>();
  readonly #images = new Map<string, string>();

  constructor(texts: Readonly<Record<string, string>>, random: Random) {
    this.#texts = texts;
    this.#random = random;
  }

  get found(): { readonly images?: ReadonlyMap<string, string> } {
    return this.#images.size === 0 ? {} : { images: this.#images };
  }

  /** The message with those of its images that the file holds. */
  adopt(message: ChatMessage, infos: readonly ImageInfo[] = []): ChatMessage {
    const images = infos.flatMap((info) => {
      const data = Object.hasOwn(this.#texts, info.id) ? (this.#texts[info.id] ?? '') : '';
      if (!isImageText(info, data)) return [];
      const id = this.#ids.get(info.id) ?? newId(this.#random);
      this.#ids.set(info.id, id);
      this.#images.set(id, data);
      return [{ ...info, id }];
    });
    return images.length === 0 ? message : { ...message, images };
  }
}
