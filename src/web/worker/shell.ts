/** A file of the page, as one build made it. */
export interface ShellFile {
  /** Its path on the relay, with the slash. */
  readonly path: string;
  /** As in Subresource Integrity: the name of a hash and the hash. */
  readonly integrity: string;
  /** Its name holds a hash of its content. */
  readonly isImmutable: boolean;
}

/** What one build of the page needs in order to open without a network. */
export interface Shell {
  /** Made of the hashes of all files: another build has another. */
  readonly build: string;
  readonly files: readonly ShellFile[];
}

/** Where the system sends what is shared with the page; the manifest names it too. */
export const SHARE_PATH = '/share';
/** The worker's own path: it keeps its name, so that browsers find the next one. */
export const WORKER_PATH = '/service-worker.js';
/** What a page says to a worker that waits: be the one. */
export const TAKE_OVER = 'takeOver';
/** What a page says to its worker: the files of builds that nobody has open may go. */
export const TIDY = 'tidy';

const INDEX_PATH = '/index.html';
/** Addresses under which the relay serves the page: ARCHITECTURE, and `relay/node/routes.ts`. */
const pagePaths: ReadonlySet<string> = new Set(['/', INDEX_PATH, '/join']);
/** As the build names what it hashes. */
const hashedName = /^\/[\w-]+-[A-Z0-9]{8}\.(?:js|css)$/;

/** The cache of a build, and the lock that every page of that build holds while it is open. */
export function cacheNameOf(build: string): string {
  return `${CACHE_PREFIX}${build}`;
}

export const CACHE_PREFIX = 'c2l-shell-';

/** What the worker does with a request: it answers from what it keeps, takes in what was shared, or keeps out of the way. */
export type Duty = { readonly kind: 'keptFile'; readonly path: string } | { readonly kind: 'share' };

/** @param origin the worker's own @returns undefined for what is none of the worker's business: all but a list of the page's own addresses */
export function dutyOf({ method, mode, url }: Pick<Request, 'method' | 'mode' | 'url'>, origin: string, shell: Shell): Duty | undefined {
  const { origin: asked, pathname: path } = new URL(url);
  if (asked !== origin) return undefined;
  if (method === 'POST' && mode === 'navigate' && path === SHARE_PATH) return { kind: 'share' };
  if (method !== 'GET') return undefined;
  if (mode === 'navigate') return pagePaths.has(path) ? { kind: 'keptFile', path: INDEX_PATH } : undefined;
  const isOwn = hashedName.test(path) || shell.files.some((file) => file.path === path);
  return isOwn ? { kind: 'keptFile', path } : undefined;
}
