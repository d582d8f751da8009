import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import type { OllamaState } from '../../src/protocol/status.ts';
import * as vscode from '../fakes/vscode.ts';
const { ContextKeys, initialContext } = await import('../../src/views/contextKeys.ts');
const { statusMenu } = await import('../../src/views/statusMenu.ts');

describe('ContextKeys', () => {
  beforeEach(() => {
    vscode.fakeEditor.reset();
  });

  it('tells the editor each key, prefixed, and again only when it has changed', () => {
    const told: unknown[] = [];
    const set = vscode.fakeEditor.contexts.set.bind(vscode.fakeEditor.contexts);
    vscode.fakeEditor.contexts.set = (key, value) => {
      told.push([key, value]);
      return set(key, value);
    };
    const keys = new ContextKeys();
    keys.set({ state: 'connected', relayConfigured: true });
    assert.equal(told.length, Object.keys(initialContext).length);
    assert.equal(vscode.fakeEditor.contexts.get('cloudtolocalllm.state'), 'connected');
    told.length = 0;
    keys.set({ state: 'connected' });
    keys.set({ state: 'streaming', generating: true });
    assert.deepEqual(told, [
      ['cloudtolocalllm.state', 'streaming'],
      ['cloudtolocalllm.generating', true],
    ]);
    vscode.fakeEditor.contexts.set = set;
  });
});

describe('statusMenu', () => {
  const labels = (context: Parameters<typeof statusMenu>[0]): string[] =>
    statusMenu(context).map(({ label }) => label.replace(/^\$\([^)]*\) /, ''));
  const base = { ...initialContext, ready: true, ollama: 'ok', hasModels: true } as const;

  it('offers only what is enabled, in groups without an empty one', () => {
    assert.deepEqual(labels(base), [
      ...['Chat', 'Open Chat', 'New Chat', 'Select Model…', 'Pull Model…', 'Show Loaded Models…'],
      ...['Connection', 'Connect', 'Set Up Relay…'],
      ...['Help', 'Run Diagnostics', 'Show Connection Metrics', 'Copy Diagnostic Report', 'Show Log', 'Open Settings', 'Get Started'],
    ]);
    const models = ['Start Ollama', 'Select Model…', 'Pull Model…', 'Show Loaded Models…'];
    const offered = (ollama: OllamaState): string[] =>
      labels({ ...base, ollama, hasModels: false }).filter((label) => models.includes(label));
    assert.deepEqual(offered('notRunning'), ['Start Ollama']);
    assert.deepEqual(offered('noModels'), ['Pull Model…']);
    assert.deepEqual(offered('notInstalled'), []);
    const connected = labels({ ...base, relayConfigured: true, state: 'streaming', generating: true });
    for (const label of ['Stop Generating', 'Disconnect', 'Reconnect Now', 'Pair a Browser…', 'Open Chat in Browser'])
      assert.ok(connected.includes(label), label);
    assert.ok(!connected.includes('Connect'));
  });
});
