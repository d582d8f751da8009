import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const id = 'cloudtolocalllm.cloudtolocalllm';

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

describe('the extension in its host', () => {
  it('activates', async () => {
    const extension = vscode.extensions.getExtension(id);
    assert.ok(extension);
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('registers every command that its manifest offers', async () => {
    const manifest = vscode.extensions.getExtension(id)?.packageJSON as Manifest;
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = manifest.contributes.commands.map(({ command }) => command).filter((command) => !registered.has(command));
    assert.deepEqual(missing, []);
  });
});
