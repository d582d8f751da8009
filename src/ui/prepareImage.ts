import { isImageText, type ImageData64, type ImageInfo } from '../protocol/chatImages.ts';
import { MAX_IMAGE_ALT_UNITS, MAX_IMAGE_FILE_BYTES, MAX_IMAGE_SIDE_PX, MAX_IMAGE_UNITS } from '../protocol/limits.ts';
import { say } from './speech.ts';

/** Tries at an encoding, best first: format, quality and share of the size. Print in a screenshot stays sharp as PNG, where that is short. */
const tries = [
  { type: 'image/png', scale: 1 },
  { type: 'image/jpeg', quality: 0.86, scale: 1 },
  { type: 'image/jpeg', quality: 0.7, scale: 1 },
  { type: 'image/jpeg', quality: 0.6, scale: 0.6 },
  { type: 'image/jpeg', quality: 0.5, scale: 0.4 },
] as const;

/** What a person is told of an image that cannot be used. */
export class ImageTrouble extends Error {
  override readonly name = 'ImageTrouble';
}

/**
 * Draws an image file anew, smaller: what is sent is pixels, without the place, the time and the camera that the file may tell of.
 * @throws ImageTrouble
 */
export async function prepareImage(file: File, id: string): Promise<ImageData64> {
  const alt = altOf(file);
  if (file.size > MAX_IMAGE_FILE_BYTES) throw new ImageTrouble(say('{0} is too large. Images of up to 64 MB can be added.', alt));
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new ImageTrouble(say('{0} cannot be read as an image.', alt));
  }
  try {
    for (const { type, scale, ...rest } of tries) {
      if (type === 'image/png' && file.type !== type) continue;
      const image = await encode(bitmap, { id, alt, type }, scale, 'quality' in rest ? rest.quality : undefined);
      if (image) return image;
    }
  } finally {
    bitmap.close();
  }
  throw new ImageTrouble(say('{0} cannot be made small enough.', alt));
}

async function encode(
  bitmap: ImageBitmap,
  known: Pick<ImageInfo, 'id' | 'alt' | 'type'>,
  scale: number,
  quality: number | undefined,
): Promise<ImageData64 | undefined> {
  const fit = scale * Math.min(1, MAX_IMAGE_SIDE_PX / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  const width = (canvas.width = Math.max(1, Math.round(bitmap.width * fit)));
  const height = (canvas.height = Math.max(1, Math.round(bitmap.height * fit)));
  const context = canvas.getContext('2d');
  if (!context) throw new ImageTrouble(say('This browser cannot draw images.'));
  // JPEG knows no transparency: what is see-through would come out black.
  context.fillStyle = 'white';
  if (known.type === 'image/jpeg') context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, known.type, quality);
  });
  // Before the text is made: a browser that cannot write a format writes another.
  if (blob?.type !== known.type || blob.size * (4 / 3) > MAX_IMAGE_UNITS) return undefined;
  const data = await base64Of(blob);
  const info: ImageInfo = { ...known, width, height, units: data.length };
  return data.length <= MAX_IMAGE_UNITS && isImageText(info, data) ? { info, data } : undefined;
}

function base64Of(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      const url = typeof reader.result === 'string' ? reader.result : '';
      resolve(url.slice(url.indexOf(',') + 1));
    };
    reader.onerror = () => {
      reject(new ImageTrouble(say('The image cannot be read.')));
    };
    reader.readAsDataURL(blob);
  });
}

/** The name of the file; what comes from the clipboard has none of its own. */
function altOf({ name }: File): string {
  const plain = name.replace(/[\p{Cc}\p{Cf}]+/gu, '').trim();
  return plain === '' || plain === 'image.png' ? say('Pasted image') : plain.slice(0, MAX_IMAGE_ALT_UNITS);
}
