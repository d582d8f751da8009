import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as v from 'valibot';

const MIN_GZIP_BYTES = 1024;

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

const assetTable = v.object({
  files: v.array(v.object({ path: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/)), immutable: v.boolean() })),
});

/** One file of the page, in memory. */
export interface PageFile {
  readonly contentType: string;
  readonly cacheControl: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** The same, smaller; undefined when that is not worth it. */
  readonly gzipped: Uint8Array<ArrayBuffer> | undefined;
}

/** The page's files by request path. What is not in this table is not served, so no path can lead out of the folder. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/**
 * Reads the built page once, at start: the files that its `assets.json` names.
 * @returns undefined when the page was not built
 * @throws when the folder is not what the build makes
 */
export function readPage(folder: string): PageFiles | undefined {
  const table = readTable(folder);
  if (!table) return undefined;
  const files = new Map(table.files.map(({ path, immutable }) => [`/${path}`, readPageFile(join(folder, path), immutable)]));
  const index = files.get('/index.html');
  if (!index) throw new Error(`${folder} has no index.html`);
  return files.set('/', index);
}

function readTable(folder: string): v.InferOutput<typeof assetTable> | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, 'assets.json'), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return v.parse(assetTable, JSON.parse(text));
}

function readPageFile(file: string, immutable: boolean): PageFile {
  const body = new Uint8Array(readFileSync(file));
  const contentType = contentTypes[extname(file)] ?? 'application/octet-stream';
  const compresses = /^text|json|svg|ttf/.test(contentType) && body.length >= MIN_GZIP_BYTES;
  return {
    contentType,
    cacheControl: cacheControlOf(contentType, immutable),
    body,
    gzipped: compresses ? new Uint8Array(gzipSync(body)) : undefined,
  };
}

/** What keeps its name is asked for each time, or another build would be mixed with this one; a picture of yesterday harms nobody. */
function cacheControlOf(contentType: string, immutable: boolean): string {
  if (immutable) return 'public, max-age=31536000, immutable';
  return contentType.startsWith('image/') ? 'public, max-age=86400' : 'no-store';
}
