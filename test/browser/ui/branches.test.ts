import assert from 'node:assert/strict';
import { DemoPages, type DemoPage } from './demoPage.ts';

describe('messages asked again and edited, in Chromium', () => {
  const pages = DemoPages.ofSuite();
  let demo: DemoPage;
  pages.forEachTest(async () => {
    demo = await pages.open();
    return demo;
  });

  const answered = async (text: string): Promise<void> => {
    await demo.page.evaluate((piece) => {
      window.demo.hub.chunk(piece);
      window.demo.hub.finish();
    }, text);
    await demo.page.getByRole('button', { name: 'Send' }).waitFor();
  };
  const focused = (): Promise<string | null | undefined> => demo.page.evaluate(() => document.activeElement?.getAttribute('aria-label'));

  it('keeps both answers and switches between them from the keyboard, the focus staying on the switch', async () => {
    await demo.start({ chat: 'main' });
    const last = demo.articles.last();
    await last.getByRole('button', { name: 'Regenerate' }).click();
    await demo.page.getByRole('button', { name: 'Stop' }).waitFor();
    await demo.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'qwen3:8b, answer 2 of 2');
    assert.equal(await last.getByRole('button', { name: 'Regenerate' }).count(), 0);
    await answered('The second answer.');
    await demo.shows(last, 'Answer 2 of 2');
    await last.getByRole('button', { name: 'Previous answer' }).focus();
    await demo.page.keyboard.press('Enter');
    await demo.shows(last, 'The tunnel keeps');
    await demo.shows(demo.status, 'Answer 1 of 2');
    await demo.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Previous answer');
    await demo.page.keyboard.press('ArrowRight');
    assert.equal(await focused(), 'Next answer');
    await demo.page.keyboard.press('Enter');
    await demo.shows(last, 'The second answer.');
    await demo.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Next answer');
    await demo.page.keyboard.press('End');
    assert.equal(await focused(), 'Copy message');
    await demo.page.keyboard.press('Shift+Tab');
    assert.equal(await demo.page.evaluate(() => document.activeElement?.closest('[role=toolbar]')), null);
  });

  it('edits a question in its place: Escape leaves and keeps the draft, Enter asks', async () => {
    await demo.start({ chat: 'main' });
    const question = demo.articles.nth(2);
    await question.getByRole('button', { name: 'Edit' }).focus();
    await demo.page.keyboard.press('Enter');
    const field = question.getByRole('textbox', { name: 'Edit message' });
    await demo.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Edit message');
    await demo.page.keyboard.type(' Briefly.');
    await demo.page.keyboard.press('Escape');
    await field.waitFor({ state: 'detached' });
    assert.equal(await demo.page.evaluate(() => document.activeElement?.textContent), 'Edit');
    assert.equal(await demo.page.evaluate(() => window.demo.hub.sent.filter(({ type }) => type === 'stop').length), 0);
    await demo.page.keyboard.press('Enter');
    assert.match(await field.inputValue(), /Briefly\.$/);
    await demo.page.keyboard.press('Enter');
    await demo.page.getByRole('button', { name: 'Stop' }).waitFor();
    await answered('In short: sealed.');
    await demo.shows(question, 'Version 2 of 2');
    await question.getByRole('button', { name: 'Previous message' }).click();
    await demo.shows(demo.articles.last(), 'The tunnel keeps');
  });

  it('goes on editing when the question was refused', async () => {
    await demo.start({ chat: 'main' });
    await demo.page.evaluate(() => {
      window.demo.hub.refuseNext = 'storeFailed';
    });
    await demo.articles.nth(2).getByRole('button', { name: 'Edit' }).click();
    const field = demo.page.getByRole('textbox', { name: 'Edit message' });
    await field.fill('Another question');
    await field.press('Enter');
    await demo.page.getByText('The chat could not be saved.').first().waitFor();
    assert.equal(await field.inputValue(), 'Another question');
  });

  it('queues a question while an answer is written, shows it, and sends it when that has ended', async () => {
    await demo.start({ isNew: true });
    await demo.ask('First');
    assert.equal(await demo.page.getByRole('button', { name: 'Send' }).count(), 0);
    await demo.message.fill('Second');
    await demo.page.getByRole('button', { name: 'Send' }).click();
    await demo.shows(demo.articles.last(), /Second\s+Queued/);
    await demo.message.fill('Third');
    await demo.page.keyboard.press('Enter');
    await demo.shows(demo.articles.last(), /Third\s+Queued/);
    await demo.articles.last().getByRole('button', { name: 'Remove' }).click();
    await demo.page.getByText('Third').waitFor({ state: 'detached' });
    await demo.page.evaluate(() => {
      window.demo.hub.chunk('One.');
      window.demo.hub.finish();
    });
    await demo.page.getByRole('article', { name: 'qwen3:8b, answer 2 of 2' }).waitFor();
    assert.deepEqual(
      await demo.page.evaluate(() => window.demo.hub.sent.flatMap((request) => (request.type === 'send' ? [request.text] : []))),
      ['First', 'Second'],
    );
  });
});
