import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNode, testNode } from '../../../../src/agent/node/background/findNode.ts';
import { thisSystem } from '../../../../src/agent/node/background/system.ts';
import { BackgroundFault } from '../../../../src/protocol/backgroundAgent.ts';
import { FakeSystem } from '../../../fakes/fakeSystem.ts';

describe('a Node for the agent', () => {
  let folder: string;
  let system: FakeSystem;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-node-'));
    system = new FakeSystem('linux', folder);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  /** A file at its place, and what it says when it is run. */
  const put = (path: string, said: { version: string; lacksSqlite?: boolean; real?: string }): string => {
    const file = join(folder, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '');
    system.nodes.set(file, said);
    return file;
  };

  it('is the first on the PATH that can run it; others are named with their reason', async () => {
    put('a/node', { version: '20.19.0' });
    put('b/node', { version: '22.13.0', lacksSqlite: true });
    const right = put('c/node', { version: '22.13.0' });
    system.environment = { PATH: ['a', 'b', 'c', 'd'].map((name) => join(folder, name)).join(':') };
    assert.deepEqual(await findNode(system), { path: right, version: '22.13.0' });
    system.nodes.delete(right);
    await assert.rejects(findNode(system), (error) => {
      assert.ok(error instanceof BackgroundFault && error.code === 'noNode');
      assert.match(error.detail, /a\/node: 20\.19\.0; .*b\/node: 22\.13\.0, without node:sqlite/);
      return true;
    });
  });

  it('is that of the program itself where it comes first, and where nothing else does', async () => {
    const own = put('own/node', { version: '24.0.0' });
    const onPath = put('a/node', { version: '22.14.0' });
    system.environment = { PATH: join(folder, 'a') };
    assert.equal((await findNode(system, { own: { path: own, order: 'first' } })).path, own);
    assert.equal((await findNode(system, { own: { path: own, order: 'last' } })).path, onPath);
    system.environment = { PATH: 'relative' };
    system.nodes.delete('/usr/bin/node');
    assert.equal((await findNode(system, { own: { path: own, order: 'last' } })).path, own);
  });

  it('is the newest of nvm, and what a script chooses is taken from where it really is', async () => {
    put('.nvm/versions/node/v22.20.0/bin/node', { version: '22.20.0' });
    const newest = put('.nvm/versions/node/v24.2.0/bin/node', { version: '24.2.0' });
    put('.nvm/versions/node/v8.0.0/bin/node', { version: '8.0.0' });
    assert.equal((await findNode(system)).path, newest);
    const shim = put('shims/node', { version: '24.2.0', real: newest });
    assert.equal(((await testNode(system, shim)) as { path: string }).path, newest);
  });

  it('is run in truth: this one does, its link stays a link, and what is none is told', async () => {
    const link = join(folder, 'node');
    symlinkSync(process.execPath, link);
    assert.deepEqual(await testNode(thisSystem(), link), { path: link, version: process.versions.node });
    const shim = join(folder, 'shim');
    writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "$@"\n`);
    chmodSync(shim, 0o700);
    const tested = await testNode(thisSystem(), shim);
    assert.ok(typeof tested !== 'string');
    assert.equal(realpathSync(tested.path), realpathSync(process.execPath));
    assert.equal(await testNode(thisSystem(), '/bin/true'), 'it does not say its version as Node does');
    assert.equal(await testNode(thisSystem(), join(folder, 'none')), 'there is no such program');
  });
});
