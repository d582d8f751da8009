import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Workbench } from '../harness/workbench.ts';
import { EditorRig, shots } from './editorRig.ts';

describe('diagnostics in a real editor', () => {
  let rig: EditorRig;
  let workbench: Workbench;

  before(async () => {
    rig = await EditorRig.start();
    workbench = await rig.open();
    await workbench.statusBarItem().filter({ hasText: 'Local AI' }).waitFor();
  });
  after(() => rig.stop());

  const tab = (name: string) => workbench.page.locator('.tab').filter({ hasText: name });
  /** What the editor that is in front shows; its spaces are those of a web page. */
  const shown = async (text: string): Promise<void> => {
    await workbench.page.locator('.editor-instance .view-line').filter({ hasText: text }).first().waitFor();
  };

  it('looks at every hop and shows what it found in a document that nobody has to save', async () => {
    await workbench.runCommand('CloudToLocalLLM: Run Diagnostics');
    await tab('Diagnostics.txt').waitFor();
    await shown('All is well on this computer. No relay is set up.');
    await shown('First word');
    assert.equal(rig.ollama.asked.length, 1);
    assert.equal(await workbench.page.locator('.tab.dirty').count(), 0);
    await workbench.page.screenshot({ path: join(shots, 'diagnostics.png') });
  });

  it('names what is wrong now in the same document, with the button that helps', async () => {
    await rig.ollama.set({ refuse: true });
    await workbench.runCommand('CloudToLocalLLM: Run Diagnostics');
    await workbench.toast('Ollama: Ollama is not').waitFor();
    await shown('The first hop that fails: Ollama.');
    assert.equal(await tab('Diagnostics.txt').count(), 1);
    await workbench.toastButton('Ollama: Ollama is not', 'Check Ollama Again').waitFor();
    await rig.ollama.set({ refuse: false });
  });

  it('shows the report, and copies it when told to', async () => {
    await workbench.toastButton('Ollama: Ollama is not', 'Copy Diagnostic Report').click();
    await tab('Report.md').waitFor();
    await shown('# CloudToLocalLLM: diagnostic report');
    await workbench.page.screenshot({ path: join(shots, 'diagnostic-report.png') });
    await workbench.toastButton('Review the report', 'Copy Report').click();
    const copied = async (): Promise<string> => workbench.page.evaluate(() => navigator.clipboard.readText());
    for (let i = 0; i < 100 && !(await copied()).startsWith('# CloudToLocalLLM'); i++) await workbench.page.waitForTimeout(50);
    assert.match(await copied(), /FAILED {2}Ollama /);
  });

  it('draws the connection’s figures as curves with a sentence each, and as a table', async () => {
    await workbench.runCommand('CloudToLocalLLM: Show Connection Metrics');
    const figures = workbench.page.locator('iframe.webview.ready').last().contentFrame().locator('#active-frame').contentFrame();
    await figures.getByRole('img', { name: /^Reconnects: now 0, between 0 and 0 in the last [2-9] s/ }).waitFor();
    assert.equal(await figures.getByRole('img').count(), 4);
    const table = figures.getByRole('table', { name: 'All figures' });
    assert.equal(await table.getByRole('rowheader').count(), await table.getByRole('row').count());
    await table.getByRole('row', { name: 'Connection disconnected' }).waitFor();
    assert.match((await figures.locator('path').last().getAttribute('d')) ?? '', /^M\d/);
    await workbench.page.screenshot({ path: join(shots, 'metrics.png') });
  });
});
