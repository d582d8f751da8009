import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { writeReference } from '../../scripts/lib/reference.ts';
import { english, manifest, readText, sourceTexts } from './readManifest.ts';
const { initialContext } = await import('../../src/views/contextKeys.ts');
const { CHAT_EDITOR_TYPE, CHAT_VIEW_ID, EXTENSION_ID, PAIRING_PANEL_TYPE, PREFIX, WALKTHROUGH_ID } = await import('../../src/views/ids.ts');

const document = readText('docs/REFERENCE.md');
const contextKeys = Object.keys(initialContext);
const written = (text: string): string => writeReference(text, contextKeys);

/** Lines of the table under a heading, without its head. */
function rowsOf(heading: string): string[] {
  const section = document.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? assert.fail(`no section ${heading}`);
  return section.split('\n').filter((line) => line.startsWith('| '));
}

describe('docs/REFERENCE.md', () => {
  it('has commands, settings, context keys, menus and walkthrough from package.json and the code', () => {
    assert.equal(written(document), document, 'bring it up to date: npm run documents');
  });

  it('shows a row too many, too few, or another, and keeps its own words', () => {
    const [row = ''] = /^\| `connect` .*\n/m.exec(document) ?? [];
    assert.equal(written(document.replace(row, row + row.replace('`connect`', '`conquer`'))), document);
    assert.equal(written(document.replace('Connect |', 'Connekt |')), document);
    assert.notEqual(written(document.replace(row, '')), document, 'the words of a row are the document’s own');
    assert.throws(() => written(document.replace('## Settings', '## Wishes')), /no table of Settings/);
  });

  it('says in words of each command, setting and context key what it is', () => {
    for (const heading of ['Commands', 'Settings', 'Context keys'])
      for (const row of rowsOf(heading).slice(1)) assert.doesNotMatch(row, /\|\s*\|$/, row);
  });

  it('says of a setting what the editor says of it', () => {
    for (const [name, setting] of Object.entries(manifest.contributes.configuration.properties)) {
      const { markdownDescription, description } = setting as { markdownDescription?: string; description?: string };
      const row = rowsOf('Settings').find((line) => line.startsWith(`| \`${name.slice(PREFIX.length + 1)}\``));
      assert.ok(row?.includes(english(markdownDescription ?? description ?? '').replaceAll('|', '\\|')), name);
    }
  });

  it('names the views, the walkthrough and the one link that is heard', () => {
    for (const id of [CHAT_VIEW_ID, CHAT_EDITOR_TYPE, PAIRING_PANEL_TYPE])
      assert.ok(
        rowsOf('Views').some((line) => line.startsWith(`| \`${id.slice(PREFIX.length + 1)}\``)),
        id,
      );
    assert.equal(rowsOf('Views').length - 1, 3);
    assert.ok(document.includes(`vscode://${EXTENSION_ID}/join?link=`));
    assert.deepEqual(
      manifest.contributes.walkthroughs.map(({ id }) => `${EXTENSION_ID}#${id}`),
      [WALKTHROUGH_ID],
    );
  });
});

describe('what package.json cannot see', () => {
  /** Which source files hold a call. */
  const callers = (pattern: RegExp): number => sourceTexts('src/').filter((text) => pattern.test(text)).length;

  it('is registered, set and read in one place each, so that the comparison is of all there is', () => {
    assert.equal(callers(/commands\.registerCommand\(/), 1);
    assert.equal(callers(/'setContext'/), 1);
    assert.equal(callers(/\.getConfiguration\(/), 1);
    assert.equal(callers(/registerUriHandler\(/), 1);
  });
});
