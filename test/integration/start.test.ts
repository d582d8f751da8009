import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../harness/paths.ts';
import { startFakeOllama } from '../standin/startFakeOllama.ts';
import { JsonProcess } from './support/childProcess.ts';

const start = join(root, 'scripts', 'start.mjs');
const node = process.env['C2L_HOST_NODE'] ?? process.execPath;

/** Processes whose command line names this folder. Linux alone. */
function processesOf(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(folder));
}

describe('npm start', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-start-'));
  });
  afterEach(() => {
    assert.deepEqual(processesOf(folder), [], 'processes left behind');
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  });

  function run(options: readonly string[], env: NodeJS.ProcessEnv = {}): JsonProcess {
    // Nothing answers at this address, so that an Ollama on the machine of the tests does not take part by chance.
    const own = { ...process.env, OLLAMA_HOST: '127.0.0.1:9', C2L_RUN_DIR: folder, DISPLAY: '', WAYLAND_DISPLAY: '', ...env };
    return new JsonProcess(node, [start, '--json', ...options], { env: own });
  }

  it('sets everything up, asks one question through relay and tunnel, and ends with 0: --once', async () => {
    const process_ = run(['--once']);
    assert.equal(await process_.ended, 0, process_.output);
    const answer = await process_.first('answer');
    assert.match(String(answer['text']), /I am the stand-in for Ollama, not a model/);
    assert.ok(String(answer['text']).includes(String(answer['question'])));
    assert.equal(answer['readableBytes'], 0);
    assert.equal(answer['standIn'], true);
    assert.ok(Number(answer['pieces']) > 5);
  });

  it('stays up, serves the page, and leaves nothing running after Ctrl+C', async () => {
    const process_ = run([]);
    const ready = await process_.first('ready');
    const page = await fetch(String(ready['page']));
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<c2l-app>/);
    assert.match(String(ready['link']), /#pair/);
    const before = performance.now();
    assert.equal(await process_.stop('SIGINT'), 0);
    assert.ok(performance.now() - before < 2500, 'within two seconds');
    await assert.rejects(fetch(String(ready['page'])));
  });

  it('uses the Ollama that OLLAMA_HOST names, and forgets earlier runs: --fresh', async () => {
    const ollama = await startFakeOllama({ models: ['llama3:8b'], script: 'a real one' });
    try {
      const earlier = join(folder, 'state', 'earlier');
      mkdirSync(join(folder, 'state'));
      writeFileSync(earlier, '');
      const process_ = run(['--once', '--fresh'], { OLLAMA_HOST: ollama.url });
      assert.equal(await process_.ended, 0, process_.output);
      assert.equal(existsSync(earlier), false);
      const answer = await process_.first('answer');
      assert.deepEqual([answer['model'], answer['text'], answer['standIn']], ['llama3:8b', 'a real one', false]);
      assert.equal(ollama.asked.length, 1);
    } finally {
      await ollama.close();
    }
  });

  it('names an option that it does not know', () => {
    assert.throws(() => execFileSync(node, [start, '--nonsense'], { stdio: 'pipe' }), /There is no option --nonsense/);
  });
});
