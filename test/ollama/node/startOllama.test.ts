import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOllama } from '../../../src/ollama/node/startOllama.ts';
import { until } from '../../integration/support/stack.ts';

describe('starting Ollama', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-start-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('starts it to serve, as a process of its own', async function () {
    if (process.platform === 'win32') this.skip();
    const program = join(folder, 'ollama');
    const written = join(folder, 'arguments');
    writeFileSync(program, `#!/bin/sh\necho "$@" > '${written}.part'\nmv '${written}.part' '${written}'\n`);
    chmodSync(program, 0o755);
    await startOllama({ find: () => Promise.resolve(program) });
    await until('it ran', () => existsSync(written));
    assert.equal(readFileSync(written, 'utf8'), 'serve\n');
  });

  it('says when there is none, and when it cannot be started', async () => {
    await assert.rejects(startOllama({ find: () => Promise.resolve(undefined) }), { code: 'ollamaNotInstalled' });
    await assert.rejects(startOllama({ find: () => Promise.resolve(join(folder, 'absent')) }), { code: 'ollamaNotRunning' });
  });
});
