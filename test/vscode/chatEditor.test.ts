import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Workbench } from '../harness/workbench.ts';
import { ChatPanel, EditorRig, shots, until } from './editorRig.ts';

const PIECES = 6;

describe('a chat in a tab of a real editor', () => {
  const nonce = randomUUID().slice(0, 8);
  let rig: EditorRig;
  let workbench: Workbench;
  let chat: ChatPanel;

  before(async () => {
    rig = await EditorRig.start({
      ollama: { gate: 'manual', script: () => Array.from({ length: PIECES }, (_, i) => ` ${String(i)}:${nonce}`) },
    });
    workbench = await rig.open();
    chat = new ChatPanel(workbench);
  });
  after(() => rig.stop());

  async function letOut(pieces: number): Promise<void> {
    for (let i = 0; i < pieces; i++) {
      await until('a piece is held back', () => rig.ollama.heldBack > 0);
      rig.ollama.release();
    }
  }

  it('goes on there in the middle of an answer', async () => {
    await chat.open();
    await chat.ask(`say ${nonce}`);
    await letOut(3);
    await chat.showsAnswer(`2:${nonce}`);
    await workbench.runCommand('CloudToLocalLLM: Open Chat in Editor');
    const tab = workbench.page.locator('.tabs-container .tab', { hasText: `say ${nonce}` });
    await tab.waitFor();
    // one webview at a time for the locators; what is hidden loses its document
    await workbench.runCommand('View: Toggle Secondary Side Bar Visibility');
    await workbench.page.locator('.part.auxiliarybar').waitFor({ state: 'hidden' });
    await chat.showsAnswer(`2:${nonce}`);
    await letOut(PIECES - 3);
    await chat.showsAnswer(`${String(PIECES - 1)}:${nonce}`);
    await workbench.page.screenshot({ path: join(shots, 'chat-editor-light.png') });
    assert.equal(rig.ollama.asked.length, 1);
  });

  it('comes back when the window is loaded anew', async () => {
    await workbench.reload();
    await workbench.page.locator('.tabs-container .tab', { hasText: `say ${nonce}` }).waitFor();
    await chat.showsAnswer(`${String(PIECES - 1)}:${nonce}`);
    assert.equal(rig.ollama.asked.length, 1);
  });
});
