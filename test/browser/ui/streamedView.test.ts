import assert from 'node:assert/strict';
import { DemoPages, type DemoPage } from './demoPage.ts';

describe('the view of an answer that streams, in Chromium', () => {
  const pages = DemoPages.ofSuite('timed');
  let demo: DemoPage;
  pages.forEachTest(async () => {
    demo = await pages.open();
    await demo.start({ isNew: true });
    await demo.ask('Write');
    return demo;
  });

  /** Lets text come four characters at a time, a few frames long. */
  async function stream(text: string): Promise<void> {
    await demo.page.evaluate(async (whole) => {
      for (let at = 0; at < whole.length; at += 4) {
        window.demo.hub.chunk(whole.slice(at, at + 4));
        if (at % 32 === 0) await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }, text);
  }

  /** Selects from the first to the last of two words in the answer, as a hand does. */
  async function select(from: string, to: string): Promise<void> {
    await demo.page.evaluate(
      async ([first, last]) => {
        const root = document.querySelector('c2l-markdown');
        const walker = root && document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        const texts: Text[] = [];
        for (let node = walker?.nextNode(); node; node = walker?.nextNode()) texts.push(node as Text);
        const a = texts.find(({ data }) => data.includes(first));
        const b = texts.findLast(({ data }) => data.includes(last));
        if (!a || !b) throw new Error('not drawn');
        getSelection()?.setBaseAndExtent(a, a.data.indexOf(first), b, b.data.indexOf(last) + last.length);
        await new Promise((resolve) => requestAnimationFrame(resolve));
      },
      [from, to] as const,
    );
  }

  const selected = (): Promise<string> => demo.page.evaluate(() => String(getSelection()).replace(/\s+/g, ' '));

  it('keeps what is selected in a block that is closed', async () => {
    await stream('First **paragraph** of it.\n\nSecond paragraph.\n\nThird');
    await select('First', 'of it');
    await stream(' goes on.\n\n- one\n- two\n\n```js\nlet x = 1;\n```\n\nLast.');
    assert.equal(await selected(), 'First paragraph of it');
    await demo.page.evaluate(() => {
      window.demo.hub.finish();
    });
    await demo.page.getByText('tok/s').waitFor();
    assert.equal(await selected(), 'First paragraph of it');
  });

  it('keeps what is selected in the open paragraph, list and code, though they are drawn anew', async () => {
    await stream('Begin of a paragraph with `co');
    await select('Begin', 'paragraph');
    await stream('de` and **bold** text.\n\n- item one\n- item two\n');
    assert.equal(await selected(), 'Begin of a paragraph');
    await select('item one', 'item one');
    // A blank line makes the list a loose one: every item is drawn anew.
    await stream('\n- item three\n- item four\n');
    assert.equal(await selected(), 'item one');
    await stream('\n```js\nconst chosen = 1;\nconst other = 2;\n');
    await select('chosen', 'other');
    await stream('const more = 3;\n```\n\nEnd.\n\nEnd.');
    await demo.page.locator('.code-keyword').first().waitFor();
    assert.equal(await selected(), 'chosen = 1; const other');
  });

  it('keeps the focus on what stands in it, and the place that was scrolled to', async () => {
    await stream(
      `See [the guide](https://example.com/guide).\n\n\`\`\`js\nlet a = 1;\n\`\`\`\n\n${'Some words of an answer.\n\n'.repeat(40)}`,
    );
    await demo.page.getByRole('button', { name: 'Copy code' }).focus();
    await demo.page.locator('.scroller').evaluate((scroller) => {
      scroller.dispatchEvent(new WheelEvent('wheel', { deltaY: -100 }));
      scroller.scrollTop = 120;
    });
    const top = await demo.page.locator('.code-block').evaluate((block) => block.getBoundingClientRect().top);
    await stream('More of it, $x^2$.\n\n'.repeat(20));
    assert.equal(await demo.page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Copy code');
    assert.equal(await demo.page.locator('.code-block').evaluate((block) => block.getBoundingClientRect().top), top);
  });

  it('colours code when its fence closes, copies it as it was written, and leaves long and unknown code plain', async () => {
    await stream('```ts\nconst a = 1;\n');
    assert.equal(await demo.page.locator('.code-keyword').count(), 0);
    await stream('```\n\n```klingon\nqapla\n```\n\nEnd.\n\nEnd.');
    await demo.page.locator('.code-keyword').first().waitFor();
    assert.equal(await demo.page.locator('.code-keyword').count(), 1);
    assert.equal(await demo.page.locator('pre code').first().innerText(), 'const a = 1;\n');
    await stream(`\n\n\`\`\`ts\n${'const b = 2;\n'.repeat(1600)}\`\`\`\n\nThe end.\n\nThe end.`);
    await demo.page.getByText('The end.').first().waitFor();
    assert.equal(await demo.page.locator('.code-keyword').count(), 1);
    const sizes = await demo.page.locator('.code-lines').evaluateAll((groups) => groups.map(({ textContent }) => textContent.length));
    assert.ok(sizes.length > 8 && Math.max(...sizes) < 2500, 'long code stands in groups of lines');
  });

  it('sets formulas with KaTeX, from the page’s own files alone', async () => {
    await stream('Euler: $e^{i\\pi}=-1$ and\n\n\\[\n\\int_0^1 x\\,dx = \\frac{1}{2}\n\\]\n\nbroken $\\frac{1$ and money $5.\n\n$$\nhalf');
    await demo.page.locator('.math.set').nth(1).waitFor();
    assert.equal(await demo.page.locator('.math.set').count(), 2);
    assert.equal(await demo.page.locator('.math.set math').count(), 2);
    assert.match(await demo.articles.last().innerText(), /broken \$\\frac\{1\$ and money \$5\./);
    await demo.page.evaluate(() => document.fonts.ready);
    assert.ok(
      await demo.page.evaluate(() => [...document.fonts].some(({ family, status }) => family.includes('KaTeX') && status === 'loaded')),
    );
    const { origin } = new URL(demo.page.url());
    assert.deepEqual(
      demo.requests.filter((address) => !address.startsWith(origin)),
      [],
    );
  });

  it('loads neither highlighter nor KaTeX for an answer that needs none', async () => {
    await stream('Plain words, **bold**, and `code`.\n\n```\nno language\n```\n\nIt costs $5.\n\nEnd.');
    assert.ok(!demo.requests.some((address) => /highlightCode|renderMath|woff2/.test(address)), demo.requests.join('\n'));
  });

  it('shows where a picture would come from and fetches nothing; only a press opens it, elsewhere', async () => {
    await stream(
      '![a cat](https://pictures.test/cat.png?leak=1) and [![badge](https://badge.test/x.svg)](https://example.com/)\n\nEnd.\n\nEnd.',
    );
    const open = demo.page.getByRole('link', { name: 'Open from pictures.test' });
    await open.waitFor();
    assert.equal(await open.getAttribute('href'), 'https://pictures.test/cat.png?leak=1');
    assert.equal(await open.getAttribute('rel'), 'noopener noreferrer');
    assert.equal(await demo.page.getByRole('link').count(), 2);
    assert.equal(await demo.page.locator('c2l-markdown img').count(), 0);
    assert.deepEqual(
      demo.requests.filter((address) => address.includes('.test/')),
      [],
    );
  });
});
