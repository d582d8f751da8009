import type { ChatState, DemoPage } from './demoPage.ts';

async function settings(demo: DemoPage): Promise<void> {
  await demo.start({ chat: 'main' });
  await demo.page.getByRole('button', { name: 'Chat settings' }).click();
  await demo.page.getByRole('textbox', { name: 'Temperature' }).waitFor();
}

async function prompts(demo: DemoPage): Promise<void> {
  await demo.start({ chat: 'main' });
  await demo.page.evaluate(() => {
    window.demo.hub.prompts.items = ['one', 'two'].map((name) => ({ id: window.demo.idOf(name), name, text: `Text of ${name}` }));
  });
  await demo.message.fill('/');
  await demo.page.getByText('Manage saved prompts…').click();
  await demo.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).first().click();
  await demo.page.getByRole('button', { name: 'Undo' }).waitFor();
}

async function models(demo: DemoPage): Promise<void> {
  await demo.start({ isNew: true, scope: 'local' });
  await demo.page.getByRole('button', { name: /^Model:/ }).click();
  await demo.page.getByRole('button', { name: 'All models…' }).click();
  await demo.page.getByRole('dialog', { name: 'Models', exact: true }).waitFor();
}

/** On a wide screen the chats are there already. */
export async function openChats(demo: DemoPage): Promise<void> {
  await demo.start({ chat: 'main' });
  await demo.articles.last().waitFor();
  const chats = demo.page.getByRole('navigation', { name: 'Chats' });
  if (!(await chats.isVisible())) await demo.page.getByRole('button', { name: 'Chats' }).click();
  await chats.waitFor();
}

async function exported(demo: DemoPage): Promise<void> {
  await openChats(demo);
  await demo.page.getByRole('button', { name: 'Export', exact: true }).first().click();
  await demo.page.getByRole('dialog', { name: 'Chats as files' }).getByRole('button', { name: 'Markdown' }).waitFor();
}

/** The states of sheets, of models and of what goes with a question. */
export const sheetStates: readonly ChatState[] = [
  { name: 'a sheet of settings', enter: settings },
  {
    name: 'settings with faults',
    async enter(demo) {
      await settings(demo);
      await demo.page.getByRole('textbox', { name: 'Temperature' }).fill('7');
      await demo.page.getByRole('button', { name: 'Save', exact: true }).click();
      await demo.page.getByText('Enter a number').waitFor();
    },
  },
  { name: 'saved prompts, one of them deleted', enter: prompts },
  {
    name: 'a prompt that is written',
    async enter(demo) {
      await prompts(demo);
      await demo.page.getByRole('button', { name: 'New prompt' }).click();
      await demo.page.getByRole('dialog').getByRole('textbox').first().waitFor();
    },
  },
  {
    name: 'a prompt that is called up, a nearly full context, and settings other than the default',
    async enter(demo) {
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
  },
  {
    name: 'the sheet of models, with downloads and a name that is none',
    async enter(demo) {
      await models(demo);
      await demo.page.evaluate(() => {
        window.demo.hub.desk.pull('a:1b', { step: 'downloading', completed: 1, total: 3 });
        window.demo.hub.desk.pull('b:1b', { state: 'failed', error: 'ollamaDiskFull' });
        window.demo.hub.desk.pull('c:1b', {});
      });
      await demo.page.getByRole('textbox', { name: 'Pull a model' }).fill('no name!');
      await demo.page.keyboard.press('Enter');
      await demo.page.getByText('That is no name').waitFor();
    },
  },
  {
    name: 'a deletion that is asked about',
    async enter(demo) {
      await models(demo);
      await demo.page.getByRole('button', { name: 'Delete', exact: true }).first().click();
      await demo.page.getByRole('button', { name: 'Keep it' }).waitFor();
    },
  },
  {
    name: 'no models, and three to begin with',
    async enter(demo) {
      await demo.start({ isNew: true, noModels: true, scope: 'models' });
      await demo.page.getByRole('list', { name: 'Models to begin with' }).waitFor();
    },
  },
  {
    name: 'a chat whose model is gone',
    async enter(demo) {
      await demo.start({ chat: 'main', scope: 'models' });
      await demo.page.evaluate(() => {
        window.demo.hub.desk.models = window.demo.hub.desk.models.slice(1);
        window.demo.hub.desk.tellModels();
      });
      await demo.page.getByRole('button', { name: 'Pull again' }).waitFor();
    },
  },
  { name: 'a chat that is to be exported', enter: exported },
  {
    name: 'what came of an import',
    async enter(demo) {
      await openChats(demo);
      await demo.page.getByRole('button', { name: 'Import chats…' }).click();
      const sheet = demo.page.getByRole('dialog', { name: 'Chats as files' });
      await sheet.getByRole('button', { name: 'Choose a file…' }).waitFor();
      await sheet
        .locator('input[type=file]')
        .setInputFiles({ name: 'chats.json', mimeType: 'application/json', buffer: Buffer.from('["one","two",3]') });
      await sheet.locator('p').getByText('2 chats were imported. 1 could not be read').waitFor();
    },
  },
  {
    name: 'a text file with the question, and one that is too long',
    async enter(demo) {
      await demo.start({ chat: 'fresh' });
      await demo.page
        .locator('c2l-composer input[type=file]')
        .first()
        .setInputFiles([
          { name: 'notes.md', mimeType: 'text/markdown', buffer: Buffer.from('# Notes\n'.repeat(500)) },
          { name: 'long.log', mimeType: 'text/plain', buffer: Buffer.alloc(200_000, 97) },
        ]);
      await demo.page.getByText('long.log has').waitFor();
    },
  },
  {
    name: 'an image for a model that cannot see',
    async enter(demo) {
      await demo.start({ chat: 'fresh' });
      await demo.page.evaluate(async () => {
        window.demo.hub.reply({
          type: 'models',
          items: [
            { name: 'qwen3:8b', capabilities: ['completion', 'thinking'] },
            { name: 'gemma3:4b', capabilities: ['completion', 'vision'] },
          ],
          suggested: 'qwen3:8b',
        });
        const canvas = Object.assign(document.createElement('canvas'), { width: 400, height: 300 });
        canvas.getContext('2d')?.fillRect(40, 40, 200, 200);
        const blob = await new Promise<Blob | null>((resolve) => {
          canvas.toBlob(resolve, 'image/jpeg');
        });
        const data = new DataTransfer();
        data.items.add(new File([blob ?? ''], 'cat.jpg', { type: 'image/jpeg' }));
        const paste = new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data });
        document.querySelector('c2l-composer textarea')?.dispatchEvent(paste);
      });
      await demo.page.getByText('cannot see images').waitFor();
    },
  },
];
