import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeApi } from '../../scripts/lib/documents/api.ts';
import { cellsOf } from '../../scripts/lib/documents/tables.ts';
import { writeTroubleshooting } from '../../scripts/lib/documents/troubleshooting.ts';
import { DIAGNOSIS_MS } from '../../src/agent/diagnose.ts';
import { refusalBody, refusalOf } from '../../src/gateway/refusal.ts';
import { formWords, QUIET_MS } from '../../src/policy/answerForms.ts';
import { httpRoutes } from '../../src/policy/httpRoutes.ts';
import { errorCatalogue } from '../../src/protocol/errors.ts';
import * as limits from '../../src/protocol/limits.ts';
import { MIN_INVITE_SECRET_BYTES } from '../../src/secure/invite.ts';
import { root } from '../harness/paths.ts';
import { figureFaults } from './documents.mjs';

const text = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');
const api = text('API.md');
const troubleshooting = text('TROUBLESHOOTING.md');
const codes = [...troubleshooting.matchAll(/^\| `(\w+)` \|/gm)].map(([, code = '']) => code);

describe('the guides to the API and to errors', () => {
  it('have their tables from the code', () => {
    const how = 'bring it up to date: npm run documents';
    assert.equal(writeApi(api), api, how);
    assert.equal(writeTroubleshooting(troubleshooting), troubleshooting, how);
  });

  it('show a row too many, too few, or another, and keep their own words', () => {
    const [row = ''] = /^\| `certificate` .*\n/m.exec(troubleshooting) ?? [];
    assert.equal(writeTroubleshooting(troubleshooting.replace(row, row + row.replace('`certificate`', '`certainty`'))), troubleshooting);
    assert.equal(writeTroubleshooting(troubleshooting.replace('**Certificate problem.**', '**Fine.**')), troubleshooting);
    assert.notEqual(writeTroubleshooting(troubleshooting.replace(row, '')), troubleshooting, 'the words of a row are the document’s own');
    assert.equal(writeApi(api.replace('| 256 |', '| 257 |')), api);
    assert.throws(() => writeApi(api.replace('## Routes', '## Ways')), /docs\/API.md has no table of Routes/);
  });

  it('have every code once, each with words of its own that say what helps', () => {
    assert.equal(new Set(codes).size, codes.length);
    for (const code of Object.keys(errorCatalogue)) assert.ok(codes.includes(code), code);
    for (const [line] of troubleshooting.matchAll(/^\| `\w+` \|.*$/gm)) assert.ok((cellsOf(line).at(-1) ?? '').length >= 15, line);
  });

  it('have every route that a key may ask, and no other', () => {
    for (const { method, path } of httpRoutes) {
      const row = method === 'HEAD' ? `| \`GET ${path}\`, \`HEAD\` |` : `| \`${method} ${path}\``;
      assert.ok(api.includes(row), row);
    }
    const rows = [...api.matchAll(/^\| `(?:GET|POST) \S+`/gm)].length;
    assert.equal(rows, httpRoutes.filter(({ method }) => method !== 'HEAD').length);
  });

  it('show errors as each of the three APIs words them', () => {
    const refusal = refusalOf('deviceOffline');
    const bodies = ['/api/chat', '/v1/chat/completions', '/v1/messages'].map((path) => JSON.parse(refusalBody(path, refusal)) as unknown);
    const [, block = ''] = /^```json\n([\s\S]*?)^```$/m.exec(api) ?? [];
    const shown = block.trimEnd().split('\n');
    assert.deepEqual(
      shown.map((line) => JSON.parse(line) as unknown),
      bodies,
    );
  });
});

describe('numbers in the words of the documents', () => {
  const json = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));
  const readme = readFileSync(join(root, 'README.md'), 'utf8');

  it('are the bounds of the code', () => {
    const KiB = 1024;
    const seconds = (ms: number): string => `${String(ms / 1000)} s`;
    for (const words of [
      `A stream begins after ${seconds(QUIET_MS)} with status 200, and then says every ${seconds(QUIET_MS)}`,
      `An answer of one JSON value waits ${seconds(formWords.whole.patienceMs)} for its status`,
    ])
      assert.ok(api.includes(words), words);
    for (const words of [
      `A question holds ${String(limits.MAX_PROMPT_BYTES / KiB)} KiB of text`,
      `One line carries ${String(limits.MAX_STREAMS)} things at once`,
      `There are ${String(limits.MAX_SAVED_PROMPTS)} places, of ${String(limits.MAX_SAVED_PROMPT_BYTES / KiB)} KiB each and ${String(limits.MAX_SAVED_PROMPTS_BYTES / KiB)} KiB in all`,
      `A secret has at least ${String(MIN_INVITE_SECRET_BYTES)} characters`,
    ])
      assert.ok(troubleshooting.includes(words), words);
    const minutes = [limits.PAIRING_OFFER_LIFETIME_MS, limits.PAIRING_QUESTION_LIFETIME_MS, limits.PAIRING_PENDING_LIFETIME_MS];
    assert.deepEqual(
      [...minutes, limits.DETACHED_MUX_LIFETIME_MS, limits.HTTP_HOLD_MS].map((ms) => ms / 60_000),
      [2, 5, 10, 10, 1],
    );
    assert.match(readme, /They work once, for two minutes/);
    assert.match(troubleshooting, /for five minutes[\s\S]*used within ten minutes[\s\S]*than streams are kept, ten minutes/);
    assert.match(api, /goes on for a minute/);
    assert.ok(troubleshooting.includes('in at most 30 s') && Math.ceil(DIAGNOSIS_MS / 1000) <= 30);
  });

  it('are the versions that are wanted and tested', () => {
    const { engines } = json('package.json') as { engines: { node: string; vscode: string } };
    const { dependencies } = json('test/tools/package.json') as { dependencies: Readonly<Record<string, string>> };
    assert.ok(readme.includes(`Node ${/\d+\.\d+/.exec(engines.node)?.[0] ?? '?'} or newer`));
    assert.ok(readme.includes(`VS Code ${/\d+\.\d+/.exec(engines.vscode)?.[0] ?? '?'} or newer`));
    assert.ok(readme.includes(`code-server ${dependencies['code-server'] ?? '?'} (`));
  });
});

describe('the figures in the documents', () => {
  const report = '| asked | 78 ms |\n- result: 600001 of 9 MB\n| rows | 1.5 s | 15 |\n';
  const faultsOf = (markdown: string, isStrict = true): string[] =>
    figureFaults(markdown, (target) => (target.endsWith('/a.md') ? report : undefined), isStrict);

  it('stand in the line of the report that their link names', () => {
    assert.deepEqual(faultsOf('[78 ms](reports/a.md "asked"), [600001](docs/reports/a.md "result") and [a report](reports/a.md)'), []);
  });

  it('are faults when they are others, stand in another line, are a part of one, or name no line', () => {
    for (const link of [
      '[79 ms](reports/a.md "asked")',
      '[78 ms](reports/a.md "result")',
      '[8 ms](reports/a.md "asked")',
      '[60000](reports/a.md "result")',
      '[5](reports/a.md "rows")',
      '[1](reports/a.md "rows")',
      '[78 ms](reports/a.md)',
      '[78 ms](reports/b.md "asked")',
    ])
      assert.equal(faultsOf(link).length, 1, link);
  });

  it('are faults when they stand in the README without a report', () => {
    for (const words of ['within 40 ms.', 'only 25 KiB', 'about 99.5 %', '3 GB of it', 'at 40 tok/s'])
      assert.equal(faultsOf(words).length, 1, words);
    assert.deepEqual(faultsOf('Node 20.19, port 11434, two minutes, `sleep 3 s`, 7 things'), []);
    assert.deepEqual(faultsOf('within 40 ms', false), []);
  });
});
