import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chatStates } from '../browser/ui/chatStates.ts';
import type { ChatState } from '../browser/ui/demoPage.ts';
import { pageSheetOf, sheetOf, sizes, themes } from '../browser/ui/looks.ts';
import { pageStates } from '../browser/ui/pageStates.ts';
import { root } from '../harness/paths.ts';

const folder = join(root, 'docs', 'pictures');

describe('the sheets of states', () => {
  it('show every state that tests look at, in every theme, and those of the page in every size too', () => {
    const namesOf = (states: readonly ChatState[]): string[] => states.map(({ name }) => name);
    const wanted = Object.keys(themes).flatMap((theme): [string, string[]][] => [
      [sheetOf(theme), namesOf(chatStates)],
      ...Object.keys(sizes).map((size): [string, string[]] => [pageSheetOf(size, theme), namesOf(pageStates)]),
    ]);
    assert.equal(wanted.length, 3 + 9);
    assert.equal(pageStates.length, 36);
    const sheets = JSON.parse(readFileSync(join(folder, 'states.json'), 'utf8')) as Record<string, unknown>;
    assert.deepEqual(sheets, Object.fromEntries(wanted));
    for (const sheet of Object.keys(sheets)) assert.ok(existsSync(join(folder, `${sheet}.png`)), sheet);
  });
});
