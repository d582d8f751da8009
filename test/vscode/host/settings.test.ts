import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const section = 'cloudtolocalllm';

describe('settings in a real editor', () => {
  const names = ['relay.url', 'relay.autoConnect', 'ollama.url', 'statusBar.label', 'notifications'];

  it('are declared, each with a default', () => {
    const settings = vscode.workspace.getConfiguration(section);
    for (const name of names) assert.notEqual(settings.inspect(name)?.defaultValue, undefined, name);
  });

  it('cannot be set by a workspace', async () => {
    for (const name of names) {
      const writing = Promise.resolve(vscode.workspace.getConfiguration(section).update(name, 'x', vscode.ConfigurationTarget.Workspace));
      await assert.rejects(writing, /only.*User settings/i, name);
    }
  });
});
