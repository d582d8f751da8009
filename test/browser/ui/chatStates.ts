import type { ChatState, DemoPage } from './demoPage.ts';
import { lineStates, pairingStates } from './pairingStates.ts';
import { openChats, sheetStates } from './sheetStates.ts';

const manyThings =
  'See [the guide](https://example.com/guide) and [below](#code), `word`, $x^2$.\n\n$$\n\\int_0^1 x\\,dx\n$$\n\n## Code\n\n```ts\nconst a = 1;\n```\n\n' +
  '| Name | Value |\n|:--|--:|\n| a | 1 |\n\n> quoted\n\n1. one\n2. two\n\n![a cat](https://pictures.test/cat.png)\n';

async function main(demo: DemoPage): Promise<void> {
  await demo.start({ chat: 'main' });
  await demo.articles.last().waitFor();
}

async function asked(demo: DemoPage): Promise<void> {
  await demo.start({ isNew: true });
  await demo.ask('Why?');
}

/** With trouble of Ollama, as its card says it. */
function ollama(state: 'notInstalled' | 'notRunning' | 'wrongHost' | 'blocked' | 'foreign' | 'noModels'): ChatState {
  return {
    name: `Ollama: ${state}`,
    async enter(demo) {
      await demo.start({ isNew: true });
      await demo.page.evaluate((is) => {
        window.demo.hub.setOllama({ state: is, url: 'http://127.0.0.1:11434' });
      }, state);
      await demo.page.getByRole('region', { name: 'Ollama' }).waitFor();
    },
  };
}

/** An answer that is as `end` has made it. */
function answer(name: string, text: string, end: (demo: DemoPage) => Promise<void>): ChatState {
  return {
    name,
    async enter(demo) {
      await asked(demo);
      if (text !== '')
        await demo.page.evaluate((piece) => {
          window.demo.hub.chunk(piece);
        }, text);
      await end(demo);
    },
  };
}

/** The sheet with two computers: one is shown, the other is not there. */
export async function openComputers(demo: DemoPage): Promise<void> {
  await openChats(demo);
  await demo.page.evaluate(() => {
    window.demo.app.computers = [
      { id: 'attic', name: 'Attic', isShown: false, word: 'Offline' },
      { id: 'desk', name: 'Desk', isShown: true, word: '' },
    ];
  });
  await demo.page.getByRole('button', { name: 'Computers…' }).click();
  await demo.page.getByRole('dialog', { name: 'Computers' }).waitFor();
}

/** Every state of chat and pairing that tests look at, in one place. A new one belongs here, and is counted. */
export const chatStates: readonly ChatState[] = [
  { name: 'a chat with an answer of every kind of block', enter: main },
  { name: 'no chat yet', enter: (demo) => demo.start({ isNew: true }) },
  {
    name: 'no chat yet, answered by a stand-in',
    async enter(demo) {
      await demo.start({ isNew: true, standIn: true });
      await demo.page.getByText('A scripted stand-in answers here').waitFor();
    },
  },
  answer('an answer that is waited for', '', async (demo) => demo.articles.last().locator('.typing').waitFor()),
  answer('a model that is being loaded', '', async (demo) => {
    await demo.page.evaluate(() => {
      window.demo.hub.loading();
    });
    await demo.shows(demo.articles.last(), /Loading/);
  }),
  answer('an answer that is being written', 'Because **of', async (demo) => demo.articles.last().locator('.growing').waitFor()),
  answer('an answer that is being stopped', 'Because', async (demo) => {
    await demo.page.keyboard.press('Escape');
    await demo.shows(demo.status, 'Stopping');
  }),
  answer('an answer that was stopped', 'Because', async (demo) => {
    await demo.page.evaluate(() => {
      window.demo.hub.end('stopped');
    });
    await demo.shows(demo.articles.last(), /stopped/);
  }),
  answer('an answer that broke off', 'Because', async (demo) => {
    await demo.page.evaluate(() => {
      window.demo.hub.end('error', 'ollamaOutOfMemory');
    });
    await demo.shows(demo.articles.last(), /does not fit into memory/);
  }),
  answer('an answer on its way, with trouble above the composer', 'Because **of', async (demo) => {
    await demo.page.evaluate(() => {
      window.demo.hub.end('interrupted');
      window.demo.hub.setOllama({ state: 'noModels' });
    });
    await demo.page.getByText('Ollama has no models yet.').waitFor();
  }),
  answer('an answer with code, a formula, a table, links and a picture', manyThings, async (demo) => {
    await demo.page.evaluate(() => {
      window.demo.hub.finish();
    });
    await demo.page.locator('.math.set').nth(1).waitFor();
    await demo.page.locator('.code-keyword').first().waitFor();
  }),
  {
    name: 'a question that was refused, and another draft',
    async enter(demo) {
      await demo.start({ isNew: true });
      await demo.page.evaluate(() => {
        window.demo.hub.refuseNext = 'storeFailed';
      });
      await demo.message.fill('Keep me');
      await demo.page.keyboard.press('Enter');
      await demo.page.getByRole('button', { name: 'Dismiss' }).waitFor();
    },
  },
  {
    name: 'a message that is too long, and a pasted one that is folded',
    async enter(demo) {
      await demo.start({ isNew: true });
      await demo.ask(Array.from({ length: 60 }, (_, i) => `line ${String(i)}`).join('\n'));
      await demo.page.getByRole('button', { name: 'Show all 60 lines' }).waitFor();
      await demo.message.fill('x'.repeat(70_000));
      await demo.page.getByText('This message is too long').waitFor();
    },
  },
  {
    name: 'text that has come below what is read',
    async enter(demo) {
      await asked(demo);
      await demo.page.evaluate(() => {
        window.demo.hub.chunk('line\n\n'.repeat(90));
      });
      await demo.shows(demo.articles.last(), /line/);
      await demo.page.locator('.scroller').evaluate((scroller) => {
        scroller.dispatchEvent(new WheelEvent('wheel', { deltaY: -100 }));
        scroller.scrollTop = 40;
      });
      await demo.page.evaluate(() => {
        window.demo.hub.chunk('more\n\n'.repeat(9));
      });
      await demo.page.getByRole('button', { name: 'new', exact: true }).waitFor();
    },
  },
  {
    name: 'the model picker',
    async enter(demo) {
      await demo.start({ isNew: true });
      await demo.page.getByRole('button', { name: /^Model:/ }).click();
      await demo.page.getByRole('listbox').waitFor();
    },
  },
  {
    name: 'siblings, a question that is edited, and one that is queued',
    async enter(demo) {
      await main(demo);
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
  },
  { name: 'the list of chats', enter: openChats },
  {
    name: 'chats that are found',
    async enter(demo) {
      await openChats(demo);
      await demo.page.getByRole('searchbox', { name: 'Search chats' }).fill('relay');
      await demo.page.getByRole('heading', { name: /found$/ }).waitFor();
    },
  },
  {
    name: 'chats that are renamed and deleted',
    async enter(demo) {
      await openChats(demo);
      await deleteLast(demo);
      await demo.page.getByRole('button', { name: 'Rename' }).first().click();
      await demo.page.getByRole('textbox', { name: 'New title' }).waitFor();
    },
  },
  {
    name: 'chats that are in the bin',
    async enter(demo) {
      await openChats(demo);
      await deleteLast(demo);
      await demo.page.getByRole('button', { name: 'Deleted chats' }).click();
      await demo.page.getByRole('button', { name: 'Restore' }).waitFor();
    },
  },
  ...lineStates,
  { name: 'several computers', enter: openComputers },
  {
    name: 'a page that could be installed, and a newer version of it',
    async enter(demo) {
      await openComputers(demo);
      await demo.page.evaluate(() => {
        Object.assign(window.demo.app, { isUpdateReady: true, canInstall: true });
      });
      await demo.page.getByText('New version').waitFor();
      await demo.page.getByRole('button', { name: /install/i }).waitFor();
    },
  },
  {
    name: 'the first chat of a guest',
    async enter(demo) {
      await demo.start({ isNew: true, isGuest: true });
      await demo.page.getByText('as a guest').waitFor();
    },
  },
  {
    name: 'a computer that is about to be forgotten',
    async enter(demo) {
      await openComputers(demo);
      await demo.page.getByRole('button', { name: 'Forget Attic' }).click();
      await demo.page.getByRole('button', { name: 'Keep it' }).waitFor();
    },
  },
  ...(['notInstalled', 'notRunning', 'wrongHost', 'blocked', 'foreign', 'noModels'] as const).map(ollama),
  {
    name: 'a temporary chat',
    async enter(demo) {
      await demo.start({ chat: 'fresh' });
      await demo.page.getByRole('button', { name: 'Temporary chat' }).click();
      await demo.page.getByText('Not kept').waitFor();
    },
  },
  ...sheetStates,
  ...pairingStates,
];

async function deleteLast(demo: DemoPage): Promise<void> {
  await demo.page.getByRole('button', { name: 'Delete', exact: true }).last().click();
  await demo.page.getByRole('button', { name: 'Undo' }).waitFor();
}
