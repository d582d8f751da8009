import assert from 'node:assert/strict';
import { openComputers } from './chatStates.ts';
import { DemoPages, type DemoPage } from './demoPage.ts';

describe('several computers, in Chromium', () => {
  const pages = DemoPages.ofSuite();
  let demo: DemoPage;
  pages.forEachTest(async () => {
    demo = await pages.open();
    return demo;
  });

  const events = (): Promise<string[]> =>
    demo.page.evaluate(() => window.demo.events.map(({ type, detail }) => (typeof detail === 'string' ? `${type} ${detail}` : type)));

  it('lists them with what is known of each, and leads to another', async () => {
    await openComputers(demo);
    const sheet = demo.page.getByRole('dialog', { name: 'Computers' });
    await sheet.getByRole('button', { name: 'Desk Shown here' }).waitFor();
    await sheet.getByRole('button', { name: 'Attic Offline' }).click();
    await sheet.waitFor({ state: 'hidden' });
    assert.deepEqual(await events(), ['c2l-computers open', 'c2l-computers closed', 'c2l-computer-show attic']);
  });

  it('forgets one only when it is said twice, from the keyboard too', async () => {
    await openComputers(demo);
    const sheet = demo.page.getByRole('dialog', { name: 'Computers' });
    const forget = sheet.getByRole('button', { name: 'Forget Attic' });
    await forget.focus();
    await demo.page.keyboard.press('Enter');
    await demo.page.keyboard.press('Enter'); // the focus is on what keeps it
    assert.equal(await forget.evaluate((button) => button === document.activeElement), true);
    await demo.page.keyboard.press('Enter');
    await demo.page.keyboard.press('Tab');
    await demo.page.keyboard.press('Enter');
    assert.deepEqual(await events(), ['c2l-computers open', 'c2l-computer-forget attic']);
    await demo.page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'hidden' });
  });

  it('leads to another pairing, and back', async () => {
    await openComputers(demo);
    await demo.page.getByRole('button', { name: 'Pair another computer' }).click();
    assert.deepEqual(await events(), ['c2l-computers open', 'c2l-computers closed', 'c2l-pair-another']);
    await demo.page.evaluate(() => {
      window.demo.pair({ kind: 'unpaired', backTo: 'Desk' });
    });
    await demo.page.getByRole('button', { name: 'Back to Desk' }).click();
    assert.equal((await events()).at(-1), 'c2l-pair-cancel');
  });
});
