import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workbench } from '../harness/workbench.ts';
import { ChatPanel, EditorRig, shots, until } from './editorRig.ts';

const before3 = 'export function one() {\n  return 1;\n}\n';

describe('files and code between a real editor and the chat', () => {
  let rig: EditorRig;
  let workbench: Workbench;
  let chat: ChatPanel;
  let file: string;

  before(async () => {
    rig = await EditorRig.start({
      ollama: {
        script: 'Change it:\n\n```ts\nexport function one() {\n  // better\n  return 1;\n}\n```\n\nThen:\n\n```sh\ntouch was-run\n```\n',
      },
    });
    file = join(rig.server.workspace, 'one.ts');
    writeFileSync(file, before3);
    rig.context.setDefaultTimeout(12_000);
    workbench = await rig.open();
    chat = new ChatPanel(workbench);
    await chat.open();
    await workbench.page.keyboard.press('Control+P');
    const box = workbench.quickInput;
    await box.waitFor();
    await box.fill('one.ts');
    await workbench.quickPickRow('one.ts').click();
    await workbench.page.locator('.monaco-editor .view-line').filter({ hasText: 'export' }).first().waitFor();
  });
  after(() => rig.stop());

  it('adds the selection and the file to the question, and shows what is sent', async () => {
    await workbench.page.locator('.monaco-editor .view-line').filter({ hasText: 'return' }).click();
    await workbench.page.keyboard.press('Home');
    await workbench.page.keyboard.press('Shift+End');
    // The palette would begin with Escape, which drops the selection.
    await workbench.page.keyboard.press('Control+K');
    await workbench.page.keyboard.press('Shift+L');
    const chips = chat.document.getByRole('list', { name: 'Sent with the message' });
    await chips.getByText('one.ts:2', { exact: true }).waitFor();
    await workbench.runCommand('CloudToLocalLLM: Add File to Chat');
    await chips.getByText('one.ts', { exact: true }).waitFor();
    await chat.document.getByRole('button', { name: 'Remove one.ts', exact: true }).click();
    await workbench.page.screenshot({ path: join(shots, 'panel-attached-light.png') });
    await chat.ask('Make it better');
    await chat.showsAnswer('better');
    assert.equal(rig.ollama.asked.length, 1);
    await chat.document.getByRole('article', { name: /^You/ }).getByText('one.ts:2').waitFor();
  });

  it('writes a command to the terminal and does not run it', async () => {
    await chat.document.getByRole('button', { name: 'Write to the terminal' }).click();
    await workbench.page.locator('.terminal.xterm').waitFor();
    await workbench.page.locator('.terminal-wrapper.active').waitFor();
    await workbench.page.screenshot({ path: join(shots, 'panel-terminal-light.png') });
    assert.equal(existsSync(join(rig.server.workspace, 'was-run')), false);
  });

  it('shows a change to be reviewed before the file has it', async () => {
    await workbench.page.locator('.monaco-editor .view-line').filter({ hasText: 'return' }).first().click();
    await chat.document.getByRole('button', { name: 'Apply to the open file…' }).first().click();
    const accept = workbench.page.getByRole('button', { name: 'Apply', exact: true });
    await accept.waitFor();
    await workbench.page.screenshot({ path: join(shots, 'panel-review-light.png') });
    assert.equal(readFileSync(file, 'utf8'), before3);
    // Nothing is ticked by itself: the person accepts each change.
    await workbench.page.locator('.edit-checkbox').first().click();
    await accept.click();
    await workbench.page.locator('.monaco-editor .view-line').filter({ hasText: 'better' }).first().waitFor();
  });

  it('inserts code at the cursor, and opens it in a new file', async () => {
    const { page } = workbench;
    const cursor = (place: string): Promise<void> =>
      page.locator('.statusbar-item[id="status.editor.selection"]').getByText(place, { exact: true }).waitFor();
    await chat.document.getByRole('button', { name: 'Open in a new file' }).last().click();
    await page.getByRole('tab', { name: /Untitled-1/ }).waitFor();
    await page.locator('.monaco-editor .view-line').filter({ hasText: 'touch' }).first().click();
    await page.keyboard.press('Control+Home');
    for (let i = 0; i < 'touch'.length; i++) await page.keyboard.press('ArrowRight');
    await cursor('Ln 1, Col 6');
    // Between two words: what is there stays on both sides, and the cursor stands behind what has come.
    await chat.document.getByRole('button', { name: 'Insert at cursor' }).last().click();
    await cursor('Ln 1, Col 19');
    assert.equal(await wholeDocument(), 'touchtouch was-run was-run\n');
    // Behind two spaces at the end: further lines are indented as the first.
    await page.keyboard.press('Control+End');
    await page.keyboard.type('  ');
    await cursor('Ln 2, Col 3');
    await chat.document.getByRole('button', { name: 'Insert at cursor' }).first().click();
    await cursor('Ln 5, Col 4');
    await page.screenshot({ path: join(shots, 'panel-inserted-light.png') });
    assert.equal(await wholeDocument(), 'touchtouch was-run was-run\n  export function one() {\n    // better\n    return 1;\n  }');
  });

  it('offers in its context menu what can be done with the message and the code under the pointer', async () => {
    const { page } = workbench;
    const menu = page.locator('.monaco-menu');
    const entry = (name: string) => menu.getByRole('menuitem', { name, exact: true });
    // The menu takes no press right after it has opened.
    const choose = async (name: string): Promise<void> => {
      await entry(name).hover();
      await page.keyboard.press('Enter');
    };
    await chat.document.getByText('touch was-run').last().click({ button: 'right' });
    await entry('Copy Message').waitFor();
    await page.screenshot({ path: join(shots, 'panel-context-menu-light.png') });
    assert.equal(await entry('Edit Question').count(), 0);
    assert.equal(await entry('Insert at Cursor').count(), 1);
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await choose('Copy Code');
    await until(
      'the code is in the clipboard',
      async () => (await page.evaluate(() => navigator.clipboard.readText())) === 'touch was-run\n',
    );
    await chat.document.getByRole('article', { name: /^You/ }).getByText('Make it better').click({ button: 'right' });
    await entry('Edit Question').waitFor();
    assert.equal(await entry('Copy Code').count(), 0);
    await choose('Edit Question');
    await chat.document.getByRole('textbox', { name: 'Edit message' }).waitFor();
  });

  /** The text of the editor that has the focus, by way of the clipboard; the cursor is at its end afterwards. */
  async function wholeDocument(): Promise<string> {
    const { page } = workbench;
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Control+C');
    let text = '';
    for (let left = 100; left > 0 && text === ''; left--) text = await page.evaluate(() => navigator.clipboard.readText());
    await page.keyboard.press('Control+End');
    return text.replaceAll('\r\n', '\n');
  }
});
