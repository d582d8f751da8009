import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkCloseCodes } from '../../src/protocol/closeCodes.ts';
import { encodeLinkFrame } from '../../src/protocol/linkFrames.ts';
import { LINK_SUBPROTOCOL, SESSION_PROLOGUE } from '../../src/protocol/versions.ts';
import { root } from '../harness/paths.ts';

const text = readFileSync(join(root, 'docs', 'PROTOCOL.md'), 'utf8');

describe('docs/PROTOCOL.md', () => {
  it('lists the close codes as the code has them', () => {
    const rows = [...text.matchAll(/^\| (4\d{3}) \| (\w+) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
    assert.deepEqual(
      rows,
      [...linkCloseCodes].map(([code, meaning]) => [String(code), meaning]),
    );
  });

  it('names the versions and numbers that are on the wire', () => {
    assert.ok(text.includes(`\`${LINK_SUBPROTOCOL}\``) && text.includes(`\`${SESSION_PROLOGUE}\``));
    assert.equal(encodeLinkFrame({ type: 'goaway', delayMs: 0 }, 'client')[0], 14);
    assert.match(text, /^\| 14 \| GOAWAY \|/m);
  });
});
