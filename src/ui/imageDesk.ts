import type { ChatReply, ImageRequest } from '../protocol/chat.ts';
import type { ImageData64 } from '../protocol/chatImages.ts';
import { MAX_IMAGE_PART_UNITS } from '../protocol/limits.ts';

/** Base64 text that a view holds of images, so that scrolling back asks for nothing. */
const MAX_CACHED_UNITS = 32 * 1024 * 1024;
/** Images that are fetched at once; the others wait. */
const MAX_FETCHES = 2;

interface Fetch {
  readonly conversationId: string;
  readonly imageId: string;
  readonly parts: string[];
  units: number;
  /** An answer is under way. */
  isAsked: boolean;
}

export interface ImageDeskOptions {
  readonly send: (request: ImageRequest) => void;
  /** An image that was put is whole at the hub, or was refused there. */
  readonly onPut: (imageId: string, isRefused: boolean) => void;
  /** An image that was asked for has come, or is not there. */
  readonly onData: () => void;
}

/** Carries images to the hub and from it, part by part, one part of each under way. */
export class ImageDesk {
  readonly #options: ImageDeskOptions;
  readonly #puts = new Map<string, ImageData64>();
  readonly #fetches = new Map<string, Fetch>();
  readonly #missing = new Set<string>();
  /** Longest unused first. */
  readonly #cache = new Map<string, string>();
  #cachedUnits = 0;

  constructor(options: ImageDeskOptions) {
    this.#options = options;
  }

  put(image: ImageData64): void {
    this.#keep(image.info.id, image.data);
    this.#puts.set(image.info.id, image);
    this.#putFrom(image, 0);
  }

  /** It goes with no question any more. */
  drop(imageId: string): void {
    this.#puts.delete(imageId);
  }

  /** The text of an image, the word `missing` when the hub has none, or undefined while it is fetched. */
  data(conversationId: string, imageId: string): string | undefined {
    const found = this.#cache.get(imageId);
    if (found !== undefined) {
      this.#cache.delete(imageId);
      this.#cache.set(imageId, found);
      return found;
    }
    if (this.#missing.has(imageId)) return 'missing';
    if (!this.#fetches.has(imageId)) this.#fetches.set(imageId, { conversationId, imageId, parts: [], units: 0, isAsked: false });
    this.#fetchNext();
    return undefined;
  }

  /** On a fresh line: what was under way is begun again; the hub says where to go on. */
  again(): void {
    for (const image of this.#puts.values()) this.#putFrom(image, 0);
    for (const fetch of this.#fetches.values()) fetch.isAsked = false;
    this.#fetchNext();
  }

  hear(reply: Extract<ChatReply, { type: 'imageHeld' | 'imagePart' }>): void {
    if (reply.type === 'imageHeld') this.#held(reply);
    else this.#part(reply);
  }

  #held({ imageId, held, isRefused }: Extract<ChatReply, { type: 'imageHeld' }>): void {
    const image = this.#puts.get(imageId);
    if (!image) return;
    if (isRefused !== true && held < image.data.length) {
      this.#putFrom(image, held);
      return;
    }
    this.#puts.delete(imageId);
    this.#options.onPut(imageId, isRefused === true);
  }

  #putFrom({ info, data }: ImageData64, offset: number): void {
    this.#options.send({ type: 'putImage', image: info, offset, data: data.slice(offset, offset + MAX_IMAGE_PART_UNITS) });
  }

  #part({ imageId, offset, total, data }: Extract<ChatReply, { type: 'imagePart' }>): void {
    const fetch = this.#fetches.get(imageId);
    if (!fetch || offset !== fetch.units) return;
    fetch.isAsked = false;
    fetch.parts.push(data);
    fetch.units += data.length;
    if (fetch.units >= total || data === '') {
      this.#fetches.delete(imageId);
      if (total > 0 && fetch.units === total) this.#keep(imageId, fetch.parts.join(''));
      else this.#missing.add(imageId);
      this.#options.onData();
    }
    this.#fetchNext();
  }

  #fetchNext(): void {
    const first = [...this.#fetches.values()].slice(0, MAX_FETCHES);
    for (const fetch of first) {
      if (fetch.isAsked) continue;
      fetch.isAsked = true;
      const { conversationId, imageId, units } = fetch;
      this.#options.send({ type: 'getImage', conversationId, imageId, offset: units });
    }
  }

  #keep(imageId: string, data: string): void {
    this.#missing.delete(imageId);
    if (!this.#cache.has(imageId)) this.#cachedUnits += data.length;
    this.#cache.set(imageId, data);
    for (const [id, text] of this.#cache) {
      if (this.#cachedUnits <= MAX_CACHED_UNITS || this.#puts.has(id)) return;
      this.#cache.delete(id);
      this.#cachedUnits -= text.length;
    }
  }
}
