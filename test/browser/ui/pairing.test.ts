import assert from 'node:assert/strict';
import { DemoPages, type DemoPage } from './demoPage.ts';

describe('the way to a computer, in Chromium', () => {
  const pages = DemoPages.ofSuite();
  let demo: DemoPage;
  pages.forEachTest(async () => {
    demo = await pages.open();
    return demo;
  });

  const events = (): Promise<unknown> => demo.page.evaluate(() => window.demo.events);

  it('takes a pasted link, a name, and says what to look for', async () => {
    await demo.page.getByRole('textbox', { name: 'Pairing link or code' }).fill(' https://relay.example/#p=abc ');
    await demo.page.keyboard.press('Enter');
    await demo.page.evaluate(() => {
      window.demo.pair({ kind: 'confirm', name: 'Chromium on Linux' });
    });
    const name = demo.page.getByRole('textbox', { name: 'Name' });
    await name.fill('My phone');
    await demo.page.getByRole('button', { name: 'Pair', exact: true }).click();
    await demo.page.evaluate(() => {
      window.demo.pair({ kind: 'waiting', name: 'My phone', words: ['a', 'b', 'c', 'd', 'e', 'f'] });
    });
    await demo.page.getByRole('heading', { name: 'Look at the computer: allow My phone?' }).waitFor();
    assert.equal(await demo.page.getByRole('listitem').count(), 6);
    await demo.page.getByRole('button', { name: 'Cancel' }).click();
    assert.deepEqual(await events(), [
      { type: 'c2l-paste-link', detail: 'https://relay.example/#p=abc' },
      { type: 'c2l-pair', detail: 'My phone' },
      { type: 'c2l-pair-cancel', detail: null },
    ]);
  });

  it('has words of its own for denied, expired, used and offline, and offers the same link again only where that can help', async () => {
    const titles = new Set<string>();
    for (const error of ['pairingDenied', 'offerExpired', 'offerUsed', 'deviceOffline'] as const) {
      await demo.page.evaluate((code) => {
        window.demo.pair({ kind: 'failed', error: code });
      }, error);
      const again = demo.page.getByRole('button', { name: 'Try again' });
      if (error === 'deviceOffline') await again.waitFor();
      else await again.waitFor({ state: 'detached' });
      titles.add(await demo.page.getByRole('heading', { level: 1 }).innerText());
    }
    assert.equal(titles.size, 4);
  });

  it('says who can read along, the relay’s owner included', async () => {
    const limit = demo.page.getByText('whoever runs it could serve a page that reads along');
    assert.equal(await limit.isVisible(), false);
    await demo.page.getByText('Who can read this?').click();
    await limit.waitFor();
  });

  it('says what was wrong with a link', async () => {
    await demo.page.evaluate(() => {
      window.demo.pair({ kind: 'unpaired', error: 'badPairingLink' });
    });
    await demo.page.getByRole('alert').getByText('This is not a whole pairing link, nor a code of 20 letters and digits.').waitFor();
  });

  it('offers to pair again when it was removed at the computer', async () => {
    await demo.start({ chat: 'main' });
    await demo.page.evaluate(() => {
      window.demo.hub.setStatus({ state: 'error', error: 'revoked' });
    });
    await demo.page.getByText('This browser was removed at Desk.').waitFor();
    await demo.page.getByRole('button', { name: 'Pair again' }).click();
    assert.deepEqual(await events(), [{ type: 'c2l-pair-again', detail: null }]);
  });
});
