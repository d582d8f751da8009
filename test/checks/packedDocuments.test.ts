import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packedDocument } from '../../scripts/lib/packedDocuments.mjs';
import { packageFiles } from '../../scripts/lib/packageFiles.mjs';
import { root } from '../harness/paths.ts';

const text = `See [the guide](docs/RELAY.md#watch-it), [the other](docs/API.md "title"), [a site](https://example.org) and [below](#below).

![A picture](docs/pictures/answer.png)

![Another](https://example.org/a.png)

## Below
`;

describe('documents as they are packed', () => {
  it('have no relative link and no picture on the extension’s page, and lose no word for it', () => {
    const packed = packedDocument(text, 'README.md', ['docs/RELAY.md']);
    assert.equal(
      packed,
      `See the guide, the other, [a site](https://example.org) and [below](#below).

![Another](https://example.org/a.png)

## Below
`,
    );
  });

  it('keep links to what is packed beside them elsewhere', () => {
    const packed = packedDocument('[a](API.md) [b](RELAY.md#x) [c](../README.md)', 'docs/RELAY.md', ['docs/RELAY.md', 'README.md']);
    assert.equal(packed, 'a [b](RELAY.md#x) [c](../README.md)');
  });

  it('are those of the repository: nothing of the README leads out of the extension’s page', () => {
    const packed = packedDocument(readFileSync(join(root, 'README.md'), 'utf8'), 'README.md', packageFiles);
    assert.deepEqual(packed.match(/\]\((?!https:|#)[^)]*\)/g), null);
    assert.match(packed, /^\[ARCHITECTURE|^ARCHITECTURE\.md, docs\/PROTOCOL\.md/m);
    assert.doesNotMatch(packed, /<img/);
  });
});
