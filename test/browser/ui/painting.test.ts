import assert from 'node:assert/strict';
import { DemoPages } from './demoPage.ts';

/** Work is counted, not timed: the machine may be slow. */
describe('painting in Chromium', () => {
  const pages = DemoPages.ofSuite('timed');

  it('paints an answer of 5,000 pieces at most once a frame, and all of it', async () => {
    const demo = await pages.open();
    await demo.start({ isNew: true });
    await demo.ask('Five thousand');
    const counts = await demo.page.evaluate(async () => {
      let frames = 0;
      let paints = 0;
      let isCounting = true;
      const countFrame = (): void => {
        frames += 1;
        if (isCounting) requestAnimationFrame(countFrame);
      };
      requestAnimationFrame(countFrame);
      document.addEventListener('c2l-shown', () => (paints += 1));
      for (let i = 0; i < 5000; i++) {
        window.demo.hub.chunk(i % 50 === 49 ? `word${String(i)}.\n\n` : `word${String(i)} `);
        // As they come from a line: a few to a turn of the event loop.
        if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
      window.demo.hub.finish();
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      isCounting = false;
      const acks = window.demo.hub.sent.filter(({ type }) => type === 'ack').length;
      return { frames, paints, acks };
    });
    assert.ok(counts.paints <= counts.frames + 2, JSON.stringify(counts));
    assert.ok(counts.acks <= counts.paints + 2, JSON.stringify(counts));
    const text = await demo.articles.last().innerText();
    for (const i of [0, 2500, 4999]) assert.match(text, new RegExp(`\\bword${String(i)}\\b`));
    assert.equal(text.match(/word\d+/g)?.length, 5000);
    assert.deepEqual(demo.faults, []);
    await demo.close();
  });

  it('does not draw finished messages again while another grows', async () => {
    const demo = await pages.open();
    await demo.start({ chat: 'main' });
    await demo.ask('More');
    await demo.page.evaluate(() => {
      window.demo.hub.chunk('begun ');
    });
    await demo.shows(demo.articles.last(), /begun/);
    const touched = await demo.page.evaluate(async () => {
      const articles = [...document.querySelectorAll('[role=article]')].slice(0, -1);
      const records: MutationRecord[] = [];
      const observer = new MutationObserver((list) => records.push(...list));
      for (const article of articles) observer.observe(article, { childList: true, characterData: true, subtree: true });
      // Colours and formulas come when the page is idle: they are let come first.
      do await new Promise((resolve) => setTimeout(resolve, 1_000));
      while (records.splice(0).length > 0);
      for (let i = 0; i < 200; i++) {
        window.demo.hub.chunk('word ');
        if (i % 10 === 0) await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return records.length;
    });
    assert.equal(touched, 0);
    await demo.close();
  });

  it('paints the newest thirty messages of a long chat first, then the rest', async () => {
    const demo = await pages.open();
    const counts = await demo.page.evaluate(async () => {
      history.replaceState(null, '', `#/c/${window.demo.idOf('long')}`);
      window.demo.start();
      const seen: number[] = [];
      while (seen.filter((count) => count > 30).length === 0) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        seen.push(document.querySelectorAll('[role=article]').length);
      }
      return [...new Set(seen)].filter((count) => count > 0);
    });
    assert.deepEqual(counts, [30, 60]);
    await demo.page.getByRole('article', { name: 'qwen3:8b, answer 30 of 30' }).waitFor();
    assert.equal(await demo.articles.last().getAttribute('aria-setsize'), '-1');
    await demo.close();
  });

  it('says nothing of a broken line for two seconds, then one line, and takes it back', async () => {
    const demo = await pages.open();
    await demo.page.clock.install();
    await demo.start({ chat: 'main' });
    await demo.page.clock.pauseAt(Date.now() + 60_000);
    const line = demo.page.getByText('The relay cannot be reached. Trying again.');
    await demo.page.evaluate(() => {
      window.demo.hub.setStatus({ state: 'reconnecting', error: 'relayUnreachable' });
    });
    await demo.page.clock.runFor(1900);
    assert.equal(await line.count(), 0);
    await demo.page.clock.runFor(200);
    await line.waitFor();
    await demo.page.evaluate(() => {
      window.demo.hub.setStatus({ state: 'connected' });
    });
    await demo.page.clock.runFor(100);
    await line.waitFor({ state: 'detached' });
    await demo.close();
  });
});
