import assert from 'node:assert/strict';
import { build, type BuildOptions } from 'esbuild';
import type { Page } from 'playwright-core';
import { browserBundle } from '../../../scripts/lib/browserBundle.mjs';
import { german } from '../../../src/ui/german.ts';
import { TestBrowser } from '../../harness/chromium.ts';
import { root } from '../../harness/paths.ts';
import { DemoServer } from '../demo/serveDemo.ts';
import { DemoPage } from './demoPage.ts';

/** No phone is narrower. */
const WIDTH = 300;
/** What people and models wrote, and names: it is in whatever language it is in. */
const OTHERS =
  '.bubble, .markdown, .chat-title, .hit-text, h1, .model-name, .option-name, .picker-name, .prompt-name, .prompt-text, [data-id]';

/** Of every English text that has a German one: what it looks like on the screen, whatever its values. */
const english = Object.entries(german.texts)
  .filter(([text, other]) => text !== other && /\p{L}{3}/u.test(text))
  .map(([text]) => text.replace(/<[^>]+>/g, '').trim())
  .map((text) => `^${text.replace(/[.*+?^$()|[\]\\/]/g, '\\$&').replace(/\{\d+\}/g, '.+')}$`);

/** What is wrong with what is drawn: English left over, or something that does not fit. */
function faults(page: Page): Promise<string[]> {
  return page.evaluate(
    ({ english, OTHERS, WIDTH }) => {
      const patterns = english.map((pattern) => new RegExp(pattern, 'u'));
      const found: string[] = [];
      const hear = (element: Element, text: string | null): void => {
        const words = text?.replace(/\s+/g, ' ').trim() ?? '';
        if (words !== '' && !(element.closest(OTHERS) && !element.closest('.code-head')) && patterns.some((pattern) => pattern.test(words)))
          found.push(`English: ${words}`);
      };
      for (const element of document.body.querySelectorAll('*')) {
        for (const name of ['aria-label', 'title', 'placeholder', 'alt']) hear(element, element.getAttribute(name));
        for (const node of element.childNodes) if (node instanceof Text) hear(element, node.data);
        if (!element.checkVisibility()) continue;
        const { right, width } = element.getBoundingClientRect();
        if (width > 1 && right > WIDTH + 1 && !element.closest('pre, .table-frame, .visually-hidden, table, .math'))
          found.push(`beyond the edge: ${element.outerHTML.slice(0, 120)}`);
        if (
          element.matches('button, label, h2, .hint, summary') &&
          element.scrollWidth > element.clientWidth + 1 &&
          element.clientWidth > 0
        )
          found.push(`cut off: ${element.textContent.trim()}`);
      }
      return [...new Set(found)];
    },
    { english, OTHERS, WIDTH },
  );
}

describe('chat and page in German, in Chromium', () => {
  let server: DemoServer;
  let browser: TestBrowser;
  before(async () => {
    server = await DemoServer.start();
    browser = await TestBrowser.launch();
  });
  after(async () => {
    await browser.close();
    await server.stop();
  });

  const open = async (path: string, script?: string): Promise<DemoPage> => {
    const context = await browser.newContext({ locale: 'de-DE', viewport: { width: WIDTH, height: 640 }, hasTouch: true });
    if (script !== undefined) await context.addInitScript({ content: script });
    await context.addInitScript(() => {
      const seen = (window.drawn = new Set<string>());
      new MutationObserver(() => {
        for (const { textContent } of document.querySelectorAll('h1, button')) seen.add(textContent.trim());
      }).observe(document, { subtree: true, childList: true, characterData: true });
    });
    const demo = new DemoPage(context, await context.newPage());
    await demo.page.goto(server.origin + path);
    return demo;
  };
  const inGerman = (text: string): string => german.texts[text] ?? assert.fail(text);

  it('draws the page in German from the first picture on, with no English word and nothing that does not fit, 300 pixels wide', async () => {
    const demo = await open('/');
    const { page } = demo;
    const button = (name: string | RegExp): Promise<void> => page.getByRole('button', { name, exact: true }).first().click();
    const isGerman = async (state: string): Promise<void> => {
      assert.deepEqual(await faults(page), [], state);
    };
    await page.getByRole('heading', { name: inGerman('Chat with your own models') }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
    assert.equal(await page.evaluate(() => window.drawn.has('Chat with your own models')), false);
    await isGerman('not paired');
    for (const state of [
      { kind: 'insecure' },
      { kind: 'confirm', name: 'Firefox auf Android', isForgotten: true },
      { kind: 'waiting', name: 'Firefox auf Android', words: ['a', 'b', 'c', 'd', 'e', 'f'], expiresAt: Date.now() + 60_000 },
      { kind: 'failed', error: 'offerExpired' },
    ] as const) {
      await page.evaluate((next) => {
        window.demo.pair(next);
      }, state);
      await page.waitForFunction((kind) => document.querySelector('c2l-pairing')?.state.kind === kind, state.kind);
      await isGerman(state.kind);
    }
    await page.evaluate(() => {
      history.replaceState(null, '', `#/c/${window.demo.idOf('main')}`);
      window.demo.start({ scope: 'models' });
    });
    await page.getByRole('article').last().waitFor();
    await isGerman('chat');
    await button(inGerman('Chat settings'));
    await page.getByRole('textbox', { name: inGerman('Temperature') }).fill('7');
    await button(inGerman('Save'));
    await isGerman('settings');
    await button(inGerman('Close'));
    await button(/^Modell: /);
    await button(inGerman('All models…'));
    await page.getByRole('dialog', { name: inGerman('Models') }).waitFor();
    await isGerman('models');
    await button(inGerman('Close'));
    await button(inGerman('Chats'));
    await page.getByRole('searchbox', { name: inGerman('Search chats') }).waitFor();
    await isGerman('chats');
    assert.deepEqual(demo.faults, []);
    await demo.close();
  });

  it('draws the webview in the German that its host hands in, with no English word and nothing that does not fit', async () => {
    const { outputFiles } = await build({
      ...(browserBundle as BuildOptions),
      ...{ absWorkingDir: root, entryPoints: ['src/ui/germanMain.ts'], splitting: false, format: 'iife', write: false, outdir: '/' },
    });
    const demo = await open('/webview', outputFiles[0]?.text);
    await demo.page.getByRole('article', { name: 'qwen3:8b, Antwort 2 von 2' }).waitFor();
    assert.deepEqual(await faults(demo.page), []);
    assert.deepEqual(demo.faults, []);
    await demo.close();
  });
});

declare global {
  interface Window {
    /** What has stood in headings and on buttons since the page was opened. */
    drawn: Set<string>;
  }
}
