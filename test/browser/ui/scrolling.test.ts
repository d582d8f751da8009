import assert from 'node:assert/strict';
import { DemoPages, type DemoPage } from './demoPage.ts';

describe('the transcript’s scrolling in Chromium', () => {
  const pages = DemoPages.ofSuite();
  let demo: DemoPage;
  let written = 0;
  pages.forEachTest(async () => {
    written = 0;
    demo = await pages.open();
    await demo.start({ isNew: true });
    await demo.ask('Write a lot');
    await grow(60);
    await demo.shows(demo.articles.last(), /line 60/);
    return demo;
  });

  async function grow(lines: number): Promise<void> {
    await demo.page.evaluate(
      ([from, count]) => {
        for (let i = 1; i <= count; i++) window.demo.hub.chunk(`line ${String(from + i)}\n\n`);
      },
      [written, lines] as const,
    );
    written += lines;
  }

  /** Distance to the end once a frame has been painted. */
  async function distance(): Promise<number> {
    return demo.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          requestAnimationFrame(() => {
            requestAnimationFrame(() => {
              const scroller = document.querySelector('.scroller');
              resolve(scroller ? scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight : NaN);
            });
          });
        }),
    );
  }

  it('follows the end', async () => {
    assert.ok((await distance()) <= 1);
    await grow(40);
    await demo.shows(demo.articles.last(), /line 100/);
    assert.ok((await distance()) <= 1);
  });

  it('stays where the person has scrolled up to, offers what is new, and follows again from the end on', async () => {
    await demo.page.locator('.scroller').hover();
    await demo.page.mouse.wheel(0, -30);
    await demo.page.waitForFunction(() => {
      const scroller = document.querySelector('.scroller');
      return scroller !== null && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight >= 20;
    });
    const top = await demo.page.locator('.scroller').evaluate(({ scrollTop }) => scrollTop);
    await grow(20);
    const below = demo.page.getByRole('button', { name: 'new', exact: true });
    await below.waitFor();
    assert.equal(await demo.page.locator('.scroller').evaluate(({ scrollTop }) => scrollTop), top);
    await below.click();
    assert.ok((await distance()) <= 1);
    assert.equal(await below.count(), 0);
    await grow(20);
    await demo.shows(demo.articles.last(), /line 100/);
    assert.ok((await distance()) <= 1);
  });

  it('follows again when the person has scrolled back down', async () => {
    await demo.page.locator('.scroller').hover();
    await demo.page.mouse.wheel(0, -400);
    await demo.page.waitForFunction(() => {
      const scroller = document.querySelector('.scroller');
      return scroller !== null && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight >= 300;
    });
    await grow(10);
    await demo.page.mouse.wheel(0, 4000);
    await demo.page.waitForFunction(() => {
      const scroller = document.querySelector('.scroller');
      return scroller !== null && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight <= 1;
    });
    await grow(20);
    await demo.shows(demo.articles.last(), /line 90/);
    assert.ok((await distance()) <= 1);
  });

  it('keeps the place when earlier messages come in above it', async () => {
    const other = await pages.open();
    await other.start({ chat: 'long' });
    await other.articles.last().waitFor();
    const count = await other.articles.count();
    const place = await other.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const scroller = document.querySelector('.scroller');
          const first = document.querySelector('[role=article]');
          if (!scroller || !first) throw new Error('nothing there');
          scroller.scrollTop = 100;
          first.setAttribute('data-was-first', '');
          requestAnimationFrame(() => {
            resolve(first.getBoundingClientRect().top);
          });
        }),
    );
    await other.page.waitForFunction((before) => document.querySelectorAll('[role=article]').length > before, count);
    const after = await other.page.locator('[data-was-first]').evaluate((element) => element.getBoundingClientRect().top);
    // The line that says that there are earlier ones may go; nothing else may move it.
    assert.ok(Math.abs(after - place) < 60, `${String(place)} to ${String(after)}`);
    assert.deepEqual(other.faults, []);
    await other.close();
  });

  it('is at the end after a question that was asked as soon as the chat was there, whatever is still being laid out', async () => {
    await demo.page.setViewportSize({ width: 1100, height: 760 });
    await demo.page.evaluate(() => {
      sessionStorage.clear();
    });
    await demo.start({ chat: 'main' });
    await demo.ask('Go on');
    await demo.page.evaluate(() => {
      window.demo.hub.chunk('So be it.');
      window.demo.hub.finish({ promptTokens: 3100, contextLength: 4000, reason: 'length' });
    });
    await demo.page.getByRole('region', { name: 'Context' }).waitFor();
    await demo.page.waitForFunction(() => {
      const scroller = document.querySelector('.scroller');
      return scroller !== null && scroller.scrollTop > 0 && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 2;
    });
    assert.equal(await demo.page.getByRole('button', { name: 'new', exact: true }).count(), 0);
  });
});
