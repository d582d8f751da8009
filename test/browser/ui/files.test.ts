import assert from 'node:assert/strict';
import { DemoPages, type DemoPage } from './demoPage.ts';

const vision = [
  { name: 'qwen3:8b', capabilities: ['completion', 'thinking'] },
  { name: 'gemma3:4b', capabilities: ['completion', 'vision'] },
];

describe('images, files and temporary chats in Chromium', () => {
  const pages = DemoPages.ofSuite();
  let demo: DemoPage;
  pages.forEachTest(async () => {
    demo = await pages.open('/', { viewport: { width: 900, height: 800 } });
    await demo.start({ chat: 'fresh' });
    return demo;
  });

  const choose = (model: string): Promise<void> =>
    demo.page.evaluate(
      ([items, name]) => {
        window.demo.hub.reply({ type: 'models', items: items.toSorted((a) => (a.name === name ? -1 : 1)), suggested: name });
      },
      [vision, model] as const,
    );
  const thumbnails = () => demo.page.getByRole('list', { name: 'Images of the message' });
  const sent = (): Promise<string[]> => demo.page.evaluate(() => window.demo.hub.sent.map(({ type }) => type));

  /** Gives the composer a picture as the clipboard or a drag does. */
  const give = (how: 'paste' | 'drop', name: string, width = 40, height = 30): Promise<void> =>
    demo.page.evaluate(
      async ([event, title, w, h]) => {
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [w, h];
        const context = canvas.getContext('2d');
        if (!context) throw new Error('no canvas');
        const sky = context.createLinearGradient(0, 0, w, h);
        sky.addColorStop(0, 'steelblue');
        sky.addColorStop(1, 'peachpuff');
        context.fillStyle = sky;
        context.fillRect(0, 0, w, h);
        const blob = await new Promise<Blob | null>((resolve) => {
          canvas.toBlob(resolve, 'image/jpeg');
        });
        const data = new DataTransfer();
        data.items.add(new File([blob ?? ''], title, { type: 'image/jpeg' }));
        const options = { bubbles: true, cancelable: true };
        const made =
          event === 'paste'
            ? new ClipboardEvent('paste', { ...options, clipboardData: data })
            : new DragEvent('drop', { ...options, dataTransfer: data });
        document.querySelector('c2l-composer textarea')?.dispatchEvent(made);
      },
      [how, name, width, height] as const,
    );

  it('takes a picture from the clipboard, a drag and a chosen file, smaller and without what the file tells, and shows it with its question', async () => {
    await choose('gemma3:4b');
    await give('paste', 'cat.jpg', 4000, 3000);
    await thumbnails().getByRole('img', { name: 'cat.jpg' }).waitFor();
    await give('drop', 'dog.jpg');
    await thumbnails().getByRole('img', { name: 'dog.jpg' }).waitFor();
    const [chooser] = await Promise.all([
      demo.page.waitForEvent('filechooser'),
      demo.page.getByRole('button', { name: 'Attach files' }).click(),
    ]);
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';
    await chooser.setFiles([{ name: 'bad.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(svg) }]);
    await demo.page.getByText('bad.jpg cannot be read as an image.').waitFor();
    await thumbnails().getByRole('button', { name: 'Remove dog.jpg' }).click();
    await demo.message.fill('What is this?');
    await demo.page.getByRole('button', { name: 'Send' }).click();
    const shown = demo.articles.first().getByRole('img', { name: 'cat.jpg' });
    await shown.waitFor();
    assert.equal(await thumbnails().count(), 0);
    const [info] = await demo.page.evaluate(() => window.demo.hub.chats.get(window.demo.idOf('fresh'))?.messages[0]?.images ?? []);
    assert.deepEqual([info?.width, info?.height, info?.type], [1536, 1152, 'image/jpeg']);
    const natural = await shown.evaluate((image) => (image instanceof HTMLImageElement ? image.naturalWidth : 0));
    assert.equal(natural, 1536);
    await demo.page.reload();
    await demo.start();
    await demo.articles.first().getByRole('img', { name: 'cat.jpg' }).waitFor();
    assert.ok((await sent()).includes('getImage'));
  });

  it('says why a picture cannot go to a model that does not see, and lets it go to one that does', async () => {
    await choose('qwen3:8b');
    await give('paste', 'cat.jpg');
    await demo.page.getByText('qwen3:8b cannot see images. Choose one that can, such as gemma3:4b, or remove them.').waitFor();
    await demo.message.fill('What is this?');
    assert.ok(await demo.page.getByRole('button', { name: 'Send' }).isDisabled());
    await choose('gemma3:4b');
    await demo.page.getByText('cannot see images').waitFor({ state: 'detached' });
    await demo.page.keyboard.press('Enter');
    await demo.articles.first().getByRole('img', { name: 'cat.jpg' }).waitFor();
  });

  it('takes no more pictures than a question may have', async () => {
    await choose('gemma3:4b');
    for (const name of ['a', 'b', 'c', 'd', 'e']) await give('paste', `${name}.jpg`);
    await demo.page.getByText('A question takes 4 images.').waitFor();
    assert.equal(await thumbnails().getByRole('listitem').count(), 4);
  });

  it('adds a text file with its size and its share of the context, and says what is too long or no text', async () => {
    const input = demo.page.locator('c2l-composer input[type=file]').first();
    await input.setInputFiles([
      { name: 'notes.md', mimeType: 'text/markdown', buffer: Buffer.from('# Notes\n'.repeat(500)) },
      { name: 'long.log', mimeType: 'text/plain', buffer: Buffer.alloc(200_000, 97) },
      { name: 'tool.bin', mimeType: 'application/octet-stream', buffer: Buffer.from([0, 1, 2, 255]) },
    ]);
    const chips = demo.page.getByRole('list', { name: 'Sent with the message' });
    await chips.getByText('notes.md').waitFor();
    await chips.getByText('4.0 kB, about 1,000 tokens').waitFor();
    await demo.page.getByText('long.log has 200 kB; a question holds 57 kB. Take the part that matters. tool.bin is not text.').waitFor();
    await demo.message.fill('Sum it up');
    await demo.page.keyboard.press('Enter');
    await demo.articles.first().getByText('notes.md').waitFor();
    const [text] = await demo.page.evaluate(() =>
      window.demo.hub.sent.flatMap((request) => (request.type === 'send' ? [request.text] : [])),
    );
    assert.match(text ?? '', /^Sum it up\n\nFrom `notes\.md`:\n\n```md\n# Notes\n/);
  });

  it('begins a temporary chat, says in the header that it is one, and keeps nothing typed in it', async () => {
    await demo.page.getByRole('button', { name: 'Temporary chat' }).click();
    await demo.page.getByRole('heading', { level: 1, name: 'Temporary chat' }).waitFor();
    await demo.page.getByText('Not kept').waitFor();
    await demo.message.fill('zebra-draft');
    await demo.page.waitForTimeout(400);
    const kept = (): Promise<string> => demo.page.evaluate(() => JSON.stringify(Object.entries(sessionStorage)));
    assert.ok(!(await kept()).includes('zebra'));
    await demo.ask('zebra-question');
    assert.ok(!(await kept()).includes('zebra'));
    const request = await demo.page.evaluate(() => window.demo.hub.sent.find(({ type }) => type === 'send'));
    assert.ok(request?.type === 'send' && request.temporary === true);
    await demo.page.evaluate(() => {
      window.demo.hub.chunk('Yes.');
      window.demo.hub.finish();
    });
    await demo.page.getByText('Not kept').waitFor();
    await demo.page.getByRole('button', { name: 'New chat' }).click();
    await demo.page.getByRole('heading', { level: 1, name: 'New chat' }).waitFor();
    assert.equal(await demo.page.getByText('Not kept').count(), 0);
  });
});
