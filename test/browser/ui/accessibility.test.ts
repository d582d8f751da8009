import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContextOptions } from 'playwright-core';
import { DemoPages, type DemoPage } from './demoPage.ts';

const looks: readonly (readonly [string, BrowserContextOptions])[] = [
  ['light, desktop', { colorScheme: 'light', viewport: { width: 1440, height: 900 } }],
  ['dark, desktop', { colorScheme: 'dark', viewport: { width: 1440, height: 900 } }],
  ['light, phone', { colorScheme: 'light', viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
  ['dark, phone', { colorScheme: 'dark', viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
  ['forced colours', { forcedColors: 'active', viewport: { width: 1024, height: 768 } }],
];

const words = ['orbit', 'lemon', 'canvas', 'tribe', 'umbrella', 'zebra'];

const scenes: readonly (readonly [string, (demo: DemoPage) => Promise<void>])[] = [
  [
    'a chat with an answer of every kind of block',
    async (demo) => {
      await demo.start({ chat: 'main' });
      await demo.articles.last().waitFor();
    },
  ],
  [
    'an answer on its way, with trouble above the composer',
    async (demo) => {
      await demo.start({ isNew: true, standIn: true });
      await demo.ask('Why?');
      await demo.page.evaluate(() => {
        window.demo.hub.chunk('Because **of');
        window.demo.hub.end('interrupted');
        window.demo.hub.setOllama({ state: 'noModels' });
      });
      await demo.page.getByText('Ollama has no models yet.').waitFor();
    },
  ],
  [
    'the model picker',
    async (demo) => {
      await demo.start({ isNew: true });
      await demo.page.getByRole('button', { name: /^Model:/ }).click();
      await demo.page.getByRole('listbox').waitFor();
    },
  ],
  [
    'the list of chats, and a browser that was removed',
    async (demo) => {
      await demo.start({ chat: 'main' });
      await demo.page.evaluate(() => {
        window.demo.hub.setStatus({ state: 'error', error: 'revoked' });
      });
      await demo.page.getByRole('button', { name: 'Pair again' }).waitFor();
      if (!(await demo.page.getByRole('navigation', { name: 'Chats' }).isVisible()))
        await demo.page.getByRole('button', { name: 'Chats' }).click();
      await demo.page.getByRole('navigation', { name: 'Chats' }).waitFor();
    },
  ],
  [
    'siblings, a question that is edited, and one that is queued',
    async (demo) => {
      await demo.start({ chat: 'main' });
      await demo.articles.last().getByRole('button', { name: 'Regenerate' }).click();
      await demo.page.evaluate(() => {
        window.demo.hub.chunk('Another.');
        window.demo.hub.finish();
      });
      await demo.articles.last().getByText('Answer 2 of 2').waitFor();
      await demo.articles.first().getByRole('button', { name: 'Edit' }).click();
      await demo.ask('Go on');
      await demo.message.fill('And then?');
      await demo.page.keyboard.press('Enter');
      await demo.page.getByText('Queued').first().waitFor();
    },
  ],
  ...(['renamed and deleted', 'found', 'in the bin'] as const).map((state): readonly [string, (demo: DemoPage) => Promise<void>] => [
    `chats that are ${state}`,
    async (demo) => {
      await demo.start({ chat: 'main' });
      if (!(await demo.page.getByRole('navigation', { name: 'Chats' }).isVisible()))
        await demo.page.getByRole('button', { name: 'Chats' }).click();
      if (state === 'found') {
        await demo.page.getByRole('searchbox', { name: 'Search chats' }).fill('relay');
        await demo.page.getByRole('heading', { name: /found$/ }).waitFor();
        return;
      }
      await demo.page.getByRole('button', { name: 'Delete', exact: true }).last().click();
      await demo.page.getByRole('button', { name: 'Undo' }).waitFor();
      if (state === 'in the bin') {
        await demo.page.getByRole('button', { name: 'Deleted chats' }).click();
        await demo.page.getByRole('button', { name: 'Restore' }).waitFor();
        return;
      }
      await demo.page.getByRole('button', { name: 'Rename' }).first().click();
      await demo.page.getByRole('textbox', { name: 'New title' }).waitFor();
    },
  ]),
  ...(['settings', 'settings with faults', 'saved prompts', 'a prompt being written'] as const).map(
    (state): readonly [string, (demo: DemoPage) => Promise<void>] => [
      `a sheet of ${state}`,
      async (demo) => {
        await demo.start({ chat: 'main' });
        if (state.startsWith('settings')) {
          await demo.page.getByRole('button', { name: 'Chat settings' }).click();
          if (state === 'settings') return;
          await demo.page.getByRole('textbox', { name: 'Temperature' }).fill('7');
          await demo.page.getByRole('button', { name: 'Save', exact: true }).click();
          await demo.page.getByText('Enter a number').waitFor();
          return;
        }
        await demo.page.evaluate(() => {
          window.demo.hub.prompts.items = ['one', 'two'].map((name) => ({ id: window.demo.idOf(name), name, text: `Text of ${name}` }));
        });
        await demo.page.getByRole('button', { name: 'Saved prompts' }).click();
        await demo.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).first().click();
        await demo.page.getByRole('button', { name: 'Undo' }).waitFor();
        if (state === 'a prompt being written') await demo.page.getByRole('button', { name: 'New prompt' }).click();
      },
    ],
  ),
  [
    'a prompt that is called up, a nearly full context, and settings other than the default',
    async (demo) => {
      await demo.start({ chat: 'main' });
      await demo.ask('Go on');
      await demo.page.evaluate(() => {
        window.demo.hub.chunk('So be it.');
        window.demo.hub.finish({ promptTokens: 3100, contextLength: 4000, reason: 'length' });
        window.demo.hub.configure({ temperature: 1, systemPrompt: 'Be brief.' });
        window.demo.hub.prompts.items = [{ id: window.demo.idOf('one'), name: 'one', text: 'Text' }];
      });
      await demo.page.getByRole('region', { name: 'Context' }).waitFor();
      await demo.message.fill('/');
      await demo.page.getByRole('listbox', { name: 'Saved prompts' }).waitFor();
    },
  ],
  [
    'the sheet of models, with downloads and a name that is none',
    async (demo) => {
      await demo.start({ isNew: true, scope: 'local' });
      await demo.page.evaluate(() => {
        window.demo.hub.desk.pull('a:1b', { step: 'downloading', completed: 1, total: 3 });
        window.demo.hub.desk.pull('b:1b', { state: 'failed', error: 'ollamaDiskFull' });
        window.demo.hub.desk.pull('c:1b', {});
      });
      await demo.page.getByRole('button', { name: /^Model:/ }).click();
      await demo.page.getByRole('button', { name: 'All models…' }).click();
      await demo.page.getByRole('textbox', { name: 'Pull a model' }).fill('no name!');
      await demo.page.keyboard.press('Enter');
      await demo.page.getByText('That is no name').waitFor();
    },
  ],
  [
    'a deletion that is asked about',
    async (demo) => {
      await demo.start({ isNew: true, scope: 'local' });
      await demo.page.getByRole('button', { name: /^Model:/ }).click();
      await demo.page.getByRole('button', { name: 'All models…' }).click();
      await demo.page.getByRole('button', { name: 'Delete', exact: true }).first().click();
      await demo.page.getByRole('button', { name: 'Keep it' }).waitFor();
    },
  ],
  [
    'no models, and three to begin with',
    async (demo) => {
      await demo.start({ isNew: true, noModels: true, scope: 'models' });
      await demo.page.getByRole('list', { name: 'Models to begin with' }).waitFor();
    },
  ],
  [
    'a chat whose model is gone, and an Ollama that is not installed',
    async (demo) => {
      await demo.start({ chat: 'main', scope: 'models' });
      await demo.page.evaluate(() => {
        window.demo.hub.desk.models = window.demo.hub.desk.models.slice(1);
        window.demo.hub.desk.tellModels();
        window.demo.hub.setOllama({ state: 'notInstalled', url: 'http://127.0.0.1:11434' });
      });
      await demo.page.getByRole('link', { name: 'Install Ollama' }).waitFor();
      await demo.page.getByRole('button', { name: 'Pull again' }).waitFor();
    },
  ],
  ['an unpaired page', async (demo) => demo.page.getByRole('textbox', { name: 'Paste link' }).waitFor()],
  [
    'a question at the computer',
    async (demo) => {
      await demo.page.evaluate((six) => {
        window.demo.pair({ kind: 'waiting', name: 'Firefox on Android', deviceName: 'Desk', words: six });
      }, words);
      await demo.page.getByRole('heading', { name: 'Look at Desk: allow Firefox on Android?' }).waitFor();
    },
  ],
];

describe('accessibility in Chromium', () => {
  const pages = DemoPages.ofSuite();

  scenes.forEach(([scene, prepare], number) => {
    // The first scene in every look, the others in the two that differ most.
    for (const [look, options] of looks.filter((_, i) => number === 0 || i === 0 || i === 3)) {
      it(`finds no fault with ${scene}: ${look}`, async () => {
        const demo = await pages.open('/', { reducedMotion: 'reduce', ...options });
        await prepare(demo);
        // Which headings an answer has is the model's doing.
        const all = await new AxeBuilder({ page: demo.page }).disableRules('heading-order').analyze();
        const headings = await new AxeBuilder({ page: demo.page }).withRules('heading-order').exclude('c2l-markdown').analyze();
        const violations = [...all.violations, ...headings.violations];
        const found = violations.flatMap(({ id, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
        );
        assert.deepEqual(found, []);
        assert.deepEqual(demo.faults, []);
        await demo.close();
      });
    }
  });

  it('gives fingers at least 44 pixels, and nothing reaches beyond 300 pixels of width', async () => {
    const demo = await pages.open('/', { viewport: { width: 300, height: 640 }, hasTouch: true, isMobile: true });
    await demo.start({ chat: 'main' });
    await demo.articles.last().waitFor();
    const small = await demo.page.evaluate(() =>
      [...document.querySelectorAll('button')]
        .filter((button) => button.checkVisibility())
        .map((button) => ({ name: button.getAttribute('aria-label') ?? button.innerText, box: button.getBoundingClientRect() }))
        .filter(({ box }) => box.height < 44 || box.width < 44)
        .map(({ name, box }) => `${name} ${String(box.width)}×${String(box.height)}`),
    );
    assert.deepEqual(small, []);
    assert.ok(await demo.page.evaluate(() => document.documentElement.scrollWidth <= 300));
    await demo.close();
  });
});
