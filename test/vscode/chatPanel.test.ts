import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Workbench } from '../harness/workbench.ts';
import { ChatPanel, EditorRig, shots, until } from './editorRig.ts';

const PIECES = 20;

describe('the chat panel of a real editor', () => {
  const nonce = randomUUID().slice(0, 8);
  let rig: EditorRig;
  let workbench: Workbench;
  let chat: ChatPanel;

  before(async () => {
    // the model's own bytes: pieces made of the nonce in the prompt, each let out by hand
    rig = await EditorRig.start({
      ollama: {
        gate: 'manual',
        script: ({ prompt }) => Array.from({ length: PIECES }, (_, i) => ` ${String(i)}:${prompt.split(' ').at(-1) ?? ''}`),
      },
    });
    workbench = await rig.open();
    chat = new ChatPanel(workbench);
  });
  after(() => rig.stop());

  it('opens in the secondary side bar by its command', async () => {
    await chat.open();
    assert.equal((await workbench.page.locator('.part.auxiliarybar').getByText('CloudToLocalLLM').count()) > 0, true);
    await workbench.page.screenshot({ path: join(shots, 'panel-empty-light.png') });
  });

  it('shows each piece of an answer before the next is sent', async () => {
    await chat.ask(`say ${nonce}`);
    for (let i = 0; i < PIECES; i++) {
      await until(`piece ${String(i)} is held back`, () => rig.ollama.heldBack > 0 || (rig.ollama.asked[0]?.pieces ?? 0) > i);
      rig.ollama.release();
      await chat.showsAnswer(`${String(i)}:${nonce}`);
      assert.equal(
        await chat.answers
          .last()
          .getByText(`${String(i + 1)}:${nonce}`)
          .count(),
        0,
      );
      if (i === 10) await workbench.page.screenshot({ path: join(shots, 'panel-streaming-light.png') });
    }
    await chat.stopButton.waitFor({ state: 'hidden' });
    assert.equal(rig.ollama.asked.length, 1);
    await workbench.page.screenshot({ path: join(shots, 'panel-answer-light.png') });
  });

  it('shows the same answer again after it was hidden', async () => {
    await workbench.runCommand('View: Toggle Secondary Side Bar Visibility');
    await workbench.page.locator('.part.auxiliarybar').waitFor({ state: 'hidden' });
    await chat.open();
    await chat.showsAnswer(`${String(PIECES - 1)}:${nonce}`);
    assert.equal(rig.ollama.asked.length, 1);
  });

  it('shows the same answer again after the window was reloaded', async () => {
    await workbench.reload();
    await chat.open();
    await chat.showsAnswer(`${String(PIECES - 1)}:${nonce}`);
    assert.equal(rig.ollama.asked.length, 1);
  });

  it('stops the model within a second of Stop', async () => {
    await chat.ask('count for ever');
    await until('the model is asked', () => rig.ollama.asked.length === 2);
    rig.ollama.release(2);
    await chat.showsAnswer('1:ever');
    await chat.stopButton.click();
    await until('the request is closed', () => rig.ollama.asked[1]?.closedBy === 'client', 1_000);
  });

  it('is drawn in the colours of the theme, when that changes too', async () => {
    const colour = (): Promise<string> => chat.answers.last().evaluate((answer) => getComputedStyle(answer).color);
    const light = await colour();
    await workbench.runCommand('Preferences: Toggle between Light/Dark Themes');
    await workbench.page.locator('.monaco-workbench.vs-dark').waitFor();
    await until('the panel follows', async () => (await colour()) !== light);
    await workbench.page.screenshot({ path: join(shots, 'panel-answer-dark.png') });
  });
});
