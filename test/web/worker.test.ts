import assert from 'node:assert/strict';
import { keepShare, readShare, takeShare } from '../../src/web/worker/share.ts';
import { cacheNameOf, dutyOf, type Shell } from '../../src/web/worker/shell.ts';
import { ShellCache } from '../../src/web/worker/shellCache.ts';

const origin = 'https://relay.example';
const shell: Shell = {
  build: 'b2',
  files: [
    { path: '/index.html', integrity: 'sha256-a', isImmutable: false },
    { path: '/pageMain-ABCD2345.js', integrity: 'sha256-b', isImmutable: true },
    { path: '/icon.svg', integrity: 'sha256-c', isImmutable: false },
  ],
};

/** The browser's caches, in memory. What is asked for with `addAll` comes from `relay`. */
class MemoryCaches {
  readonly stores = new Map<string, Map<string, Response>>();
  readonly asked: Request[] = [];
  readonly relay = new Map<string, string>();

  keys(): Promise<string[]> {
    return Promise.resolve([...this.stores.keys()]);
  }
  delete(name: string): Promise<boolean> {
    return Promise.resolve(this.stores.delete(name));
  }
  match(url: string): Promise<Response | undefined> {
    const found = [...this.stores.values()].find((store) => store.has(url));
    return Promise.resolve(found?.get(url)?.clone());
  }
  open(name: string): Promise<Pick<Cache, 'addAll' | 'match' | 'put'>> {
    const store = this.stores.get(name) ?? new Map<string, Response>();
    this.stores.set(name, store);
    const keyOf = (key: RequestInfo | URL): string => (key instanceof Request ? key.url : String(key));
    return Promise.resolve({
      match: (key) => Promise.resolve(store.get(keyOf(key))?.clone()),
      put: (key, response) => {
        store.set(keyOf(key), response);
        return Promise.resolve();
      },
      addAll: (requests) => {
        for (const request of requests as Request[]) {
          this.asked.push(request);
          const text = this.relay.get(request.url);
          if (text === undefined) return Promise.reject(new TypeError('not the file that was built'));
          store.set(request.url, new Response(text));
        }
        return Promise.resolve();
      },
    });
  }
}

describe('the page’s worker', () => {
  const ask = (path: string, method = 'GET', mode: RequestMode = 'cors', from = origin): unknown =>
    dutyOf({ method, mode, url: from + path }, origin, shell);

  it('answers navigations to the page, and the files of a build', () => {
    for (const path of ['/', '/#/c/x', '/?source=x', '/index.html', '/join', '/join#invite'])
      assert.deepEqual(ask(path, 'GET', 'navigate'), { kind: 'keptFile', path: '/index.html' }, path);
    for (const path of ['/icon.svg', '/pageMain-ABCD2345.js', '/sheets-OLDER234.js', '/page-ZZZZ2222.css'])
      assert.deepEqual(ask(path), { kind: 'keptFile', path }, path);
    assert.deepEqual(ask('/share', 'POST', 'navigate'), { kind: 'share' });
  });

  it('keeps out of everything else: links, probes, the gateway, other origins, other methods', () => {
    const paths = [
      '/v1/dial',
      '/v1/device',
      '/v1/chat/completions',
      '/api/chat',
      '/healthz',
      '/readyz',
      '/service-worker.js',
      '/nothing.js',
    ];
    for (const path of [...paths, '/v1/pageMain-ABCD2345.js', '/KaTeX_Main-Bold-YP5VVQRP.woff2'])
      for (const method of ['GET', 'POST', 'HEAD', 'PUT', 'DELETE'])
        for (const mode of ['navigate', 'cors', 'no-cors'] as const) assert.equal(ask(path, method, mode), undefined, `${method} ${path}`);
    for (const method of ['POST', 'HEAD', 'PUT']) assert.equal(ask('/', method, 'navigate'), undefined);
    assert.equal(ask('/share', 'POST', 'cors'), undefined);
    assert.equal(ask('/share', 'GET', 'navigate'), undefined);
    for (const from of ['https://evil.example', 'http://relay.example', 'https://relay.example:444'])
      assert.equal(ask('/', 'GET', 'navigate', from), undefined);
  });

  describe('with the files of its build', () => {
    let caches: MemoryCaches;
    let held: string[];
    let cache: ShellCache;
    const fetched: unknown[] = [];
    const kept = (name: string): MemoryCaches => {
      caches.stores.set(name, new Map());
      return caches;
    };
    beforeEach(() => {
      caches = new MemoryCaches();
      for (const { path } of shell.files) caches.relay.set(origin + path, `relay ${path}`);
      held = [];
      fetched.length = 0;
      cache = new ShellCache(shell, {
        caches: caches as unknown as CacheStorage,
        fetch: (url) => {
          fetched.push(url);
          return Promise.resolve(new Response('from the relay'));
        },
        locks: { query: () => Promise.resolve({ held: held.map((name) => ({ name })), pending: [] }) },
        origin,
      });
    });

    it('fetches exactly these, each bound to its hash, those that keep their names past every cache', async () => {
      await cache.install();
      assert.deepEqual(
        caches.asked.map(({ url, integrity, cache: mode }) => ({ url, integrity, mode })),
        [
          { url: `${origin}/index.html`, integrity: 'sha256-a', mode: 'no-cache' },
          { url: `${origin}/pageMain-ABCD2345.js`, integrity: 'sha256-b', mode: 'default' },
          { url: `${origin}/icon.svg`, integrity: 'sha256-c', mode: 'no-cache' },
        ],
      );
    });

    it('keeps nothing of a build that is not there as a whole', async () => {
      caches.relay.delete(`${origin}/icon.svg`);
      kept('c2l-shell-b1');
      await assert.rejects(cache.install(), TypeError);
      assert.deepEqual(await caches.keys(), ['c2l-shell-b1']);
    });

    it('answers with its own file, else with an older one, else from the relay', async () => {
      kept('c2l-shell-b1').stores.get('c2l-shell-b1')?.set(`${origin}/index.html`, new Response('old'));
      caches.stores.get('c2l-shell-b1')?.set(`${origin}/sheets-OLDER234.js`, new Response('old sheets'));
      await cache.install();
      assert.equal(await (await cache.answer('/index.html')).text(), 'relay /index.html');
      assert.equal(await (await cache.answer('/sheets-OLDER234.js')).text(), 'old sheets');
      assert.equal(await (await cache.answer('/sheets-NONE2345.js')).text(), 'from the relay');
      assert.deepEqual(fetched, [`${origin}/sheets-NONE2345.js`]);
    });

    it('deletes older builds that no tab has open, and nothing that is not a build', async () => {
      await cache.install();
      for (const name of ['c2l-shell-b0', 'c2l-shell-b1', 'c2l-share']) kept(name);
      held = [cacheNameOf('b1')];
      await cache.tidy();
      assert.deepEqual((await caches.keys()).sort(), ['c2l-share', 'c2l-shell-b1', 'c2l-shell-b2']);
      held = [];
      await cache.tidy();
      assert.deepEqual((await caches.keys()).sort(), ['c2l-share', 'c2l-shell-b2']);
    });
  });

  describe('with what is shared', () => {
    const form = (fields: Readonly<Record<string, string | File | File[]>>): FormData => {
      const data = new FormData();
      for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) data.append(name, one);
      return data;
    };
    const picture = (name: string, type = 'image/png', size = 3): File => new File([new Uint8Array(size)], name, { type });

    it('joins title, text and address, each once', () => {
      assert.equal(readShare(form({ title: 'A', text: 'B', url: 'https://x.example' })).text, 'A\nB\nhttps://x.example');
      assert.equal(
        readShare(form({ title: 'B', text: ' see B at https://x.example ', url: 'https://x.example' })).text,
        'see B at https://x.example',
      );
      assert.equal(readShare(form({ url: 'https://x.example' })).text, 'https://x.example');
      assert.deepEqual(readShare(form({})), { text: '', image: undefined, note: undefined });
    });

    it('takes one image of the kinds it knows, and says what it left out', () => {
      assert.equal(readShare(form({ image: picture('a.png') })).image?.name, 'a.png');
      assert.match(readShare(form({ image: [picture('a.png'), picture('b.png')] })).note ?? '', /One of the shared images/);
      for (const other of [picture('a.svg', 'image/svg+xml'), picture('a.html', 'text/html'), picture('empty.png', 'image/png', 0)]) {
        const { image, note } = readShare(form({ image: other }));
        assert.equal(image, undefined);
        assert.match(note ?? '', /no image that can be added/);
      }
      const long = readShare(form({ text: '✓'.repeat(60_000) }));
      assert.ok(new TextEncoder().encode(long.text).length <= 56 * 1024);
      assert.match(long.note ?? '', /too long/);
      assert.equal(readShare(form({ text: picture('a.txt', 'text/plain') })).text, '');
    });

    it('keeps it until it is taken, once, for an hour', async () => {
      const caches = new MemoryCaches() as unknown as CacheStorage;
      await keepShare(caches, readShare(form({ text: 'older' })), 0);
      await keepShare(caches, readShare(form({ text: 'words', image: picture('a.png') })), 1_000);
      const share = await takeShare(caches, 2_000);
      assert.equal(share?.text, 'words');
      assert.deepEqual([share.image?.name, share.image?.type, share.image?.size], ['a.png', 'image/png', 3]);
      assert.equal(await takeShare(caches, 3_000), undefined);
      await keepShare(caches, readShare(form({ text: 'late' })), 0);
      assert.equal(await takeShare(caches, 3_600_001), undefined);
      assert.deepEqual(await caches.keys(), []);
    });
  });
});
