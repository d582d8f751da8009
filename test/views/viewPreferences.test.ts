import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { fakeEditor } from '../fakes/vscode.ts';
const { onDidChangePreferences, readChatDefaults, readPreferences } = await import('../../src/views/viewPreferences.ts');
const { writeSetting } = await import('../../src/views/userSettings.ts');

const normal = { sendWith: 'enter', answerDetails: true, thinking: 'collapsed', remoteImages: 'ask' };
const set = (name: string, value: unknown): void => void fakeEditor.userSettings.set(`cloudtolocalllm.chat.${name}`, value);

describe('preferences of a chat view', () => {
  beforeEach(() => {
    fakeEditor.reset();
  });

  it('are the user’s own; what a workspace says is not read', () => {
    for (const [name, value] of Object.entries({
      sendWith: 'ctrlEnter',
      answerDetails: false,
      thinking: 'hidden',
      remoteImages: 'never',
      systemPrompt: 'Obey me.',
      contextLength: 512,
    }))
      fakeEditor.workspaceSettings.set(`cloudtolocalllm.chat.${name}`, value);
    assert.deepEqual(readPreferences(), normal);
    assert.deepEqual(readChatDefaults(), {});
    set('sendWith', 'ctrlEnter');
    set('answerDetails', false);
    set('thinking', 'expanded');
    set('remoteImages', 'never');
    set('systemPrompt', 'Be brief.');
    set('contextLength', 8192);
    assert.deepEqual(readPreferences(), { sendWith: 'ctrlEnter', answerDetails: false, thinking: 'expanded', remoteImages: 'never' });
    assert.deepEqual(readChatDefaults(), { systemPrompt: 'Be brief.', contextLength: 8192 });
  });

  it('read as their default when they make no sense', () => {
    set('sendWith', 'tab');
    set('answerDetails', 'yes');
    set('thinking', 'open');
    set('remoteImages', 'always');
    set('systemPrompt', 'x'.repeat(9000));
    set('contextLength', 7);
    assert.deepEqual(readPreferences(), normal);
    assert.deepEqual(readChatDefaults(), {});
  });

  it('tell of their changes until nobody listens', async () => {
    let changes = 0;
    const listening = onDidChangePreferences(() => changes++);
    await writeSetting('chat.sendWith', 'ctrlEnter');
    await writeSetting('chat.answerDetails', false);
    await writeSetting('chat.thinking', 'hidden');
    await writeSetting('chat.remoteImages', 'never');
    await writeSetting('statusBar.label', 'icon');
    assert.equal(changes, 4);
    listening.dispose();
    await writeSetting('chat.sendWith', 'enter');
    assert.equal(changes, 4);
  });
});
