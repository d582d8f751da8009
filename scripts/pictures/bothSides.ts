import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ChatPage } from '../../test/browser/support.ts';
import { TestBrowser } from '../../test/harness/chromium.ts';
import { root } from '../../test/harness/paths.ts';
import type { Workbench } from '../../test/harness/workbench.ts';
import { JsonProcess } from '../../test/integration/support/childProcess.ts';
import { ChatPanel, EditorRig, until } from '../../test/vscode/editorRig.ts';
import { lay, readPng, writeAnimation, writePng, type Frame, type Raster } from './raster.ts';
import { documents } from './sheet.ts';

const editor = { width: 800, height: 560 };
const phone = { width: 320, height: 560 };
const MARGIN = 20;
const TOP = 44;
/** A picture of a README is loaded by everybody who reads it. */
const MAX_BYTES = 1_000_000;

const first =
  'Sunlight is a **mixture** of colours. In the air, *short* waves are scattered more than long ones: blue reaches your eye from all sides.';
const second = `In the evening the light comes to you through far more air.

1. blue is scattered away on its way
2. **red** goes straight on, and is left over

\`\`\`python
def scattered(wavelength):
    return 1 / wavelength ** 4
\`\`\``;
const words = (text: string): string[] => text.split(/(?<=\s)/);

/**
 * One chat in the panel of a real editor and on the page in a browser as small as a phone's, both paired through a real relay; the stand-in
 * for Ollama says a word or two, then both are photographed.
 */
export async function bothSidesPicture(): Promise<void> {
  const script = ({ prompt }: { readonly prompt: string }): string[] => words(prompt.includes('sunset') ? second : first);
  const relay = new JsonProcess(process.execPath, [join(root, 'dist', 'cli.mjs'), 'relay', '--json', '--port', '0'], { cwd: root });
  const browser = await TestBrowser.launch();
  try {
    const { url, invite } = await relay.first('listening');
    const rig = await EditorRig.start({ ollama: { gate: 'manual', script, models: ['llama3.2:3b'], versionString: '0.33.0-standin' } });
    writeFileSync(join(rig.server.workspace, 'sky.py'), 'def scattered(wavelength):\n    """How much of the light goes another way."""\n');
    try {
      const workbench = await rig.open();
      await workbench.page.setViewportSize(editor);
      const link = await connected(workbench, String(url), String(invite));
      const context = await browser.newContext({ viewport: phone, hasTouch: true, isMobile: true });
      const page = ChatPage.on(await context.newPage());
      await pair(workbench, page, link);
      const panel = new ChatPanel(workbench);
      await film(rig, workbench, panel, page, await backdrop(browser));
    } finally {
      await rig.stop();
    }
  } finally {
    await browser.close();
    await relay.stop();
  }
}

/** Sets the relay up and photographs the pairing. @returns its link */
async function connected(workbench: Workbench, url: string, invite: string): Promise<string> {
  await workbench.runCommand('CloudToLocalLLM: Connect');
  await workbench.quickPickRow('Enter an Address or a Join Link…').click();
  await workbench.answerInputBox(url);
  await workbench.page.locator('.quick-input-message').filter({ hasText: 'wants an invite' }).waitFor();
  await workbench.answerInputBox(invite);
  await workbench.statusBarItem().filter({ hasText: 'Connected' }).waitFor();
  await workbench.runCommand('CloudToLocalLLM: Pair a Browser…');
  const link = await workbench.webview().getByRole('textbox', { name: 'Pairing link' }).inputValue();
  await workbench.page.waitForTimeout(500); // the tab of the pairing slides in
  write('pairing.png', writePng(await photograph(workbench.page)));
  return link;
}

async function pair(workbench: Workbench, page: ChatPage, link: string): Promise<void> {
  await page.page.goto(link);
  await page.page.getByRole('button', { name: 'Pair', exact: true }).click();
  await workbench.dialogButton('wants to chat with your models', 'Allow as My Own Browser').click();
  await page.ready();
  await workbench.runCommand('View: Close All Editors');
  await workbench.page.locator('.explorer-folders-view .monaco-list-row').filter({ hasText: 'sky.py' }).dblclick();
  await workbench.page.locator('.monaco-editor .view-line').filter({ hasText: 'scattered' }).waitFor();
  await workbench.runCommand('View: Toggle Primary Side Bar Visibility');
}

async function film(rig: EditorRig, workbench: Workbench, panel: ChatPanel, page: ChatPage, empty: Raster): Promise<void> {
  await panel.open();
  await panel.ask('Why is the sky blue?');
  await until('the gate', () => rig.ollama.heldBack > 0);
  rig.ollama.release(words(first).length);
  await panel.stopButton.waitFor({ state: 'hidden' });
  await page.page.getByRole('button', { name: 'Chats' }).click();
  await page.page.getByText('Why is the sky blue?').first().click();
  await page.answers.filter({ hasText: 'from all sides' }).waitFor();
  await page.page.waitForTimeout(500); // the list of chats slides away

  const frames: Frame[] = [];
  const take = async (ms: number): Promise<void> => {
    frames.push({ raster: await together(empty, workbench.page, page.page), ms });
  };
  await take(1_500);
  await page.composer.tap();
  for (const part of ['And ', 'at ', 'sunset?']) {
    await page.page.keyboard.type(part);
    await take(300);
  }
  await page.page.keyboard.press('Enter');
  await until('the gate', () => rig.ollama.heldBack > 0);
  await take(600);
  const pieces = words(second);
  for (let said = 0; said < pieces.length; said += 2) {
    rig.ollama.release(2);
    const text =
      pieces
        .slice(said, said + 2)
        .join('')
        .replaceAll(/[*`]|python|1\.|2\./g, '')
        .trim()
        .split(/\s+/)
        .at(-1) ?? '';
    await Promise.all([page.answers.last().filter({ hasText: text }).waitFor(), panel.showsAnswer(text)]);
    await take(160);
  }
  await page.stopButton.waitFor({ state: 'hidden' });
  await panel.stopButton.waitFor({ state: 'hidden' });
  await take(4_000);
  // before frames are written: that takes seconds, in which the stand-in of this process is silent
  write('phone.png', writePng(await photograph(page.page)));

  const animation = writeAnimation(frames);
  if (animation.length > MAX_BYTES) throw new Error(`the moving picture has ${String(animation.length)} bytes`);
  write('both-sides.png', animation);
}

/** What editor and page are laid on. */
async function backdrop(browser: TestBrowser): Promise<Raster> {
  const [width, height] = [editor.width + phone.width + 3 * MARGIN, editor.height + TOP + MARGIN];
  const page = await (await browser.newContext({ viewport: { width, height } })).newPage();
  const box = (left: number, { width, height }: typeof phone, caption: string): string => `
    <p style="left: ${String(left)}px">${caption}</p>
    <div style="left: ${String(left)}px; width: ${String(width)}px; height: ${String(height)}px"></div>`;
  await page.setContent(`<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Both sides</title><style>
    body { margin: 0; background: #e9ebef; color: #1d2129; font: 15px system-ui, sans-serif; }
    p { position: absolute; top: 13px; margin: 0; }
    div { position: absolute; top: ${String(TOP)}px; outline: 1px solid #b4bac4; }
  </style>${box(MARGIN, editor, 'the editor')}${box(editor.width + 2 * MARGIN, phone, 'a phone’s browser')}</html>`);
  return photograph(page);
}

async function photograph(page: Page): Promise<Raster> {
  return readPng(await page.screenshot({ animations: 'disabled' }));
}

async function together(empty: Raster, left: Page, right: Page): Promise<Raster> {
  const [one, other] = await Promise.all([photograph(left), photograph(right)]);
  const whole = { ...empty, rgb: Uint8Array.from(empty.rgb) };
  lay(whole, one, MARGIN, TOP);
  lay(whole, other, editor.width + 2 * MARGIN, TOP);
  return whole;
}

function write(name: string, bytes: Uint8Array): void {
  writeFileSync(join(documents, name), bytes);
  process.stdout.write(`${join(documents, name)}: ${String(bytes.length)} bytes\n`);
}
