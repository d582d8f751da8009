import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Workbench } from '../harness/workbench.ts';
import { ChatPanel, EditorRig, shots } from './editorRig.ts';

const PIECES = 6;

describe('a chat in a tab of a real editor', () => {
  const nonce = randomUUID().slice(0, 8);
  let rig: EditorRig;
  let workbench: Workbench;
  let chat: ChatPanel;

  before(async () => {
    rig = await EditorRig.start({
      ollama: { script: () => Array.from({ length: PIECES }, (_, i) => ` ${String(i)}:${nonce}`) },
    });
    workbench = await rig.open();
    chat = new ChatPanel(workbench);
  });
  after(() => rig.stop());

  it('shows the chat of the side bar under its title', async () => {
    await chat.open();
    await chat.ask(`say ${nonce}`);
    await chat.showsAnswer(`${String(PIECES - 1)}:${nonce}`);
    await chat.stopButton.waitFor({ state: 'hidden' });
    // one webview at a time for the locators; what is hidden loses its document
    await workbench.runCommand('View: Toggle Secondary Side Bar Visibility');
    await workbench.page.locator('.part.auxiliarybar').waitFor({ state: 'hidden' });
    await workbench.runCommand('CloudToLocalLLM: Open Chat in Editor');
    await workbench.page.locator('.tabs-container .tab', { hasText: `say ${nonce}` }).waitFor();
    await chat.showsAnswer(`${String(PIECES - 1)}:${nonce}`);
    await workbench.page.screenshot({ path: join(shots, 'chat-editor-light.png') });
    assert.equal(rig.ollama.asked.length, 1);
  });
});
