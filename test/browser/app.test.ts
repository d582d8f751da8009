import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { buildPage } from '../harness/buildPage.ts';
import { openProfile, TestBrowser } from '../harness/chromium.ts';
import { root } from '../harness/paths.ts';
import { Stack } from '../integration/support/stack.ts';
import { ChatPage } from './support.ts';

const script = ({ prompt }: { readonly prompt: string }): string[] => ['Answer to ', prompt];
/** The smallest picture there is: one red pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

interface Manifest {
  readonly start_url: string;
  readonly display: string;
  readonly icons: readonly { readonly src: string; readonly sizes: string; readonly type: string; readonly purpose?: string }[];
}

const cacheNames = (page: Page): Promise<string[]> => page.evaluate(() => caches.keys());
const buildOf = (page: Page): Promise<string | undefined> => page.evaluate(() => document.documentElement.dataset['build']);

/** A worker answers for this page, and all files of its build are kept. */
async function isKept(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
}

describe('the page as an app', () => {
  let browser: TestBrowser;
  let context: BrowserContext;
  let stack: Stack;
  before(async () => {
    browser = await TestBrowser.launch();
  });
  after(() => browser.close());
  beforeEach(async function () {
    // Not measured: while another session counts in it, a page that reloads offline takes itself to be online (seen in Chromium 156).
    const goesOffline = this.currentTest?.title.includes('without a network') === true;
    context = await (goesOffline ? browser.unmeasuredContext() : browser.newContext());
  });
  afterEach(async () => {
    await context.close();
    await stack.stop();
  });

  it('opens without a network, says so, keeps what is typed, and goes on when the network is back', async () => {
    stack = await Stack.start({ ollama: { script } });
    const chat = await ChatPage.pair(context, stack);
    await isKept(chat.page);
    await stack.killRelay();
    await context.setOffline(true);
    await chat.page.close();
    const page = await context.newPage();
    await page.goto(stack.relayUrl);
    await page.getByText('You are offline').waitFor();
    const again = ChatPage.on(page);
    await again.composer.fill('typed without a network');
    await page.reload();
    await page.getByText('You are offline').waitFor();
    assert.equal(await again.composer.inputValue(), 'typed without a network');
    await context.setOffline(false);
    await page.getByText('The relay cannot be reached').first().waitFor();
    await stack.startRelay();
    await again.ready();
    await again.composer.press('Enter');
    await again.shows('Answer to typed without a network');
  });

  it('shows the way to a computer without a network, where none was paired', async () => {
    stack = await Stack.start();
    const page = await context.newPage();
    await page.goto(stack.relayUrl);
    await isKept(page);
    await stack.killRelay();
    await page.reload();
    await page.getByRole('heading', { name: 'Chat with your own models' }).waitFor();
    await page.goto(`${stack.relayUrl}/join`);
    await page.getByRole('heading', { name: 'Chat with your own models' }).waitFor();
  });

  it('keeps exactly the files of its build, and asks the relay itself for everything else', async () => {
    stack = await Stack.start();
    const page = await context.newPage();
    await page.goto(stack.relayUrl);
    await isKept(page);
    const assets = JSON.parse(readFileSync(join(root, 'dist/page/assets.json'), 'utf8')) as { files: { path: string }[] };
    const expected = assets.files.map(({ path }) => `/${path}`).filter((path) => !/woff2$|service-worker/.test(path));
    const kept = await page.evaluate(async () => {
      const [name = ''] = await caches.keys();
      return (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname);
    });
    assert.deepEqual(kept.sort(), expected.sort());
    const fromRelay = await page.evaluate(() =>
      Promise.all(['/v1/dial', '/healthz', '/nothing'].map(async (path) => (await fetch(path)).status)),
    );
    assert.deepEqual(fromRelay, [426, 200, 404]);
    await stack.killRelay();
    for (const path of ['/v1/dial', '/healthz', '/nothing'])
      assert.equal(
        await page.evaluate(
          (asked) =>
            fetch(asked).then(
              () => 'answered',
              () => 'none',
            ),
          path,
        ),
        'none',
        path,
      );
    await assert.rejects(page.goto(`${stack.relayUrl}/healthz`));
  });

  it('can be installed, as its manifest says, with nothing that Chromium finds missing', async () => {
    stack = await Stack.start();
    const folder = mkdtempSync(join(tmpdir(), 'c2l-profile-'));
    const profile = await openProfile(folder);
    try {
      const page = await profile.newPage();
      await page.goto(stack.relayUrl);
      await isKept(page);
      const session = await profile.newCDPSession(page);
      assert.deepEqual((await session.send('Page.getInstallabilityErrors')).installabilityErrors, []);
      const { url, errors, data } = await session.send('Page.getAppManifest');
      assert.deepEqual(errors, []);
      assert.equal(url, `${stack.relayUrl}/manifest.webmanifest`);
      assert.equal((await session.send('Page.getAppId')).appId, `${stack.relayUrl}/`);
      const manifest = JSON.parse(data ?? '') as Manifest;
      assert.equal(manifest.start_url, '/#/');
      assert.equal(manifest.display, 'standalone');
      for (const { src, sizes, type } of manifest.icons.filter(({ type }) => type === 'image/png')) {
        const drawn = await page.evaluate(async (address) => {
          const image = new Image();
          image.src = address;
          await image.decode();
          return `${String(image.naturalWidth)}x${String(image.naturalHeight)}`;
        }, src);
        assert.deepEqual([src, drawn, type], [src, sizes, 'image/png']);
      }
      assert.ok(manifest.icons.some(({ purpose }) => purpose === 'maskable'));
    } finally {
      await profile.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    }
  });

  describe('and its next build', () => {
    let folder: string;
    const builds: string[] = [];
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'c2l-builds-'));
      for (const mark of ['one', 'two']) {
        const path = join(folder, mark);
        await buildPage(relative(root, path), mark);
        builds.push(path);
      }
    });
    after(() => {
      delete process.env['C2L_TEST_PAGE'];
      rmSync(folder, { recursive: true });
    });

    /** A relay that is started again with the second build; the page looks whether there is one. */
    async function serveNext(page: Page): Promise<void> {
      process.env['C2L_TEST_PAGE'] = builds[1];
      await stack.killRelay();
      await stack.startRelay();
      await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
      await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state === 'installed');
    }

    it('is offered, never in the middle of an answer, and taken by a press that loses nothing', async () => {
      process.env['C2L_TEST_PAGE'] = builds[0];
      const relayProgram = join(root, 'test/integration/support/pageRelay.ts');
      stack = await Stack.start({ relayProgram, ollama: { gate: 'manual', script } });
      const chat = await ChatPage.pair(context, stack);
      const { page } = chat;
      await isKept(page);
      const first = await buildOf(page);
      const other = await ChatPage.open(context, stack);
      await chat.ask('while the build changes');
      await chat.stopButton.waitFor();
      await serveNext(page);
      const reload = page.getByRole('group', { name: 'New version' }).getByRole('button', { name: 'Reload' });
      await other.page.getByRole('group', { name: 'New version' }).waitFor();
      assert.equal((await cacheNames(page)).length, 2, 'fetched beside the old one');
      assert.equal(await reload.count(), 0, 'in the middle of an answer');
      stack.ollama.release(2);
      await chat.shows('Answer to while the build changes');
      await reload.waitFor();
      await chat.composer.fill('a draft');
      await reload.click();
      await page.waitForFunction((before) => document.documentElement.dataset['build'] !== before, first);
      await chat.ready();
      await chat.shows('Answer to while the build changes');
      assert.equal(await chat.composer.inputValue(), 'a draft');
      // The other tab still runs the first build, whose files stay until it is gone.
      assert.equal(await buildOf(other.page), first);
      assert.ok((await cacheNames(page)).some((name) => name.endsWith(first ?? '')));
      await other.page.getByRole('group', { name: 'New version' }).getByRole('button', { name: 'Reload' }).click();
      await other.page.waitForFunction((before) => document.documentElement.dataset['build'] !== before, first);
      await other.ready();
      const isTidy = async (): Promise<boolean> => (await cacheNames(page)).length === 1;
      for (let i = 0; i < 100 && !(await isTidy()); i++) await page.waitForTimeout(50);
      assert.deepEqual(await cacheNames(page), [`c2l-shell-${(await buildOf(page)) ?? ''}`]);
      assert.equal(stack.ollama.asked.length, 1);
    });

    it('is not taken when what was written would be lost, which is said', async () => {
      process.env['C2L_TEST_PAGE'] = builds[0];
      const relayProgram = join(root, 'test/integration/support/pageRelay.ts');
      stack = await Stack.start({ relayProgram });
      const chat = await ChatPage.pair(context, stack);
      const { page } = chat;
      await isKept(page);
      await page.getByRole('button', { name: 'Temporary chat' }).click();
      await chat.composer.fill('kept nowhere');
      await serveNext(page);
      const offer = page.getByRole('group', { name: 'New version' });
      await offer.getByRole('button', { name: 'Reload' }).click();
      await offer.getByText('A reload would lose what you wrote').waitFor();
      assert.equal(await chat.composer.inputValue(), 'kept nowhere');
      await chat.composer.fill('');
      await offer.getByText('New version:').waitFor();
    });
  });

  describe('that something is shared with', () => {
    /** What the system does when a person shares: it posts a form to the page, as a navigation from nowhere. */
    async function share(
      page: Page,
      fields: Readonly<Record<string, string>>,
      image?: { readonly type: string; readonly data: string },
    ): Promise<void> {
      const elsewhere = await context.newPage();
      await elsewhere.setContent(`<form method="post" enctype="multipart/form-data" action="${stack.relayUrl}/share"></form>`);
      await elsewhere.evaluate(
        ([given, file]) => {
          const form = document.forms[0];
          for (const [name, value] of Object.entries(given)) {
            const input = form?.appendChild(document.createElement('input'));
            if (input) Object.assign(input, { name, value });
          }
          if (file) {
            const input = form?.appendChild(document.createElement('input'));
            if (!input) return;
            Object.assign(input, { type: 'file', name: 'image' });
            const list = new DataTransfer();
            const bytes = Uint8Array.from(atob(file.data), (character) => character.charCodeAt(0));
            list.items.add(new File([bytes], 'shared.png', { type: file.type }));
            input.files = list.files;
          }
          form?.submit();
        },
        [fields, image] as const,
      );
      await elsewhere.waitForURL(`${stack.relayUrl}/#/`);
      shared = ChatPage.on(elsewhere);
      await page.close();
    }
    let shared: ChatPage;

    it('puts text and picture into the draft of a new chat, once, and sends nothing', async () => {
      stack = await Stack.start({ ollama: { script } });
      const chat = await ChatPage.pair(context, stack);
      await isKept(chat.page);
      await share(chat.page, { title: 'A title', text: 'Look at this', url: 'https://example.com/a' }, { type: 'image/png', data: PIXEL });
      await shared.ready();
      await shared.page.getByRole('img', { name: 'shared.png' }).waitFor();
      assert.equal(await shared.composer.inputValue(), 'A title\nLook at this\nhttps://example.com/a');
      assert.equal(stack.ollama.asked.length, 0);
      assert.equal((await cacheNames(shared.page)).includes('c2l-share'), false);
      const later = await ChatPage.open(context, stack);
      assert.equal(await later.composer.inputValue(), '');
    });

    it('waits with it until the browser is paired, and says what it left out', async () => {
      stack = await Stack.start();
      const page = await context.newPage();
      await page.goto(stack.relayUrl);
      await isKept(page);
      await share(page, { text: 'x'.repeat(60_000) }, { type: 'image/tiff', data: PIXEL });
      await shared.page.getByRole('textbox', { name: 'Pairing link or code' }).fill(stack.link);
      await shared.page.keyboard.press('Enter');
      await shared.page.getByRole('button', { name: 'Pair', exact: true }).click();
      await shared.ready();
      assert.match(await shared.composer.inputValue(), /^x{15000,20000}$/);
      await shared.page.getByText('The shared text was too long').waitFor();
      await shared.page.getByText('What was shared is no image that can be added').waitFor();
    });
  });
});
