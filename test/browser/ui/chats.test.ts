import assert from 'node:assert/strict';
import { DemoPages, type DemoPage } from './demoPage.ts';

describe('the list of chats in Chromium', () => {
  const pages = DemoPages.ofSuite();
  let demo: DemoPage;
  pages.forEachTest(async () => {
    demo = await pages.open();
    await demo.start({ chat: 'main' });
    return demo;
  });

  const nav = () => demo.page.getByRole('navigation', { name: 'Chats' });

  it('renames with F2 in place: Enter keeps the title, Escape does not', async () => {
    await nav().getByRole('button', { name: 'How does the tunnel work?' }).focus();
    await demo.page.keyboard.press('F2');
    const field = demo.page.getByRole('textbox', { name: 'New title' });
    await field.fill('Tunnels');
    await demo.page.keyboard.press('Enter');
    await demo.page.getByRole('heading', { level: 1, name: 'Tunnels' }).waitFor();
    await demo.page.waitForFunction(() => document.activeElement?.textContent.trim() === 'Tunnels');
    await demo.page.keyboard.press('F2');
    await field.fill('Nothing');
    await demo.page.keyboard.press('Escape');
    await nav().getByRole('button', { name: 'Tunnels' }).waitFor();
    assert.equal(await demo.page.evaluate(() => window.demo.hub.sent.filter(({ type }) => type === 'rename').length), 1);
  });

  it('deletes the chat that is shown, with the focus on Undo, which brings it back and opens it', async () => {
    await nav().getByRole('button', { name: 'How does the tunnel work?' }).focus();
    await demo.page.keyboard.press('Delete');
    await demo.page.getByRole('heading', { level: 1, name: 'New chat' }).waitFor();
    await demo.page.waitForFunction(() => document.activeElement?.textContent.trim() === 'Undo');
    assert.equal(await nav().getByRole('button', { name: 'How does the tunnel work?' }).count(), 0);
    await demo.page.keyboard.press('Enter');
    await demo.page.getByRole('heading', { level: 1, name: 'How does the tunnel work?' }).waitFor();
    await demo.articles.last().waitFor();
    await nav().getByRole('button', { name: 'How does the tunnel work?' }).waitFor();
  });

  it('lists what was deleted, and gives it back', async () => {
    await nav().getByRole('button', { name: 'Sourdough' }).focus();
    for (const name of ['Rename', 'Export', 'Delete']) {
      await demo.page.keyboard.press('Tab');
      assert.equal(await demo.page.evaluate(() => document.activeElement?.getAttribute('aria-label')), name);
    }
    await demo.page.keyboard.press('Enter');
    await demo.page.getByRole('button', { name: 'Undo' }).waitFor();
    await demo.page.getByRole('button', { name: 'Deleted chats' }).click();
    await demo.page.getByRole('heading', { name: 'Deleted chats' }).waitFor();
    await nav().getByText('Sourdough').waitFor();
    await nav().getByRole('button', { name: 'Restore' }).click();
    await nav().getByText('Nothing is deleted.').waitFor();
    await nav().getByRole('button', { name: 'Back to chats' }).click();
    await nav().getByRole('button', { name: 'Sourdough' }).waitFor();
    assert.equal(await demo.page.evaluate(() => document.activeElement?.textContent.trim()), 'Deleted chats');
  });

  it('finds words in messages, marks them, and goes to the message on whatever page it is', async () => {
    const field = demo.page.getByRole('searchbox', { name: 'Search chats' });
    await field.fill('Question 7');
    await demo.page.getByRole('heading', { name: '11 found' }).waitFor();
    assert.deepEqual([...new Set(await nav().locator('mark').allInnerTexts())], ['Question 7']);
    await field.press('ArrowDown');
    await demo.page.keyboard.press('Enter');
    await demo.page.waitForFunction(() => document.activeElement?.textContent.trim().startsWith('Question 7') === true);
    assert.ok(await demo.articles.getByText('Question 7', { exact: true }).isVisible());
    await field.press('Escape');
    assert.equal(await field.inputValue(), '');
    await nav().getByRole('button', { name: 'A long one' }).waitFor();
  });

  it('says of a deletion above the composer where the list is out of sight', async () => {
    await demo.page.setViewportSize({ width: 400, height: 700 });
    await demo.page.getByRole('button', { name: 'Chats', exact: true }).click();
    await demo.page.getByRole('button', { name: 'Delete' }).first().click();
    await demo.page.getByRole('dialog').getByRole('button', { name: 'Undo' }).waitFor();
    await demo.page.getByRole('button', { name: 'Close' }).click();
    await demo.page.getByRole('main').getByRole('button', { name: 'Undo' }).click();
    await demo.page.getByRole('heading', { level: 1, name: 'How does the tunnel work?' }).waitFor();
    assert.equal(await demo.page.getByRole('button', { name: 'Undo' }).count(), 0);
  });
});
