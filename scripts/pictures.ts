// node scripts/pictures.ts [page] [panel] [states] [first-run] [both-sides]: what people see, on sheets, and one moving picture. For page and panel the stand-in for Ollama tells the story and
// nothing else is staged; the sheets of states show every state that tests look at, over the tests' own hub, one sheet a theme, and
// those of the page in every size too.
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { ChatPage } from '../test/browser/support.ts';
import { chatStates } from '../test/browser/ui/chatStates.ts';
import { DemoPages, type ChatState } from '../test/browser/ui/demoPage.ts';
import { pageSheetOf, sheetOf, sizes, themes as pageThemes } from '../test/browser/ui/looks.ts';
import { pageStates } from '../test/browser/ui/pageStates.ts';
import { TestBrowser } from '../test/harness/chromium.ts';
import type { themes, Workbench } from '../test/harness/workbench.ts';
import { Stack, until } from '../test/integration/support/stack.ts';
import { ChatPanel, EditorRig } from '../test/vscode/editorRig.ts';
import { bothSidesPicture } from './pictures/bothSides.ts';
import { firstRunSheet } from './pictures/firstRun.ts';
import { documents, Sheet } from './pictures/sheet.ts';

const question = 'Why is the sky blue?';
const answer = `Sunlight is a **mixture** of colours. In the air, *short* waves are scattered more than long ones, by \`1/λ⁴\`:

1. blue reaches your eye from all sides
2. red goes straight on, and is left over at sunset

\`\`\`python
def scattered(wavelength: float) -> float:
    return 1 / wavelength ** 4
\`\`\`

| colour | nm | share |
|---|---|---|
| blue | 450 | 100 % |
| red | 700 | 17 % |

> There is violet too, but your eyes see less of it.
`;
const pieces = answer.split(/(?<=\s)/);
const halfway = Math.floor(pieces.length * 0.45);
const ollama = { gate: 'manual', script: pieces, versionString: '0.33.0-standin' } as const;

const devices = [
  { name: 'phone, light', width: 360, height: 740, colorScheme: 'light' },
  { name: 'phone, dark', width: 360, height: 740, colorScheme: 'dark' },
  { name: 'desktop, light', width: 1440, height: 900, colorScheme: 'light' },
  { name: 'desktop, dark', width: 1440, height: 900, colorScheme: 'dark' },
] as const;

async function pageSheet(): Promise<void> {
  const sheet = new Sheet('The page', 'page');
  const browser = await TestBrowser.launch();
  try {
    for (const { name, width, height, colorScheme } of devices) {
      const stack = await Stack.start({ ollama, allow: false });
      const isPhone = width < 700;
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, hasTouch: isPhone, isMobile: isPhone });
      await pageStory(sheet, context, stack, name);
      await context.close();
      await stack.stop();
    }
  } finally {
    await browser.close();
  }
  await sheet.write(470);
}

async function pageStory(sheet: Sheet, context: BrowserContext, stack: Stack, device: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(stack.relayUrl);
  await page.getByRole('heading', { name: /models/ }).waitFor();
  await sheet.take(page, `${device}: not paired`);
  await page.goto(stack.link);
  await page.getByRole('button', { name: 'Pair', exact: true }).waitFor();
  await sheet.take(page, `${device}: opened a link`);
  await page.getByRole('button', { name: 'Pair', exact: true }).click();
  await page.getByRole('list', { name: 'Six words' }).waitFor();
  await sheet.take(page, `${device}: the computer asks`);
  stack.agent.say('y');
  const chat = ChatPage.on(page);
  await chat.ready();
  await sheet.take(page, `${device}: nothing asked yet`);
  await chat.ask(question);
  await until('the gate', () => stack.ollama.heldBack > 0);
  await sheet.take(page, `${device}: waiting for the model`);
  stack.ollama.release(halfway);
  await chat.shows('scattered');
  await sheet.take(page, `${device}: the answer comes`);
  stack.ollama.release(pieces.length);
  await chat.stopButton.waitFor({ state: 'hidden' });
  const file = await sheet.take(page, `${device}: the answer`);
  if (device === 'desktop, light') copyFileSync(file, join(documents, 'answer.png'));
  await chat.ask('And at sunset?');
  await until('the gate', () => stack.ollama.heldBack > 0);
  stack.ollama.release(20);
  await chat.stopButton.click();
  await chat.shows('Stopped');
  await stack.killRelay();
  await page.getByText(/cannot be reached/).waitFor({ timeout: 15_000 });
  await sheet.take(page, `${device}: stopped; the relay is gone`);
}

async function panelSheet(): Promise<void> {
  const sheet = new Sheet('The editor', 'panel');
  for (const theme of ['light', 'dark', 'highContrast'] as const) await panelStates(sheet, theme);
  await sheet.write(560);
}

async function panelStates(sheet: Sheet, theme: keyof typeof themes): Promise<void> {
  const rig = await EditorRig.start({ ollama, theme });
  try {
    const workbench = await rig.open();
    const { page } = workbench;
    const chat = new ChatPanel(workbench);
    await chat.open();
    await chat.document.getByRole('button', { name: /^Model: (?!none$)/ }).waitFor();
    await sheet.take(page, `${theme}: nothing asked yet`);
    await chat.ask(question);
    await until('the gate', () => rig.ollama.heldBack > 0);
    rig.ollama.release(halfway);
    await chat.showsAnswer('scattered');
    await sheet.take(page, `${theme}: the answer comes`);
    rig.ollama.release(pieces.length);
    await chat.stopButton.waitFor({ state: 'hidden' });
    await sheet.take(page, `${theme}: the answer`);
    await statusPictures(sheet, workbench, theme);
    await modelPictures(sheet, rig, workbench, theme);
  } finally {
    await rig.stop();
  }
}

async function statusPictures(sheet: Sheet, workbench: Workbench, theme: string): Promise<void> {
  await workbench.statusBarHover();
  await sheet.take(workbench.page, `${theme}: the status item's hover`);
  await workbench.statusBarItem().click();
  await workbench.quickPickRow('Open Chat').waitFor();
  await sheet.take(workbench.page, `${theme}: its menu`);
  await workbench.page.keyboard.press('Escape');
}

async function modelPictures(sheet: Sheet, rig: EditorRig, workbench: Workbench, theme: string): Promise<void> {
  const panel = workbench.webview();
  await workbench.runCommand('CloudToLocalLLM: Show Loaded Models…');
  const row = workbench.quickPickRow(/GPU|CPU/);
  await row.hover();
  await sheet.take(workbench.page, `${theme}: the models`);
  await row.getByRole('button', { name: 'Delete…' }).click();
  await workbench.dialogButton(/Delete .*\?/, 'Delete Model').waitFor();
  await sheet.take(workbench.page, `${theme}: before one is deleted`);
  await workbench.dialogButton(/Delete .*\?/, 'Delete Model').click();
  await workbench.quickPickRow('No model is in memory.').waitFor();
  await workbench.page.keyboard.press('Escape');
  await workbench.runCommand('CloudToLocalLLM: New Chat');
  await panel.getByRole('list', { name: 'Models to begin with' }).waitFor();
  await sheet.take(workbench.page, `${theme}: no models`);
  await rig.ollama.set({ pull: { layers: 2, bytes: 1_009_696_594, tickMs: 0, failAt: null, stallAt: 5 } });
  await panel.getByRole('button', { name: 'Pull llama3.2:3b, 2.0 GB' }).click();
  await panel.getByText('1.0 GB of 2.0 GB').waitFor();
  await sheet.take(workbench.page, `${theme}: the first one comes`);
}

type Looks = (typeof sizes)[keyof typeof sizes] & (typeof pageThemes)[keyof typeof pageThemes];

/** Draws each state anew. @returns what stands on the sheet */
async function drawStates(pages: DemoPages, name: string, title: string, states: readonly ChatState[], looks: Looks): Promise<string[]> {
  const sheet = new Sheet(title, name);
  for (const state of states) {
    const demo = await pages.open('/', { reducedMotion: 'reduce', ...looks });
    await state.enter(demo);
    await sheet.take(demo.page, state.name);
    await demo.close();
  }
  await sheet.write(560);
  return sheet.pictures.map(({ caption }) => caption);
}

/** Writes down what is on the sheets, for a test to count. */
async function stateSheets(): Promise<void> {
  const pages = await DemoPages.start();
  const contents: Record<string, readonly string[]> = {};
  try {
    for (const [theme, colours] of Object.entries(pageThemes)) {
      const name = sheetOf(theme);
      contents[name] = await drawStates(pages, name, `Every state, ${theme}`, chatStates, { ...colours, ...sizes.phone });
      for (const [size, options] of Object.entries(sizes)) {
        const sheet = pageSheetOf(size, theme);
        contents[sheet] = await drawStates(pages, sheet, `The page, ${size}, ${theme}`, pageStates, { ...colours, ...options });
      }
    }
  } finally {
    await pages.stop();
  }
  writeFileSync(join(documents, 'states.json'), `${JSON.stringify(contents, undefined, 2)}\n`);
}

const wanted = process.argv.slice(2);
if (wanted.length === 0 || wanted.includes('page')) await pageSheet();
if (wanted.length === 0 || wanted.includes('panel')) await panelSheet();
if (wanted.length === 0 || wanted.includes('states')) await stateSheets();
if (wanted.length === 0 || wanted.includes('first-run')) await firstRunSheet();
if (wanted.length === 0 || wanted.includes('both-sides')) await bothSidesPicture();
