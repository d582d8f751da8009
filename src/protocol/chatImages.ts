import * as v from 'valibot';
import { DecodeError, fromBase64url } from '../base/bytes.ts';
import { MAX_IMAGE_ALT_UNITS, MAX_IMAGE_PART_UNITS, MAX_IMAGE_SIDE_PX, MAX_IMAGE_UNITS } from './limits.ts';

/**
 * Images of questions. An image is base64 text (RFC 4648, section 4) from the view that made it to Ollama, which takes nothing else; it
 * travels in parts of that text, for a chat message is short.
 */
const imageId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/));
const units = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_IMAGE_UNITS));
const side = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAX_IMAGE_SIDE_PX));

export const imageTypes = ['image/jpeg', 'image/png', 'image/webp'] as const;
export const imageInfo = v.object({
  id: imageId,
  type: v.picklist(imageTypes),
  /** As its maker says: what is shown until it has come. */
  width: side,
  height: side,
  /** Length of the base64 text. */
  units: v.pipe(units, v.minValue(16)),
  /** What it is called, for who cannot see it. */
  alt: v.pipe(v.string(), v.maxLength(MAX_IMAGE_ALT_UNITS)),
});
/** What is known of an image without having it. */
export type ImageInfo = v.InferOutput<typeof imageInfo>;

/** An image and what is known of it. */
export interface ImageData64 {
  readonly info: ImageInfo;
  /** Base64. */
  readonly data: string;
}

const part = v.pipe(v.string(), v.maxLength(MAX_IMAGE_PART_UNITS), v.regex(/^[A-Za-z0-9+/]*={0,2}$/));

export const imageRequests = [
  /**
   * A part of an image that is to go with a question. Each is answered with how much is held; the next one begins there. What no question
   * takes is forgotten when others need the room, and with the device.
   */
  v.object({ type: v.literal('putImage'), image: imageInfo, offset: units, data: part }),
  /** A part of an image of a conversation, from `offset` on. */
  v.object({ type: v.literal('getImage'), conversationId: imageId, imageId, offset: units }),
] as const;

export const imageReplies = [
  /** `isRefused`: what came is no image, or there is no room for it. */
  v.object({ type: v.literal('imageHeld'), imageId, held: units, isRefused: v.optional(v.literal(true)) }),
  /** `total` 0: there is no such image. */
  v.object({ type: v.literal('imagePart'), imageId, offset: units, total: units, data: part }),
] as const;

/** Is this the base64 text of an image of its type, as far as its beginning tells? Ollama decodes it in any case. */
export function isImageText({ type, units: length }: ImageInfo, data: string): boolean {
  if (data.length !== length || data.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return false;
  const begin = beginningOf(data);
  if (type === 'image/png') return begin.startsWith('\x89PNG\r\n\x1a\n');
  return type === 'image/jpeg' ? begin.startsWith('\xff\xd8\xff') : begin.startsWith('RIFF') && begin.startsWith('WEBP', 8);
}

function beginningOf(data: string): string {
  try {
    return String.fromCharCode(...fromBase64url(data.slice(0, 16).replaceAll('+', '-').replaceAll('/', '_')));
  } catch (error) {
    if (error instanceof DecodeError) return '';
    throw error;
  }
}
