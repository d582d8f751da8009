import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { DemoPages, type DemoPage } from './demoPage.ts';

describe('the chat as a webview, in Chromium', () => {
  const pages = DemoPages.ofSuite();
  let demo: DemoPage;
  beforeEach(async () => {
    demo = await pages.open('/webview', {
      viewport: { width: 320, height: 700 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
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
      model: 'qwen3:8b',
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

  it('does with what its context menu was opened on what the editor’s commands say', async () => {
    const { page } = demo;
    const command = (name: 'copyMessage' | 'copyCode' | 'insertCode' | 'editMessage' | 'regenerateMessage') =>
      page.evaluate((one) => {
        window.host.post({ type: 'command', command: one });
      }, name);
    const copied = (text: string) => page.waitForFunction(async (wanted) => (await navigator.clipboard.readText()) === wanted, text);
    await demo.ask('Some code');
    await page.evaluate(() => {
      window.host.port.chunk('Here:\n\n```ts\none();\n```\n');
      window.host.port.finish();
    });
    const code = demo.articles.last().locator('pre');
    await code.click({ button: 'right' });
    await command('copyCode');
    await copied('one();\n');
    await command('insertCode');
    await page.waitForFunction(() => window.host.code.at(-1)?.action === 'insert');
    await command('copyMessage');
    await copied('Here:\n\n```ts\none();\n```\n');
    const context = (at: Locator) => at.evaluate((element) => (element as HTMLElement).dataset['vscodeContext']);
    assert.equal(await context(demo.articles.last().locator('.code-block')), '{"chatCode":true}');
    await demo.articles.nth(-2).click({ button: 'right' });
    assert.equal(await context(demo.articles.nth(-2)), '{"chatMessage":"question","mayBranch":true}');
    await command('editMessage');
    await page.getByRole('textbox', { name: 'Edit message' }).press('Escape');
    const first = demo.articles.nth(1);
    await first.click({ button: 'right' });
    await command('regenerateMessage');
    await page.waitForFunction(() => window.host.port.sent.some(({ type }) => type === 'regenerate'));
  });

  it('sends with the key that the person wants, and shows the figures of answers or not, as the editor’s settings say', async () => {
    const prefer = (sendWith: 'enter' | 'ctrlEnter', answerDetails: boolean) =>
      demo.page.evaluate(
        (preferences) => {
          window.host.post({ type: 'preferences', preferences });
        },
        { sendWith, answerDetails, thinking: 'collapsed', remoteImages: 'ask' } as const,
      );
    const sent = () => demo.page.evaluate(() => window.host.port.sent.filter(({ type }) => type === 'send').length);
    const figures = demo.articles.last().getByText('tok/s');
    assert.ok(await figures.isVisible());
    await prefer('ctrlEnter', false);
    await figures.waitFor({ state: 'hidden' });
    await demo.message.fill('one');
    await demo.page.keyboard.press('Enter');
    await demo.page.keyboard.type('two');
    assert.equal(await demo.message.inputValue(), 'one\ntwo');
    assert.equal(await sent(), 0);
    await demo.page.keyboard.press('Control+Enter');
    await demo.page.getByRole('button', { name: 'Stop' }).waitFor();
    assert.equal(await sent(), 1);
    await prefer('enter', true);
    await demo.articles.nth(1).getByText('tok/s').waitFor();
  });

  it('shows what the model has thought, and ways to pictures of other servers, as the editor’s settings say', async () => {
    const prefer = (thinking: 'collapsed' | 'expanded' | 'hidden', remoteImages: 'ask' | 'never') =>
      demo.page.evaluate(
        (preferences) => {
          window.host.post({ type: 'preferences', preferences });
        },
        { sendWith: 'enter', answerDetails: true, thinking, remoteImages } as const,
      );
    const answer = demo.articles.last();
    await demo.ask('A picture, please');
    await demo.page.evaluate(() => {
      window.host.port.thought('Which one, I wonder');
      window.host.port.chunk('Here: ![a cat](https://pictures.example/cat.png)');
      window.host.port.finish();
    });
    const thoughts = answer.getByText('Which one, I wonder');
    const open = answer.getByRole('link', { name: 'Open from pictures.example' });
    await open.waitFor();
    await answer.getByText('Thought for').waitFor();
    assert.ok(!(await thoughts.isVisible()));
    await prefer('expanded', 'never');
    await thoughts.waitFor();
    await open.waitFor({ state: 'hidden' });
    assert.match((await answer.textContent()) ?? '', /Picture: a cat/);
    await answer.getByText('Thought for').click();
    await thoughts.waitFor({ state: 'hidden' });
    await prefer('hidden', 'ask');
    await answer.getByText('Thought for').waitFor({ state: 'hidden' });
    await open.waitFor();
  });

  it('shows what was added to the question, takes it off, and keeps the rest over a reload', async () => {
    await demo.page.evaluate(() => {
      const lines = { first: 3, last: 4 };
      window.host.post({
        type: 'attach',
        items: [
          { path: 'src/a.ts', language: 'typescript', lines, text: 'let a;\nlet b;' },
          { path: 'README.md', language: 'markdown', text: '# Read' },
        ],
      });
    });
    const chips = demo.page.getByRole('list', { name: 'Sent with the message' });
    await chips.getByText('src/a.ts:3–4').click();
    await chips.getByText('let a;').waitFor();
    await demo.page.getByRole('button', { name: 'Remove README.md' }).click();
    await demo.message.fill('Why two?');
    await demo.page.reload();
    await chips.getByText('src/a.ts:3–4').waitFor();
    assert.equal(await chips.getByRole('listitem').count(), 1);
    await demo.message.focus();
    await demo.page.keyboard.press('Enter');
    await demo.page.getByRole('button', { name: 'Stop' }).waitFor();
    assert.equal(await chips.count(), 0);
    await demo.shows(demo.articles.nth(4), /Why two\?\s+src\/a\.ts:3–4/);
    assert.deepEqual(
      await demo.page.evaluate(() => window.host.port.sent.flatMap((request) => (request.type === 'send' ? [request.text] : []))),
      ['Why two?\n\nFrom `src/a.ts`, lines 3–4:\n\n```typescript\nlet a;\nlet b;\n```'],
    );
  });

  it('offers what an editor can do with code, the terminal for shell code alone', async () => {
    await demo.ask('How do I install it?');
    await demo.page.evaluate(() => {
      window.host.port.chunk('```sh\nnpm ci\n```\n\n```ts\nlet a;\n```');
      window.host.port.finish();
    });
    const blocks = demo.articles.last().locator('.code-block');
    await blocks.nth(1).getByRole('button', { name: 'Apply to the open file…' }).waitFor();
    assert.equal(await blocks.nth(1).getByRole('button', { name: 'Write to the terminal' }).count(), 0);
    await blocks.nth(0).getByRole('button', { name: 'Write to the terminal' }).click();
    await blocks.nth(1).getByRole('button', { name: 'Insert at cursor' }).click();
    await demo.page.evaluate(() => {
      window.host.post({ type: 'command', command: 'openLastAnswer' });
    });
    await demo.page.waitForFunction(() => window.host.code.length === 3);
    assert.deepEqual(await demo.page.evaluate(() => window.host.code.map(({ action, language }) => `${action} ${language}`)), [
      'terminal sh',
      'insert ts',
      'newFile markdown',
    ]);
  });

  it('searches, renames and deletes on the editor’s commands', async () => {
    const run = (command: 'searchChats' | 'renameChat' | 'deleteChat'): Promise<void> =>
      demo.page.evaluate((name) => {
        window.host.post({ type: 'command', command: name });
      }, command);
    await run('searchChats');
    await demo.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Search chats');
    await run('renameChat');
    await demo.page.getByRole('textbox', { name: 'New title' }).press('Escape');
    await demo.page.getByRole('button', { name: 'Close' }).click();
    await run('deleteChat');
    await demo.page.getByRole('button', { name: 'Undo' }).click();
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

  it('hands what mends Ollama to its host, one button for each trouble, and starts nothing itself', async () => {
    const cases = [
      ['notInstalled', 'Install Ollama', 'installOllama'],
      ['notRunning', 'Start Ollama', 'startOllama'],
      ['wrongHost', 'Open settings', 'openOllamaSettings'],
      ['blocked', 'Open settings', 'openOllamaSettings'],
      ['foreign', 'Open settings', 'openOllamaSettings'],
    ] as const;
    for (const [state, button, action] of cases) {
      await demo.page.evaluate((now) => {
        window.host.port.setOllama({ state: now, url: 'http://127.0.0.1:11434' });
      }, state);
      const card = demo.page.getByRole('region', { name: 'Ollama' });
      await card.getByRole('button', { name: button }).press('Enter');
      await demo.page.waitForFunction((wanted) => window.host.mended.at(-1) === wanted, action);
      await demo.page.evaluate(() => {
        window.host.port.setOllama({ state: 'ok' });
      });
      await card.waitFor({ state: 'detached' });
    }
    assert.equal(await demo.page.evaluate(() => window.host.mended.length), cases.length);
    assert.deepEqual(
      demo.requests.filter((url) => url.includes('ollama.com')),
      [],
    );
  });

  it('asks the model that the editor has chosen, and says which it is', async () => {
    await demo.page.evaluate(() => {
      window.host.post({ type: 'useModel', model: 'gemma3:4b' });
    });
    await demo.page.getByRole('button', { name: 'Model: gemma3:4b' }).waitFor();
    await demo.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Message');
    await demo.page.waitForFunction(() => window.host.views.at(-1)?.model === 'gemma3:4b');
  });
});
