import assert from 'node:assert/strict';
import { DemoPages, type DemoPage } from './demoPage.ts';

describe('the chat as a webview, in Chromium', () => {
  let pages: DemoPages;
  let demo: DemoPage;

  before(async () => {
    pages = await DemoPages.start();
  });
  after(async () => {
    await pages.stop();
  });
  beforeEach(async () => {
    demo = await pages.open('/webview', { viewport: { width: 320, height: 700 } });
    await demo.page.getByRole('article', { name: 'qwen3:8b, answer 2 of 2' }).waitFor();
  });
  afterEach(async () => {
    assert.equal(await demo.page.evaluate(() => window.host.refused), 0);
    assert.deepEqual(demo.faults, []);
    await demo.close();
  });

  it('opens the conversation that its host names, and says what it shows', async () => {
    await demo.message.focus();
    await demo.page.waitForFunction(() => window.host.views.at(-1)?.inputFocused === true);
    assert.deepEqual(await demo.page.evaluate(() => window.host.views.at(-1)), {
      conversationId: await demo.page.evaluate(() => window.host.views.at(-1)?.conversationId),
      title: 'How does the tunnel work?',
      hasConversation: true,
      hasAnswer: true,
      generating: false,
      chatFocused: true,
      inputFocused: true,
    });
  });

  it('streams an answer, says that it is generating, and stops on the editor’s command', async () => {
    await demo.ask('And then?');
    await demo.page.evaluate(() => {
      window.host.port.chunk('In the panel');
    });
    await demo.shows(demo.articles.last(), /In the panel/);
    await demo.page.waitForFunction(() => window.host.views.at(-1)?.generating === true);
    await demo.page.evaluate(() => {
      window.host.post({ type: 'command', command: 'stop' });
    });
    await demo.page.waitForFunction(() => window.host.port.sent.some(({ type }) => type === 'stop'));
  });

  it('carries out the editor’s commands as its own buttons do', async () => {
    await demo.page.evaluate(() => {
      window.host.post({ type: 'command', command: 'focusLastMessage' });
    });
    await demo.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'qwen3:8b, answer 2 of 2');
    await demo.page.evaluate(() => {
      window.host.post({ type: 'command', command: 'showChats' });
    });
    await demo.page.getByRole('dialog', { name: 'Chats' }).waitFor();
    await demo.page.evaluate(() => {
      window.host.post({ type: 'command', command: 'newChat' });
    });
    await demo.page.getByRole('heading', { level: 1, name: 'New chat' }).waitFor();
    await demo.page.evaluate(() => {
      window.host.post({ type: 'openConversation', conversationId: 'main000000000000000000' });
    });
    await demo.page.getByRole('heading', { level: 1, name: 'How does the tunnel work?' }).waitFor();
  });

  it('comes back as a new page with its chat and its draft', async () => {
    await demo.page.getByRole('button', { name: 'Chats' }).click();
    await demo.page.getByRole('button', { name: 'A long one' }).click();
    await demo.message.fill('half a thought');
    await demo.page.reload();
    await demo.page.getByRole('heading', { level: 1, name: 'A long one' }).waitFor();
    assert.equal(await demo.message.inputValue(), 'half a thought');
  });

  it('passes over messages that are not for it', async () => {
    await demo.page.evaluate(() => {
      window.postMessage({ type: 'reply', reply: { type: 'nonsense' } }, '*');
      window.postMessage('x', '*');
    });
    await demo.ask('Still there?');
  });
});
