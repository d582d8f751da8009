import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { MarkdownNode } from '../../../src/ui/markdown/markdownNode.ts';
import { MarkdownTail } from '../../../src/ui/markdown/markdownTail.ts';
import { mendingReady } from '../../../src/ui/markdown/mending.ts';
import { parseMarkdown } from '../../../src/ui/markdown/parseMarkdown.ts';
import { SeededRandom } from '../../fakes/seededRandom.ts';

/** What is on the screen after each piece. */
function* stream(tail: MarkdownTail, source: string, size: () => number): Generator<{ shown: MarkdownNode[]; sent: string }> {
  const closed: MarkdownNode[] = [];
  for (let at = 0; at < source.length;) {
    const end = Math.min(source.length, at + size());
    tail.append(source.slice(at, end));
    at = end;
    const update = tail.advance();
    closed.push(...update.closed);
    yield { shown: [...closed, ...update.open], sent: source.slice(0, at) };
  }
}

const head = '| A | B | C |\n|:--|--:|---|\n';
const lines = [
  '| a | b | c |',
  'one | two',
  '| `x \\| y` | **b** | [l](https://example.com/) | too many |',
  '|',
  'words alone',
  '  | in | it |',
];
const ends = ['\n', '> quote\n', '# Title\n', '- item\n', '```\ncode\n```\n', '***\n', '    code\n', '\n    code\n', '$$\nx\n$$\n'];

describe('an open table', () => {
  before(() => mendingReady);

  it('shows after every whole line what a parse of all the text would, whatever ends it', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = new SeededRandom(seed);
        const rows = Array.from({ length: random.int(12) }, () => `${lines[random.int(lines.length)] ?? ''}\n`).join('');
        const before = random.int(2) === 0 ? '' : 'Words before.\n';
        const source = `${before}${head}${rows}${ends[random.int(ends.length)] ?? ''}After.\n\nEnd.\n`;
        const tail = new MarkdownTail();
        for (const { shown, sent } of stream(tail, source, () => 1 + random.int(9))) {
          if (sent.endsWith('|\n')) assert.deepEqual(shown, parseMarkdown(sent, {}, true), sent);
        }
        assert.deepEqual(tail.finish(), parseMarkdown(source));
      }),
      { numRuns: 200 },
    );
  });

  it('shows a row while it comes, with what is half open in it', () => {
    const tail = new MarkdownTail();
    tail.append(`${head}| 1 | 2 | 3 |\n| 4 | **fi`);
    assert.deepEqual(tail.advance().open, parseMarkdown(`${head}| 1 | 2 | 3 |\n| 4 | **fi**`));
  });

  it('keeps the rows that it has drawn, and parses each of them a bounded number of times', () => {
    const source = head + Array.from({ length: 1500 }, (_, i) => `| row ${String(i)} | ${String(i)} | a remark about **row** |\n`).join('');
    const tail = new MarkdownTail();
    let last: MarkdownNode[] = [];
    for (const { shown } of stream(tail, source, () => 64)) last = shown;
    assert.deepEqual(last, parseMarkdown(source));
    assert.ok(tail.parsedCharacters < 8 * source.length, `${String(tail.parsedCharacters / source.length)} times`);
  });
});
