import assert from 'node:assert/strict';
import { cleanForClipboard } from '../../../src/ui/copyText.ts';
import type { MarkdownNode } from '../../../src/ui/markdown/markdownNode.ts';
import { parseMarkdown } from '../../../src/ui/markdown/parseMarkdown.ts';
import { hostOf, isDeceptive, safeHref } from '../../../src/ui/markdown/safeUrl.ts';

function links(nodes: readonly MarkdownNode[]): Record<string, string>[] {
  return nodes.flatMap((node) => {
    if (node.kind !== 'element') return [];
    return [...(node.tag === 'a' ? [{ ...node.attributes }] : []), ...links(node.children)];
  });
}

describe('addresses in answers', () => {
  it('are opened when they are absolute https, http or mailto addresses, and no others', () => {
    assert.equal(safeHref('https://example.com/a b'), 'https://example.com/a%20b');
    assert.equal(safeHref('HTTP://EXAMPLE.com'), 'http://example.com/');
    assert.equal(safeHref('mailto:a@example.com'), 'mailto:a@example.com');
    const others = [
      'javascript:x',
      ' JavaScript:x',
      'data:text/html,x',
      'vbscript:x',
      'file:///x',
      'command:x',
      'vscode://x',
      'blob:x',
      '//x',
      '/x',
      'x',
      '#x',
      '',
    ];
    for (const other of others) assert.equal(safeHref(other), undefined, other);
  });

  it('show their target and never hand over the opener', () => {
    const [link] = links(parseMarkdown('[x](https://example.com/a "Title")'));
    assert.deepEqual(link, {
      href: 'https://example.com/a',
      target: '_blank',
      rel: 'noopener noreferrer',
      title: 'Title\nhttps://example.com/a',
    });
  });

  it('are marked when their text names another host', () => {
    assert.equal(isDeceptive('https://bank.example', 'https://evil.test/'), true);
    assert.equal(isDeceptive('bank.example/login', 'https://evil.test/'), true);
    assert.equal(isDeceptive('www.bank.example', 'https://bank.example.evil.test/'), true);
    assert.equal(isDeceptive('example.com', 'https://www.example.com/x'), false);
    assert.equal(isDeceptive('see the guide', 'https://example.com/'), false);
    assert.equal(isDeceptive('edit chat.ts and run', 'https://example.com/'), false);
    assert.equal(links(parseMarkdown('[https://bank.example](https://evil.test)'))[0]?.['data-host'], 'evil.test');
  });

  it('within the answer have no address that could turn the page', () => {
    assert.deepEqual(links(parseMarkdown('[x](#pair=1)')), [{ role: 'link', tabindex: '0', 'data-fragment': 'pair=1', title: '#pair=1' }]);
    assert.deepEqual(links(parseMarkdown('[x](/v1/x)')), [{ class: 'not-opened', title: 'Not a web address: /v1/x' }]);
  });

  it('are found in plain text only when they are whole', () => {
    assert.equal(links(parseMarkdown('see https://example.com/x and README.md, main.rs, a@b.co')).length, 1);
  });

  it('lose the characters that turn the direction of their text', () => {
    const tree = JSON.stringify(parseMarkdown('[a\u202eb\u2066c](https://example.com)'));
    assert.ok(!/[\u202a-\u202e\u2066-\u2069]/.test(tree));
  });

  it('have a host, or none', () => {
    assert.deepEqual(['https://a.example/x', 'mailto:a@b.c', 'x'].map(hostOf), ['a.example', '', '']);
  });
});

describe('text for the clipboard', () => {
  it('has no control or direction-changing characters left but tabs and line ends', () => {
    const dirty = 'a\u001b[31mb\u0007c\u009b1md\u202ee\u2066f\r\ng\th\u0000i\u007f';
    assert.equal(cleanForClipboard(dirty), 'a[31mbc1mdef\ng\thi');
    assert.equal(cleanForClipboard('déjà vu — 日本語 🙂'), 'déjà vu — 日本語 🙂');
  });
});
