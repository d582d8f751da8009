import assert from 'node:assert/strict';
import type { ChatRequest } from '../../../src/protocol/chat.ts';
import { DemoPages, type DemoPage } from './demoPage.ts';

describe('how a chat is asked, in Chromium', () => {
  const pages = DemoPages.ofSuite();
  let demo: DemoPage;
  pages.forEachTest(async () => {
    demo = await pages.open();
    await demo.start({ chat: 'main' });
    await demo.articles.last().waitFor();
    return demo;
  });

  const button = (name: string) => demo.page.getByRole('button', { name, exact: true });
  const field = (name: string) => demo.page.getByRole('textbox', { name, exact: true });
  const focused = () => demo.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id);
  async function sent<T extends ChatRequest['type']>(type: T): Promise<Extract<ChatRequest, { type: T }>[]> {
    const all = await demo.page.evaluate(() => window.demo.hub.sent);
    return all.filter((request): request is Extract<ChatRequest, { type: T }> => request.type === type);
  }
  const settingsSent = async () => (await sent('configure')).map(({ settings }) => settings);
  const answered = async (stats: { promptTokens?: number; contextLength?: number; reason?: string }): Promise<void> => {
    await demo.ask('Go on');
    await demo.page.evaluate((counters) => {
      window.demo.hub.chunk('So be it.');
      window.demo.hub.finish(counters);
    }, stats);
    await button('Send').waitFor();
  };

  describe('settings', () => {
    it('are set from the keyboard, kept by the hub, and named in the header; the focus goes back', async () => {
      await button('Chat settings').focus();
      await demo.page.keyboard.press('Enter');
      await demo.page.getByRole('dialog', { name: 'Chat settings' }).waitFor();
      assert.equal(await focused(), 'c2l-systemPrompt');
      await demo.page.keyboard.type('Be brief.');
      await demo.page.keyboard.press('Tab');
      await demo.page.keyboard.type('0.2');
      await demo.page.keyboard.press('Tab');
      await demo.page.keyboard.type('8k');
      await demo.page.keyboard.press('Enter');
      await demo.page.getByText('system prompt · temperature 0.2 · context 8,192').waitFor();
      assert.deepEqual(await settingsSent(), [{ systemPrompt: 'Be brief.', temperature: 0.2, contextLength: 8192 }]);
      assert.equal(await focused(), 'Chat settings');
      await demo.page.keyboard.press('Enter');
      assert.equal(await field('Context length').inputValue(), '8192');
      await button('Reset to default').click();
      await button('Save').click();
      await demo.page.getByText('system prompt ·').waitFor({ state: 'detached' });
      assert.deepEqual((await settingsSent()).at(-1), {});
    });

    it('leave what was typed with Escape, stop no answer by it, and give the focus back', async () => {
      await demo.ask('Why?');
      await button('Chat settings').click();
      await field('Temperature').fill('1');
      await demo.page.keyboard.press('Escape');
      await demo.page.getByRole('dialog').waitFor({ state: 'detached' });
      assert.equal(await focused(), 'Chat settings');
      assert.deepEqual([...(await settingsSent()), ...(await sent('stop'))], []);
    });

    it('say what is wrong with them at their field, and save nothing until it is right', async () => {
      await button('Chat settings').click();
      await field('System prompt').fill('x'.repeat(7000));
      await demo.page.getByText('7,002 of 8,192 bytes').waitFor();
      await field('Temperature').fill('3');
      await field('Context length').fill('65536');
      await button('Save').click();
      await demo.page.getByText('Enter a number from 0 to 2.').waitFor();
      await demo.page.getByText('Enter a whole number from 512 to 32,768, the most from a browser.').waitFor();
      assert.equal(await focused(), 'c2l-temperature');
      assert.equal(await field('Temperature').getAttribute('aria-invalid'), 'true');
      await field('Temperature').fill('2');
      await field('Context length').fill('4096');
      await demo.page.getByText('Enter a').waitFor({ state: 'detached' });
      await button('Save').click();
      await demo.page.getByRole('dialog').waitFor({ state: 'detached' });
      assert.deepEqual(
        (await settingsSent()).map(({ contextLength }) => contextLength),
        [4096],
      );
    });

    it('follow another view while they are open, but where something was typed', async () => {
      await button('Chat settings').click();
      await field('Temperature').fill('1');
      await demo.page.evaluate(() => {
        window.demo.hub.configure({ temperature: 0.5, contextLength: 4096 });
      });
      await demo.page.waitForFunction(() => document.querySelector<HTMLInputElement>('#c2l-contextLength')?.value === '4096');
      assert.equal(await field('Temperature').inputValue(), '1');
      await button('Save').click();
      await demo.page.getByText('temperature 1 · context 4,096').waitFor();
    });

    it('offer thinking where the model can think, and in a browser no more memory than it may ask for', async () => {
      const has = (capabilities: string[]) =>
        demo.page.evaluate((names) => {
          window.demo.hub.reply({ type: 'models', items: [{ name: 'qwen3:8b', capabilities: names, contextLength: 40_960 }] });
        }, capabilities);
      await has(['completion']);
      await button('Chat settings').click();
      const select = (name: string) => demo.page.getByRole('combobox', { name, exact: true });
      await select('Keep the model in memory').waitFor();
      assert.equal(await select('Thinking').count(), 0);
      assert.equal(await select('Keep the model in memory').locator('option').count(), 4);
      await has(['completion', 'thinking']);
      await select('Thinking').selectOption('High');
      await demo.page.getByText('qwen3:8b was trained for 40,960.').waitFor();
      await button('Save').click();
      await demo.page.getByText('thinking high').waitFor();
      assert.deepEqual(await settingsSent(), [{ think: 'high' }]);
    });
  });

  describe('saved prompts', () => {
    const keep = () =>
      demo.page.evaluate(() => {
        window.demo.hub.prompts.items = ['explain', 'review', 'tests'].map((name) => ({
          ...{ id: window.demo.idOf(name), name },
          text: `Please ${name}.`,
        }));
      });

    it('come into the message with a slash, arrows and Enter or Tab; Escape leaves what was typed', async () => {
      await keep();
      await demo.message.focus();
      await demo.page.keyboard.type('/');
      const menu = demo.page.getByRole('listbox', { name: 'Saved prompts' });
      await menu.waitFor();
      assert.deepEqual(await menu.getByRole('option').locator('.prompt-name').allInnerTexts(), ['/explain', '/review', '/tests']);
      await demo.page.keyboard.press('ArrowDown');
      const active = await demo.message.getAttribute('aria-activedescendant');
      assert.equal(await demo.page.locator(`#${String(active)}`).getAttribute('aria-selected'), 'true');
      await demo.page.keyboard.press('Enter');
      assert.equal(await demo.message.inputValue(), 'Please review.');
      assert.equal(await menu.count(), 0);
      await demo.page.keyboard.type(' Now');
      assert.equal(await demo.message.inputValue(), 'Please review. Now');
      await demo.message.fill('/te');
      await menu.waitFor();
      await demo.page.keyboard.press('Tab');
      assert.equal(await demo.message.inputValue(), 'Please tests.');
      await demo.message.fill('/re');
      await menu.waitFor();
      await demo.page.keyboard.press('Escape');
      await menu.waitFor({ state: 'detached' });
      assert.deepEqual(await sent('send'), []);
      await demo.page.keyboard.press('Enter');
      assert.deepEqual(
        (await sent('send')).map(({ text }) => text),
        ['/re'],
      );
    });

    it('are made of the message, changed, used, and deleted with Undo, from the keyboard', async () => {
      await demo.message.fill('Translate this.');
      await button('Saved prompts').focus();
      await demo.page.keyboard.press('Enter');
      await button('Save the message as a prompt').waitFor();
      await demo.page.keyboard.press('Enter');
      await demo.page.keyboard.type('two words');
      await demo.page.keyboard.press('Enter');
      await demo.page.getByText('without spaces').waitFor();
      assert.equal(await focused(), 'c2l-prompt-name');
      await field('Name').fill('translate');
      await demo.page.keyboard.press('Enter');
      await demo.page.getByRole('button', { name: '/translate' }).waitFor();
      await demo.page.getByRole('dialog').getByRole('button', { name: 'Edit' }).click();
      await field('Name').fill('french');
      await field('Text').fill('Translate this into French.');
      await button('Save').click();
      await demo.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await demo.page.waitForFunction(() => document.activeElement?.textContent.trim() === 'Undo');
      assert.equal(await demo.page.getByRole('button', { name: '/french' }).count(), 0);
      await demo.page.keyboard.press('Enter');
      await demo.page.getByRole('button', { name: '/french' }).click();
      await demo.page.getByRole('dialog').waitFor({ state: 'detached' });
      assert.equal(await demo.message.inputValue(), 'Translate this.\n\nTranslate this into French.');
      assert.equal(await focused(), 'Message');
      assert.deepEqual(
        (await sent('savePrompt')).map(({ name }) => name),
        ['translate', 'french', 'french'],
      );
    });
  });

  describe('the context', () => {
    it('is shown as a share of what Ollama gave, and a press goes to its setting', async () => {
      await answered({ promptTokens: 682, contextLength: 4000 });
      const meter = demo.page.getByRole('button', { name: 'Context 25 % used, 1,000 of 4,000 tokens' });
      await meter.click();
      await demo.page.getByRole('dialog', { name: 'Chat settings' }).waitFor();
      assert.equal(await focused(), 'c2l-contextLength');
    });

    it('is not shown while nothing is known of it', async () => {
      assert.equal(await demo.page.getByRole('button', { name: /^Context/ }).count(), 0);
    });

    it('warns before messages fall out of it, with the ways on, and is quiet once that was read', async () => {
      await answered({ promptTokens: 3082, contextLength: 4000 });
      const warning = demo.page.getByRole('region', { name: 'Context' });
      await warning.getByText('The context is 85 % full.').waitFor();
      await warning.getByRole('button', { name: 'Larger context…' }).click();
      assert.equal(await focused(), 'c2l-contextLength');
      await demo.page.keyboard.press('Escape');
      await warning.getByRole('button', { name: 'Dismiss' }).click();
      await warning.waitFor({ state: 'detached' });
      await answered({ promptTokens: 3200, contextLength: 4000 });
      assert.equal(await warning.count(), 0);
      await answered({ promptTokens: 3900, contextLength: 4000 });
      await warning.getByText('The context is full.').waitFor();
      await warning.getByRole('button', { name: 'New chat' }).click();
      await demo.page.getByRole('heading', { level: 1, name: 'New chat' }).waitFor();
      assert.equal(await warning.count(), 0);
    });
  });

  it('goes on with an answer that came to its limit', async () => {
    await answered({ reason: 'length' });
    const last = demo.articles.last();
    await last.getByText('cut off at the length limit').waitFor();
    await last.getByRole('button', { name: 'Continue' }).click();
    await button('Stop').waitFor();
    await demo.page.evaluate(() => {
      window.demo.hub.chunk(' And more.');
      window.demo.hub.finish();
    });
    await demo.shows(last, 'So be it. And more.');
    assert.equal(await last.getByRole('button', { name: 'Continue' }).count(), 0);
    assert.equal((await sent('continue')).length, 1);
  });
});
