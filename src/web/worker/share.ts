import { MAX_IMAGE_FILE_BYTES, MAX_PROMPT_BYTES } from '../../protocol/limits.ts';
import { noted } from '../../base/say.ts';

/** What was shared with the page, until it stands in a draft. */
export interface Share {
  readonly text: string;
  readonly image: File | undefined;
  /** What of it was left out, in words. */
  readonly note: string | undefined;
}

const CACHE = 'c2l-share';
const ABOUT = '/share/about';
const IMAGE = '/share/image';
/** What nobody has come for is forgotten after this time, ms: it was shared with a page that was not paired, or was closed. */
const KEPT_MS = 60 * 60_000;
const imageTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);
const BYTES_PER_UNIT = 3;

type Caches = Pick<CacheStorage, 'open' | 'delete'>;

/** Reads what the system posts (W3C Web Share Target). Text and one image; what is too much or something else is left out, and said. */
export function readShare(form: FormData): Share {
  const field = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const text = field('text');
  // Browsers on phones put a link into the text, or repeat the title there.
  const parts = [field('title'), text, field('url')].filter((part, i) => part !== '' && (i === 1 || !text.includes(part)));
  const whole = parts.join('\n');
  const short = whole.slice(0, MAX_PROMPT_BYTES / BYTES_PER_UNIT);
  const files = form.getAll('image').filter((value) => value instanceof File);
  const image = files.find(({ type, size }) => imageTypes.has(type) && size > 0 && size <= MAX_IMAGE_FILE_BYTES);
  const notes = [
    ...(short === whole ? [] : [noted('The shared text was too long: this is its beginning.')]),
    ...(files.length === 0 || image
      ? []
      : [noted('What was shared is no image that can be added: PNG, JPEG, WebP or GIF of up to 64 MB.')]),
    ...(image && files.length > 1 ? [noted('One of the shared images was taken.')] : []),
  ];
  return { text: short, image, note: notes.length === 0 ? undefined : notes.join('\n') };
}

/** Keeps a share until {@link takeShare}; an earlier one that nobody has come for gives way. @param now wall clock, ms */
export async function keepShare(caches: Caches, { text, image, note }: Share, now: number): Promise<void> {
  await caches.delete(CACHE);
  const cache = await caches.open(CACHE);
  if (image) await cache.put(IMAGE, new Response(image, { headers: { 'content-type': image.type } }));
  await cache.put(ABOUT, Response.json({ at: now, text, note, name: image?.name }));
}

/** The share that is kept, once: it is gone from the store then. @returns undefined when there is none, or an old one */
export async function takeShare(caches: Caches, now: number): Promise<Share | undefined> {
  const cache = await caches.open(CACHE);
  const about: unknown = await (await cache.match(ABOUT))?.json();
  const blob = await (await cache.match(IMAGE))?.blob();
  await caches.delete(CACHE);
  if (typeof about !== 'object' || about === null) return undefined;
  const { at, text, note, name } = about as Partial<Record<'at' | 'text' | 'note' | 'name', unknown>>;
  if (typeof at !== 'number' || now - at > KEPT_MS || typeof text !== 'string') return undefined;
  const image = blob && new File([blob], typeof name === 'string' ? name : '', { type: blob.type });
  return { text, image, note: typeof note === 'string' ? note : undefined };
}
