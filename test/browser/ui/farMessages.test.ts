import assert from 'node:assert/strict';
import { DemoPages, type DemoPage } from './demoPage.ts';

describe('messages far from the view, in Chromium', () => {
  const pages = DemoPages.ofSuite();
  let demo: DemoPage;
  pages.forEachTest(async () => {
    demo = await pages.open();
    await demo.start({ chat: 'long' });
    await demo.page.waitForFunction(() => document.querySelectorAll('[data-settled]').length >= 60);
    return demo;
  });

  /** Names of the articles that stand in the view now. */
  const inView = (): Promise<string[]> =>
    demo.page.evaluate(async () => {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const view = document.querySelector('.scroller')?.getBoundingClientRect();
      if (!view) return [];
      return [...document.querySelectorAll('[role=article]')]
        .filter((article) => {
          const { top, bottom } = article.getBoundingClientRect();
          return bottom > view.top && top < view.bottom;
        })
        .map((article) => article.getAttribute('aria-label') ?? '');
    });

  it('are left out of layout, and found by the browser’s own search, and stay where they are when it goes there', async () => {
    const skipped = await demo.page.evaluate(
      () =>
        [...document.querySelectorAll('c2l-message')].filter(
          (message) => !message.firstElementChild?.checkVisibility({ contentVisibilityAuto: true }),
        ).length,
    );
    assert.ok(skipped > 20, `${String(skipped)} messages are left out`);
    const found = await demo.page.evaluate(() => {
      getSelection()?.collapse(document.querySelector('[role=feed]'), 0);
      // What Control+F does, for scripts; no type knows it.
      const { find } = window as unknown as { readonly find: (text: string) => boolean };
      return find('Number 75.');
    });
    assert.equal(found, true);
    assert.equal(await demo.page.evaluate(() => String(getSelection())), 'Number 75.');
    const name = await demo.page.evaluate(() =>
      getSelection()?.anchorNode?.parentElement?.closest('[role=article]')?.getAttribute('aria-label'),
    );
    assert.equal(name, 'qwen3:8b, answer 5 of 30');
    // A browser's own search goes to what it finds; the one for scripts only selects it, and a look at the selection does the same.
    await demo.page.evaluate(() => getSelection()?.anchorNode?.parentElement?.scrollIntoView({ block: 'center' }));
    assert.ok((await inView()).includes('qwen3:8b, answer 5 of 30'));
  });

  it('are part of a selection that reaches over all of them, word for word', async () => {
    const { selected, expected } = await demo.page.evaluate(() => {
      const articles = [...document.querySelectorAll('[role=article]')];
      const [first, last] = [articles[2]?.querySelector('.bubble'), articles.at(-2)?.querySelector('.bubble')];
      if (!first || !last) throw new Error('not drawn');
      getSelection()?.setBaseAndExtent(first, 0, last, last.childNodes.length);
      const squeeze = (text: string): string => text.replace(/\s+/g, '');
      // Of each message between the two what was said, without its buttons.
      const said = articles
        .slice(3, -2)
        .map((article) => article.querySelector('.bubble, c2l-markdown > p:last-of-type')?.textContent ?? '');
      return { selected: squeeze(String(getSelection())), expected: said.map(squeeze) };
    });
    assert.ok(expected.length > 50 && expected.every((text) => text !== ''));
    let at = 0;
    for (const text of expected) {
      at = selected.indexOf(text, at);
      assert.ok(at >= 0, `${text} is missing`);
      at += text.length;
    }
    assert.ok(selected.startsWith('Question72') && selected.endsWith('Question100'));
  });
});
