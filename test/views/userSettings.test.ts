import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { fakeEditor } from '../fakes/vscode.ts';
const { readOllamaSettings, readRemoteRules } = await import('../../src/views/agentSettings.ts');
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

  it('are bounded: a number out of its range, or none, reads as its default', () => {
    const bounds = {
      'ollama.firstTokenTimeout': [30, 3600, 600],
      'ollama.idleTimeout': [10, 1800, 120],
      'history.retentionDays': [0, 3650, 0],
      'remote.maxGenerations': [1, 4, 2],
      'remote.maxContextLength': [512, 4_194_304, 32_768],
      'remote.idleExpiryDays': [0, 365, 30],
    } as const;
    for (const [name, [least, most, normal]] of Object.entries(bounds) as [keyof typeof bounds, (typeof bounds)[keyof typeof bounds]][])
      for (const [value, read] of [
        [least, least],
        [most, most],
        [least - 1, normal],
        [most + 1, normal],
        [least + 0.5, normal],
        [String(least), normal],
      ]) {
        fakeEditor.userSettings.set(`cloudtolocalllm.${name}`, value);
        assert.equal(readSetting(name), read, `${name} ${String(value)}`);
      }
  });

  it('say how long Ollama is waited for', () => {
    fakeEditor.userSettings.set('cloudtolocalllm.ollama.firstTokenTimeout', 900);
    fakeEditor.workspaceSettings.set('cloudtolocalllm.ollama.idleTimeout', 10);
    assert.deepEqual(readOllamaSettings(), { url: '', firstTokenTimeoutMs: 900_000, idleTimeoutMs: 120_000 });
  });

  it('say what those from elsewhere may do, and a workspace says nothing of it', () => {
    const normal = {
      ...{ maxGenerations: 2, maxContextLength: 32_768, modelManagement: false, cloudModels: false, idleExpiryDays: 30 },
      privatePacing: false,
    };
    const mine = {
      maxGenerations: 1,
      maxContextLength: 4096,
      modelManagement: true,
      cloudModels: true,
      idleExpiryDays: 7,
      privatePacing: true,
    };
    const set = (where: 'userSettings' | 'workspaceSettings', rules: object): void => {
      for (const [name, value] of Object.entries(rules)) fakeEditor[where].set(`cloudtolocalllm.remote.${name}`, value);
    };
    set('workspaceSettings', mine);
    assert.deepEqual(readRemoteRules(), normal);
    set('userSettings', {
      maxGenerations: 5,
      maxContextLength: 'all',
      modelManagement: 'yes',
      cloudModels: 1,
      idleExpiryDays: -1,
      privatePacing: 'on',
    });
    assert.deepEqual(readRemoteRules(), normal);
    set('userSettings', mine);
    assert.deepEqual(readRemoteRules(), { ...normal, ...mine });
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
