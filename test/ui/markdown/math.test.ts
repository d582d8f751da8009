import assert from 'node:assert/strict';
import { textOf, type MarkdownNode, type MathNode } from '../../../src/ui/markdown/markdownNode.ts';
import { MarkdownTail } from '../../../src/ui/markdown/markdownTail.ts';
import { mendingReady } from '../../../src/ui/markdown/mending.ts';
import { parseMarkdown } from '../../../src/ui/markdown/parseMarkdown.ts';

function formulas(nodes: readonly MarkdownNode[]): MathNode[] {
  return nodes.flatMap((node) => (node.kind === 'math' ? [node] : node.kind === 'element' ? formulas(node.children) : []));
}

function found(source: string): string[] {
  return formulas(parseMarkdown(source)).map(({ tex, isDisplayed }) => `${isDisplayed ? 'shown ' : ''}${tex.trim()}`);
}

describe('formulas in answers', () => {
  before(() => mendingReady);

  it('are found in all four notations of chat models', () => {
    assert.deepEqual(found('Let $x_1$ and \\(y^2\\) be, so $$a+b$$ and \\[c*d\\].'), ['x_1', 'y^2', 'shown a+b', 'shown c*d']);
    assert.deepEqual(found('$$\nx = a\n+ b\n- c\n$$'), ['shown x = a\n+ b\n- c']);
    assert.deepEqual(found('Then\n\\[\n\\frac{1}{2}\n\\]\nholds.'), ['shown \\frac{1}{2}']);
    assert.deepEqual(found('- so\n\n  $$\n  x\n  $$\n\n> \\[\n> y\n> \\]'), ['shown x', 'shown y']);
    assert.deepEqual(found('| a |\n|---|\n| $n^2$ |'), ['n^2']);
    assert.deepEqual(found('$\\{x\\}$ and $a_{\\$}$'), ['\\{x\\}', 'a_{\\$}']);
  });

  it('are no sums of money, variables of a shell, escapes or code', () => {
    const texts = [
      'It costs $5 and that costs $10.',
      'between $5-$10, or $20, and ($30)',
      '$HOME and $PATH, $HOME/$USER, "$A" and "$B"',
      '**$5** and **$6**',
      'US$5 or A$ 6',
      '`$x$` and ``\\(y\\)``',
      '\\$x$ and $x\\$',
      '\\(\\) \\[\\\\\\] $ $ $$ $$',
      '\\[not a link](/foo)',
      '$ x $',
      '    $$\n    x\n    $$',
    ];
    for (const text of texts) assert.deepEqual(found(text), [], text);
  });

  it('may not hold a blank line', () => {
    assert.deepEqual(found('$$\nx\n\ny\n$$'), []);
  });

  it('are bounded in length', () => {
    assert.deepEqual(found(`$${'x'.repeat(5000)}$ $$\n${'x\n'.repeat(5000)}$$`), []);
    const started = performance.now();
    parseMarkdown('\\(a $a \\[b '.repeat(8000));
    assert.ok(performance.now() - started < 3000, 'looking for ends is bounded');
  });

  it('stay one block while they grow, and their source is shown', () => {
    const tail = new MarkdownTail();
    tail.append('Before.\n\n$$\nx = a\n+ b\n');
    const { closed, open } = tail.advance();
    assert.equal(closed.length, 1);
    assert.deepEqual(open, [{ kind: 'math', tex: '\nx = a\n+ b', source: '$$\nx = a\n+ b', isDisplayed: true, isOpen: true }]);
    tail.append('$$\n\nAfter.\n');
    assert.deepEqual(tail.advance().closed, parseMarkdown('$$\nx = a\n+ b\n$$'));
    assert.deepEqual(tail.finish(), parseMarkdown('Before.\n\n$$\nx = a\n+ b\n$$\n\nAfter.\n'));
  });

  it('keep every character in their source', () => {
    const source = 'so $x_1$, \\(y\\), $$z$$';
    assert.equal(textOf(parseMarkdown(source)), source);
  });
});
