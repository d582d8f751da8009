import assert from 'node:assert/strict';
import { findOllamaBinary } from '../../../src/ollama/node/findOllamaBinary.ts';

async function tried(
  platform: NodeJS.Platform,
  env: Record<string, string>,
  there?: string,
): Promise<{ found: string | undefined; paths: string[] }> {
  const paths: string[] = [];
  const exists = (path: string): Promise<boolean> => {
    paths.push(path);
    return Promise.resolve(path === there);
  };
  return { found: await findOllamaBinary({ platform, env, exists }), paths };
}

describe('search for the program', () => {
  it('looks on the PATH and where installers put it, on each system', async () => {
    assert.deepEqual((await tried('linux', { PATH: '/a:/b:' })).paths, [
      '/a/ollama',
      '/b/ollama',
      '/usr/local/bin/ollama',
      '/usr/bin/ollama',
    ]);
    assert.deepEqual((await tried('darwin', {})).paths, [
      '/Applications/Ollama.app',
      '/opt/homebrew/bin/ollama',
      '/usr/local/bin/ollama',
      '/usr/bin/ollama',
    ]);
    assert.deepEqual((await tried('win32', { Path: 'C:\\a;D:\\b', LOCALAPPDATA: 'C:\\Users\\ann\\AppData\\Local' })).paths, [
      'C:\\a\\ollama.exe',
      'D:\\b\\ollama.exe',
      'C:\\Users\\ann\\AppData\\Local\\Programs\\Ollama\\ollama.exe',
    ]);
    assert.deepEqual((await tried('win32', {})).paths, []);
  });

  it('stops at the first find', async () => {
    assert.deepEqual(await tried('linux', { PATH: '/a:/b' }, '/a/ollama'), { found: '/a/ollama', paths: ['/a/ollama'] });
    assert.equal((await tried('linux', { PATH: '/a' })).found, undefined);
  });

  it('runs on this machine', async () => {
    assert.ok(['string', 'undefined'].includes(typeof (await findOllamaBinary())));
  });
});
