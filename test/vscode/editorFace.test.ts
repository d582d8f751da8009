import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { Workbench } from '../harness/workbench.ts';
import { ChatPanel, EditorRig, shots } from './editorRig.ts';

describe('the editor’s own lists and pages about the chat', () => {
  const nonce = randomUUID().slice(0, 8);
  let rig: EditorRig;
  let workbench: Workbench;
  let chat: ChatPanel;

  before(async () => {
    rig = await EditorRig.start({ ollama: { script: () => `It is ${nonce}, or $x^2 + y^2$.` } });
    workbench = await rig.open();
    chat = new ChatPanel(workbench);
  });
  after(() => rig.stop());

  /** A step of the walkthrough; its box is ticked by the editor when the step's clause is true. */
  const step = (title: string): Locator => workbench.page.locator('.getting-started-step').filter({ hasText: title });
  const isDone = (title: string): Locator => step(title).locator('.codicon-getting-started-step-checked');

  it('ticks the steps of the walkthrough by itself as things are done', async () => {
    await workbench.runCommand('CloudToLocalLLM: Get Started');
    await isDone('Find Ollama').waitFor();
    await isDone('Get a model').waitFor();
    assert.deepEqual([await isDone('Ask something').count(), await isDone('Chat from your phone').count()], [0, 0]);
    // One webview at a time for the locators: the picture of a step is one too.
    await workbench.runCommand('View: Close All Editors');
    await chat.open();
    await chat.ask(`what is ${nonce}?`);
    await chat.showsAnswer(nonce);
  });

  it('draws a formula with the fonts that lie with the page', async () => {
    const formula = chat.answers.last().locator('.katex').first();
    await formula.waitFor();
    const loaded = await formula.evaluate(async (element) => {
      const { fonts } = element.ownerDocument;
      await fonts.ready;
      return [...fonts].filter(({ family, status }) => family.startsWith('KaTeX') && status === 'loaded').length;
    });
    assert.ok(loaded > 0);
  });

  it('offers in the context menu of the chat, off its messages, what can be done with its last answer', async () => {
    await chat.composer.click({ button: 'right' });
    const menu = workbench.page.locator('.context-view .monaco-menu');
    await menu.getByRole('menuitem', { name: 'Copy Last Answer' }).waitFor();
    await workbench.page.screenshot({ path: join(shots, 'chat-context-menu.png') });
    assert.equal(await menu.getByRole('menuitem', { name: 'Stop Generating' }).count(), 0);
    await workbench.page.keyboard.press('Escape');
  });

  it('lists the chats by date, and finds one by what was said in it', async () => {
    await workbench.runCommand('CloudToLocalLLM: Show Chats…');
    await workbench.quickPickRow(`what is ${nonce}?`).waitFor();
    await workbench.page.locator('.quick-input-list').getByText('Today').waitFor();
    await workbench.page.screenshot({ path: join(shots, 'show-chats.png') });
    await workbench.page.keyboard.press('Escape');
    await chat.document.getByRole('button', { name: 'New chat' }).first().click();
    await workbench.runCommand('CloudToLocalLLM: Search Chats…');
    const box = workbench.quickInput;
    await box.fill(`is ${nonce}`);
    const found = workbench.quickPickRow(`It is ${nonce}`);
    await found.waitFor();
    await workbench.page.screenshot({ path: join(shots, 'search-chats.png') });
    await found.click();
    await chat.showsAnswer(nonce);
  });

  it('has ticked the question as well, and not the phone', async () => {
    await workbench.runCommand('CloudToLocalLLM: Get Started');
    await isDone('Ask something').waitFor();
    assert.equal(await isDone('Chat from your phone').count(), 0);
    await step('Chat from your phone').first().click();
    await workbench.page.waitForTimeout(1_000); // the editor slides its picture in
    await workbench.page.screenshot({ path: join(shots, 'walkthrough.png') });
  });
});
