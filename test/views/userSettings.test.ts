import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { fakeEditor } from '../fakes/vscode.ts';
const { onDidChangeSetting, readSetting, writeSetting } = await import('../../src/views/userSettings.ts');

describe('user settings', () => {
  beforeEach(() => {
    fakeEditor.reset();
  });

  it('are the user’s own; what a workspace says is not read', () => {
    fakeEditor.workspaceSettings.set('cloudtolocalllm.relay.url', 'https://evil.example');
    fakeEditor.workspaceSettings.set('cloudtolocalllm.relay.autoConnect', 'always');
    assert.equal(readSetting('relay.url'), '');
    assert.equal(readSetting('relay.autoConnect'), 'remember');
    fakeEditor.userSettings.set('cloudtolocalllm.relay.url', 'https://relay.example');
    assert.equal(readSetting('relay.url'), 'https://relay.example');
  });

  it('read as their default when they make no sense', () => {
    fakeEditor.userSettings.set('cloudtolocalllm.relay.autoConnect', 'sometimes');
    fakeEditor.userSettings.set('cloudtolocalllm.ollama.url', 7);
    fakeEditor.userSettings.set('cloudtolocalllm.notifications', null);
    assert.equal(readSetting('relay.autoConnect'), 'remember');
    assert.equal(readSetting('ollama.url'), '');
    assert.equal(readSetting('notifications'), 'errors');
  });

  it('are written to the user alone, and tell of their changes', async () => {
    let changes = 0;
    const subscription = onDidChangeSetting('relay.url', () => changes++);
    await writeSetting('relay.url', 'https://relay.example');
    await writeSetting('statusBar.label', 'icon');
    assert.equal(readSetting('relay.url'), 'https://relay.example');
    assert.equal(changes, 1);
    subscription.dispose();
    await writeSetting('relay.url', '');
    assert.equal(changes, 1);
  });
});
