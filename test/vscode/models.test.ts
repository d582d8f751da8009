import assert from 'node:assert/strict';
import type { FrameLocator } from 'playwright-core';
import type { Workbench } from '../harness/workbench.ts';
import { ChatPanel, EditorRig, until } from './editorRig.ts';

describe('models in the panel of a real editor', () => {
  let rig: EditorRig;
  let workbench: Workbench;
  let chat: ChatPanel;
  let panel: FrameLocator;

  before(async () => {
    rig = await EditorRig.start({ ollama: { models: [], pull: { layers: 2, bytes: 1000, tickMs: 0, failAt: null, stallAt: 5 } } });
    workbench = await rig.open();
    chat = new ChatPanel(workbench);
    panel = chat.document;
    await chat.open();
  });
  after(() => rig.stop());

  it('pulls the first model by one press, goes on while the panel is hidden, and cancels', async () => {
    await panel.getByRole('button', { name: 'Pull llama3.2:3b, 2.0 GB' }).click();
    await panel.getByRole('progressbar', { name: 'Pulling llama3.2:3b' }).waitFor();
    await panel.getByText('1.0 kB of 2.0 kB · 50 %').waitFor();
    await workbench.runCommand('View: Toggle Secondary Side Bar Visibility');
    await chat.open();
    await panel.getByText('1.0 kB of 2.0 kB · 50 %').waitFor();
    await panel.getByRole('button', { name: 'Cancel: llama3.2:3b' }).click();
    await panel.getByText('Cancelled; what has come is kept.').waitFor();
    const pulls = rig.ollama.requests.filter(({ path }) => path === '/api/pull');
    assert.equal(pulls.length, 1);
    await until('Ollama hears of it', () => pulls[0]?.closedBy === 'client');
  });

  it('has the model when it is tried again, and the chat is ready by itself', async () => {
    await rig.ollama.set({ pull: { layers: 2, bytes: 1000, tickMs: 0, failAt: null } });
    await panel.getByRole('button', { name: 'Try again: llama3.2:3b' }).click();
    await panel.getByRole('button', { name: 'Model: llama3.2:3b' }).waitFor();
    await chat.ask('Are you there?');
    await until('the model is asked', () => rig.ollama.asked.length === 1);
  });

  it('says within 10 s that Ollama has stopped, with a button that starts it, and is well again within 10 s of its start', async () => {
    await chat.stopButton.waitFor({ state: 'hidden' });
    await rig.ollama.set({ refuse: true });
    const card = panel.getByRole('region', { name: 'Ollama' });
    await card.getByRole('button', { name: /^(Start|Install) Ollama$/ }).waitFor({ timeout: 10_000 });
    await rig.ollama.set({ refuse: false });
    await card.waitFor({ state: 'detached', timeout: 10_000 });
    await panel.getByRole('button', { name: 'Model: llama3.2:3b' }).waitFor();
  });

  it('selects a model from the editor’s own list, shows what is in memory, and deletes a model after asking', async () => {
    await workbench.runCommand('CloudToLocalLLM: Select Model…');
    await workbench.quickPickRow(/llama3\.2:3b.*in memory/).click();
    await panel.getByRole('textbox', { name: 'Message' }).and(panel.locator(':focus')).waitFor();
    await workbench.runCommand('CloudToLocalLLM: Show Loaded Models…');
    const row = workbench.quickPickRow(/llama3\.2:3b.*(GPU|CPU)/);
    await row.hover();
    await row.getByRole('button', { name: 'Delete…' }).click();
    await workbench.dialogButton('Delete llama3.2:3b?', 'Delete Model').click();
    await workbench.quickPickRow('No model is in memory.').waitFor();
    assert.ok(rig.ollama.requests.some(({ path }) => path === '/api/delete'));
  });
});
