import assert from 'node:assert/strict';
import type { Uri } from 'vscode';
import '../fakes/vscodeModule.ts';
import { fakeEditor } from '../fakes/vscode.ts';
const { ShownChatFile } = await import('../../src/views/shownChat.ts');
const { outputLog } = await import('../../src/views/outputLog.ts');
const vscode = await import('../fakes/vscode.ts');

const first = 'AAAAAAAAAAAAAAAAAAAAAA';
const second = 'BBBBBBBBBBBBBBBBBBBBBB';
const folder = vscode.Uri.file('/workspace') as unknown as Uri;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('ShownChatFile', () => {
  const log = outputLog(vscode.window.createOutputChannel('test'));

  beforeEach(() => {
    fakeEditor.reset();
  });

  it('has the last one noted on disk, for the next window', async () => {
    const shown = new ShownChatFile(folder, log);
    assert.equal(await shown.read(), undefined);
    shown.note(first);
    shown.note(second);
    assert.equal(await shown.read(), second);
    await settle();
    assert.equal(await new ShownChatFile(folder, log).read(), second);
  });

  it('takes what is no conversation’s id for nothing', async () => {
    const file = vscode.Uri.joinPath(vscode.Uri.file('/workspace'), 'shown-chat');
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode('../../etc'));
    assert.equal(await new ShownChatFile(folder, log).read(), undefined);
  });
});
