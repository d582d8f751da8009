import assert from 'node:assert/strict';
import { DemoPages, type DemoPage } from './demoPage.ts';

describe('the chat in Chromium', () => {
  const pages = DemoPages.ofSuite();
  let demo: DemoPage;
  pages.forEachTest(async () => {
    demo = await pages.open();
    return demo;
  });

  it('draws each piece before the next one is sent', async () => {
    await demo.start({ isNew: true });
    await demo.ask('Count');
    const answer = demo.articles.last();
    for (let i = 1; i <= 20; i++) {
      await demo.page.evaluate(
        (piece) => {
          window.demo.hub.chunk(piece);
        },
        `piece${String(i)} `,
      );
      await answer.getByText(`piece${String(i)}`, { exact: false }).waitFor();
      assert.equal(await answer.getByText(`piece${String(i + 1)}`).count(), 0);
    }
    await demo.page.evaluate(() => {
      window.demo.hub.finish();
    });
    await demo.page.getByRole('button', { name: 'Send' }).waitFor();
    assert.match(await answer.innerText(), /qwen3:8b · 50 tok\/s · first token 610 ms · 318 tokens/);
  });

  it('shows that the model is loading, then typing, then a caret, then neither', async () => {
    await demo.start({ isNew: true });
    await demo.ask('Hello');
    const answer = demo.articles.last();
    await answer.locator('.typing').waitFor();
    await demo.page.evaluate(() => {
      window.demo.hub.loading();
    });
    await demo.shows(answer, /Loading qwen3:8b \(5\.2 GB\), \d+ s/);
    await demo.page.evaluate(() => {
      window.demo.hub.chunk('Hi');
    });
    await answer.locator('.growing').waitFor();
    assert.equal(await answer.locator('.typing').count(), 0);
    await demo.page.evaluate(() => {
      window.demo.hub.finish();
    });
    await answer.locator('.growing').waitFor({ state: 'detached' });
  });

  it('names articles, announces begin and end, and never the text', async () => {
    await demo.start({ isNew: true });
    await demo.ask('Name them');
    await demo.page.getByRole('article', { name: 'You, message 1 of 1' }).waitFor();
    await demo.page.getByRole('article', { name: 'qwen3:8b, answer 1 of 1' }).waitFor();
    await demo.page.evaluate(() => {
      window.demo.hub.chunk('one two ');
    });
    await demo.shows(demo.status, 'Answer started');
    await demo.page.evaluate(() => {
      window.demo.hub.chunk('three');
      window.demo.hub.finish();
    });
    await demo.shows(demo.status, 'Answer finished, 3 words');
    assert.equal(await demo.page.locator('[aria-live], [role=log]').count(), 0);
  });

  it('stops once, by button or by Escape, and keeps what had come', async () => {
    await demo.start({ isNew: true });
    await demo.ask('Go on');
    await demo.page.evaluate(() => {
      window.demo.hub.chunk('half an ans');
    });
    await demo.page.getByRole('button', { name: 'Stop' }).click();
    await demo.shows(demo.status, 'Stopping');
    await demo.page.keyboard.press('Escape');
    assert.equal(await demo.page.evaluate(() => window.demo.hub.sent.filter(({ type }) => type === 'stop').length), 1);
    await demo.page.evaluate(() => {
      window.demo.hub.end('stopped');
    });
    await demo.page.getByRole('button', { name: 'Send' }).waitFor();
    assert.match(await demo.articles.last().innerText(), /half an ans\s+qwen3:8b · stopped/);
  });

  it('gives back a refused question, and says why', async () => {
    await demo.start({ isNew: true });
    await demo.page.evaluate(() => {
      window.demo.hub.refuseNext = 'storeFailed';
    });
    await demo.message.fill('Keep me');
    await demo.page.keyboard.press('Enter');
    await demo.page.getByText('Not sent. The chat could not be saved.').first().waitFor();
    assert.equal(await demo.message.inputValue(), 'Keep me');
    assert.match(await demo.page.getByRole('alert').innerText(), /Not sent/);
    assert.equal(await demo.articles.count(), 0);
  });

  it('shows an answer that broke off with the reason', async () => {
    await demo.start({ isNew: true });
    await demo.ask('Break');
    await demo.page.evaluate(() => {
      window.demo.hub.chunk('so far');
      window.demo.hub.end('error', 'ollamaOutOfMemory');
    });
    await demo.shows(demo.articles.last(), /so far[^]*does not fit into memory/);
    assert.match(await demo.page.getByRole('alert').innerText(), /does not fit into memory/);
  });

  it('can be used with the keyboard alone', async () => {
    await demo.start({ chat: 'main' });
    await demo.message.focus();
    await demo.page.keyboard.type('first line');
    await demo.page.keyboard.press('Shift+Enter');
    await demo.page.keyboard.type('second');
    assert.equal(await demo.message.inputValue(), 'first line\nsecond');
    /** By Tab, and no other way. */
    const reach = async (name: RegExp): Promise<void> => {
      const focused = (): Promise<string> =>
        demo.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent.trim() ?? '');
      for (let left = 10; left > 0 && !name.test(await focused()); left--) await demo.page.keyboard.press('Tab');
      assert.match(await focused(), name);
    };
    await reach(/^Model:/);
    await demo.page.keyboard.press('Enter');
    await demo.page.getByRole('listbox', { name: 'Model' }).waitFor();
    await demo.page.keyboard.press('g');
    await demo.page.keyboard.press('Enter');
    await demo.page.getByRole('button', { name: 'Model: gemma3:4b' }).waitFor();
    await reach(/^Send$/);
    await demo.page.keyboard.press('Enter');
    await demo.page.getByRole('article', { name: 'gemma3:4b, answer 3 of 3' }).waitFor();
    await demo.page.keyboard.press('Escape');
    await demo.shows(demo.status, 'Stopping');
    await demo.page.evaluate(() => {
      window.demo.hub.end('stopped');
    });
    await demo.articles.last().focus();
    await demo.page.keyboard.press('PageUp');
    assert.equal(await demo.page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'You, message 3 of 3');
  });

  it('leaves Enter to an input method that is composing', async () => {
    await demo.start({ isNew: true });
    await demo.message.fill('かん');
    await demo.message.dispatchEvent('keydown', { key: 'Enter', isComposing: true });
    await demo.message.dispatchEvent('keydown', { key: 'Enter', keyCode: 229 });
    assert.equal(await demo.message.inputValue(), 'かん');
    await demo.page.keyboard.press('Enter');
    await demo.page.getByRole('button', { name: 'Stop' }).waitFor();
  });

  it('sends text that was typed within the same frame as Enter, and empties the field', async () => {
    await demo.start({ isNew: true });
    await demo.message.focus();
    await demo.page.evaluate(() => {
      const input = document.activeElement as HTMLTextAreaElement;
      input.value = 'at once';
      input.dispatchEvent(new InputEvent('input', { bubbles: true }));
      input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    });
    await demo.page.getByRole('article', { name: 'You, message 1 of 1' }).getByText('at once').waitFor();
    assert.equal(await demo.message.inputValue(), '');
  });

  it('goes on with an answer after a reload, with the draft in place', async () => {
    await demo.start({ isNew: true });
    await demo.ask('Stay');
    await demo.page.evaluate(() => {
      window.demo.hub.chunk('before ');
    });
    await demo.shows(demo.articles.last(), /before/);
    await demo.message.fill('a draft');
    await demo.page.reload();
    await demo.start();
    await demo.shows(demo.articles.last(), /before/);
    assert.equal(await demo.message.inputValue(), 'a draft');
    await demo.page.evaluate(() => {
      window.demo.hub.chunk('after');
      window.demo.hub.finish();
    });
    await demo.shows(demo.articles.last(), /before after/);
  });

  it('switches chats with their own drafts, and back in the browser goes back', async () => {
    await demo.start({ chat: 'main' });
    await demo.message.fill('for main');
    await demo.page.getByRole('navigation', { name: 'Chats' }).getByRole('button', { name: 'A long one' }).click();
    await demo.page.getByRole('heading', { level: 1, name: 'A long one' }).waitFor();
    assert.equal(await demo.message.inputValue(), '');
    await demo.page.goBack();
    await demo.page.getByRole('heading', { level: 1, name: 'How does the tunnel work?' }).waitFor();
    assert.equal(await demo.message.inputValue(), 'for main');
  });

  it('asks again when Ollama has stopped', async () => {
    await demo.start({ isNew: true });
    await demo.page.evaluate(() => {
      window.demo.hub.setOllama({ state: 'notRunning', url: 'http://127.0.0.1:11434' });
    });
    await demo.page.getByText('Ollama is not running on the computer.').waitFor();
    const asked = (): Promise<number> => demo.page.evaluate(() => window.demo.hub.sent.filter(({ type }) => type === 'listModels').length);
    const before = await asked();
    await demo.page.getByRole('button', { name: 'Check again' }).click();
    assert.equal(await asked(), before + 1);
  });
});
