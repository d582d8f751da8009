import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeGenerated } from '../../scripts/lib/protocol/document.ts';
import { answerStates } from '../../src/protocol/chatMessage.ts';
import { relayPaths } from '../../src/protocol/relayUrl.ts';
import { LINK_SUBPROTOCOL, SESSION_PROLOGUE } from '../../src/protocol/versions.ts';
import { root } from '../harness/paths.ts';

const text = readFileSync(join(root, 'docs', 'PROTOCOL.md'), 'utf8');

describe('docs/PROTOCOL.md', () => {
  it('has its diagrams, golden bytes, limits, codes and messages from the code', async () => {
    assert.equal(await writeGenerated(text), text, 'bring it up to date: npm run documents');
  });

  it('is refused when a part is missing, doubled, unknown or without an end', async () => {
    await assert.rejects(writeGenerated(text.replace('<!-- generated: limits -->', '')), /"generated: limits" is marked 0 times/);
    await assert.rejects(writeGenerated(`${text}\n<!-- generated: limits -->\n<!-- end -->`), /marked 2 times/);
    await assert.rejects(writeGenerated(`${text}\n<!-- generated: wishes -->\n<!-- end -->`), /"generated: wishes"/);
    const last = text.lastIndexOf('<!-- end -->');
    await assert.rejects(writeGenerated(text.slice(0, last)), /has no end/);
  });

  it('shows a change of the wire', async () => {
    const changed = text.replace('| 4400 | `relayProtocol`', '| 4499 | `relayProtocol`');
    assert.notEqual(changed, text);
    assert.equal(await writeGenerated(changed), text);
  });

  it('names in its own words what is on the wire', () => {
    for (const name of [LINK_SUBPROTOCOL, SESSION_PROLOGUE]) assert.ok(text.includes(`\`${name}\``), name);
    for (const path of [relayPaths.device, relayPaths.dial]) assert.ok(text.includes(`\`GET ${path}\``), path);
    for (const state of answerStates) assert.ok(text.includes(`"${state}"`), state);
  });
});
