import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Locator } from 'playwright-core';
import { DemoPages, type DemoPage } from './demoPage.ts';
import { openChats } from './sheetStates.ts';

describe('chats as files, in Chromium', () => {
  const pages = DemoPages.ofSuite();
  let demo: DemoPage;
  pages.forEachTest(async () => {
    demo = await pages.open('/', { viewport: { width: 420, height: 800 } });
    await openChats(demo);
    return demo;
  });

  const sheet = (): Locator => demo.page.getByRole('dialog', { name: 'Chats as files' });
  const give = async (name: string, buffer: Buffer): Promise<void> => {
    await demo.page.getByRole('button', { name: 'Import chats…' }).click();
    const [chooser] = await Promise.all([
      demo.page.waitForEvent('filechooser'),
      sheet().getByRole('button', { name: 'Choose a file…' }).click(),
    ]);
    await chooser.setFiles({ name, mimeType: 'application/json', buffer });
  };

  it('gives a chat to the browser to keep, under a name made of its title, from the keyboard too', async () => {
    for (const [format, ending] of [
      ['Markdown', 'md'],
      ['JSON', 'json'],
    ] as const) {
      await demo.page.getByRole('button', { name: 'Export', exact: true }).first().focus();
      await demo.page.keyboard.press('Enter');
      await sheet().getByText('Export “How does the tunnel work?”').waitFor();
      await sheet().getByRole('button', { name: format }).focus();
      const [download] = await Promise.all([demo.page.waitForEvent('download'), demo.page.keyboard.press('Enter')]);
      assert.equal(download.suggestedFilename(), `How does the tunnel work.${ending}`);
      assert.match(readFileSync(await download.path(), 'utf8'), /^# How does the tunnel work\?\n/);
      await sheet().locator('p').getByText(`The chat is in How does the tunnel work.${ending}.`).waitFor();
      await demo.page.keyboard.press('Escape');
      await sheet().waitFor({ state: 'detached' });
      assert.equal(await demo.page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Export');
    }
  });

  it('takes a file in, part by part, and says how many chats came and what was left out', async () => {
    await give('chats.json', Buffer.from(JSON.stringify(['one', 'two', 3, ...Array.from({ length: 9 }, () => 'x'.repeat(20_000))])));
    await sheet().locator('p').getByText('11 chats were imported. 1 could not be read and were left out.').waitFor();
    const parts = await demo.page.evaluate(() => window.demo.hub.sent.filter(({ type }) => type === 'putChatFile').length);
    assert.equal(parts, 5);
  });

  it('says why a file cannot be taken in', async () => {
    await give('letter.json', Buffer.from('Dear all'));
    await sheet().locator('p').getByText('This file cannot be imported. Nothing was changed.').waitFor();
    await sheet().locator('.files-body').getByRole('button', { name: 'Close' }).click();
    await demo.page.getByRole('button', { name: 'Import chats…' }).click();
    await sheet()
      .locator('input[type=file]')
      .evaluate((input: HTMLInputElement) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(40_000_000)], 'large.json'));
        input.files = data.files;
        input.dispatchEvent(new Event('change'));
      });
    await sheet().locator('p').getByText('large.json has 40 MB; from here 34 MB can be sent.').waitFor();
  });

  it('offers nothing where the program on the computer is too old for it', async () => {
    const buttons = demo.page.getByRole('button', { name: /^(Export|Import chats…)$/ });
    assert.ok((await buttons.count()) > 1);
    await demo.page.evaluate(() => {
      const { port } = window.demo;
      port?.reply({ type: 'welcome', version: 1, hubEpoch: window.demo.idOf('epoch'), deviceName: 'Desk', scope: 'chat' });
    });
    await buttons.first().waitFor({ state: 'detached' });
    assert.equal(await buttons.count(), 0);
  });
});
