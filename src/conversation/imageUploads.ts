import type { ChatReply } from '../protocol/chat.ts';
import { isImageText, type ImageData64, type ImageInfo } from '../protocol/chatImages.ts';
import { MAX_IMAGE_PART_UNITS, MAX_UPLOADED_UNITS } from '../protocol/limits.ts';
import { isGuest, type OwnerId } from './ports.ts';

/** Whose room an upload takes: the machine's owner has a room of their own, so that no guest can fill it. */
type Pool = 'owner' | 'guests';

interface Upload {
  readonly pool: Pool;
  readonly info: ImageInfo;
  readonly parts: string[];
  held: number;
}

/** How much of an image is here; `isRefused`: it is none. */
export interface Held {
  readonly held: number;
  readonly isRefused?: true;
}

/** Images that have come and go with no question yet. In memory: what is never asked is never written down. */
export class ImageUploads {
  /** Oldest first. */
  readonly #uploads = new Map<string, Upload>();
  readonly #units: Record<Pool, number> = { owner: 0, guests: 0 };

  /** Takes a part where the last one ended; any other changes nothing, and the answer says where to go on. */
  put(owner: OwnerId, info: ImageInfo, offset: number, data: string): Held {
    const key = keyOf(owner, info.id);
    const upload = this.#uploads.get(key) ?? this.#begin(key, isGuest(owner) ? 'guests' : 'owner', info);
    if (offset !== upload.held || upload.held === info.units) return { held: upload.held };
    if (upload.held + data.length > info.units || upload.info.units !== info.units) return this.#refuse(key);
    upload.parts.push(data);
    upload.held += data.length;
    if (upload.held === info.units && !isImageText(upload.info, upload.parts.join(''))) return this.#refuse(key);
    return { held: upload.held };
  }

  /** A whole image. */
  find(owner: OwnerId, id: string): ImageData64 | undefined {
    const upload = this.#uploads.get(keyOf(owner, id));
    return upload?.held === upload?.info.units && upload ? { info: upload.info, data: upload.parts.join('') } : undefined;
  }

  /** It has gone with a question. */
  drop(owner: OwnerId, id: string): void {
    this.#drop(keyOf(owner, id));
  }

  #begin(key: string, pool: Pool, info: ImageInfo): Upload {
    for (const [oldest, other] of this.#uploads) {
      if (this.#units[pool] + info.units <= MAX_UPLOADED_UNITS) break;
      if (other.pool === pool) this.#drop(oldest);
    }
    const upload = { pool, info, parts: [], held: 0 };
    this.#uploads.set(key, upload);
    // The whole of it is counted at once, or many that are begun would be held together.
    this.#units[pool] += info.units;
    return upload;
  }

  #refuse(key: string): Held {
    this.#drop(key);
    return { held: 0, isRefused: true };
  }

  #drop(key: string): void {
    const upload = this.#uploads.get(key);
    if (!upload) return;
    this.#units[upload.pool] -= upload.info.units;
    this.#uploads.delete(key);
  }
}

/** A part of the text of an image, from `offset` on; of one that is not there, which is empty, nothing. */
export function imagePart(imageId: string, data: string, offset: number): ChatReply {
  return { type: 'imagePart', imageId, offset, total: data.length, data: data.slice(offset, offset + MAX_IMAGE_PART_UNITS) };
}

function keyOf(owner: OwnerId, id: string): string {
  return `${id} ${owner}`;
}
