import { CACHE_PREFIX, cacheNameOf, type Shell } from './shell.ts';

/** What of the browser the shell is kept with; tests hand in their own. */
export interface ShellMeans {
  readonly caches: Pick<CacheStorage, 'open' | 'keys' | 'delete' | 'match'>;
  readonly fetch: (request: Request | string) => Promise<Response>;
  /** Web Locks: which builds are open in some tab. Browsers without them lose the files of an older tab a little early. */
  readonly locks: Pick<LockManager, 'query'> | undefined;
  /** The page's origin. */
  readonly origin: string;
}

/** The files of one build, whole or not at all, each with exactly the bytes that the build had. */
export class ShellCache {
  readonly #shell: Shell;
  readonly #means: ShellMeans;

  constructor(shell: Shell, means: ShellMeans) {
    this.#shell = shell;
    this.#means = means;
  }

  get #name(): string {
    return cacheNameOf(this.#shell.build);
  }

  /** Fetches the build beside those that are kept. @throws when a file is not there or not the one that was built: nothing is kept then */
  async install(): Promise<void> {
    const { caches, origin } = this.#means;
    const requests = this.#shell.files.map(
      ({ path, integrity, isImmutable }) =>
        new Request(origin + path, { integrity, cache: isImmutable ? 'default' : 'no-cache', credentials: 'omit' }),
    );
    const cache = await caches.open(this.#name);
    try {
      await cache.addAll(requests);
    } catch (error) {
      await caches.delete(this.#name);
      throw error;
    }
  }

  /** A file of this build, else of an older one that is still open in a tab, else what the relay has. */
  async answer(path: string): Promise<Response> {
    const { caches, fetch, origin } = this.#means;
    const url = origin + path;
    const own = await (await caches.open(this.#name)).match(url);
    return own ?? (await caches.match(url)) ?? fetch(url);
  }

  /** Deletes the files of other builds that no tab has open. */
  async tidy(): Promise<void> {
    const { caches, locks } = this.#means;
    const held = (await locks?.query())?.held?.map(({ name }) => name) ?? [];
    const others = (await caches.keys()).filter((name) => name.startsWith(CACHE_PREFIX) && name !== this.#name);
    await Promise.all(others.filter((name) => !held.includes(name)).map((name) => caches.delete(name)));
  }
}
