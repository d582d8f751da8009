import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chatStates } from '../browser/ui/chatStates.ts';
import { sheetOf, themes } from '../browser/ui/looks.ts';
import { root } from '../harness/paths.ts';

const folder = join(root, 'docs', 'pictures');

describe('the sheets of states', () => {
  it('show every state that tests look at, in every theme', () => {
    const names = chatStates.map(({ name }) => name);
    const sheets = JSON.parse(readFileSync(join(folder, 'states.json'), 'utf8')) as Record<string, unknown>;
    assert.deepEqual(sheets, Object.fromEntries(Object.keys(themes).map((theme) => [sheetOf(theme), names])));
    for (const sheet of Object.keys(sheets)) assert.ok(existsSync(join(folder, `${sheet}.png`)), sheet);
  });
});
