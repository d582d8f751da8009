import assert from 'node:assert/strict';
import { join } from 'node:path';
import { commandNames } from '../../src/views/ids.ts';
import nls from '../../package.nls.json' with { type: 'json' };
import type { Workbench } from '../harness/workbench.ts';
import { EditorRig, shots } from './editorRig.ts';

/** Three times the budget of 200 ms: the machine has other work. */
const MAX_START_MS = 3 * 200;
const STARTS = 3;

describe('the status bar and the palette of a real editor', () => {
  let rig: EditorRig;
  let workbench: Workbench;

  before(async () => {
    rig = await EditorRig.start();
    workbench = await rig.open();
  });
  after(() => rig.stop());

  it('shows local chat without a relay as no error', async () => {
    const item = workbench.statusBarItem();
    await item.filter({ hasText: 'Local AI' }).waitFor();
    assert.doesNotMatch((await item.getAttribute('class')) ?? '', /error|warning/);
    assert.match((await item.getByRole('button').getAttribute('aria-label')) ?? '', /Local chat, no relay set up/);
  });

  it('opens the chat with its first click ever, then a menu of what is possible now', async () => {
    await workbench.statusBarItem().click();
    await workbench.webview().getByRole('textbox', { name: 'Message' }).waitFor();
    await workbench.statusBarItem().click();
    await workbench.quickPickRow('Open Chat').waitFor();
    await workbench.quickPickRow('Set Up Relay').waitFor();
    assert.equal(await workbench.quickPickRow('Disconnect').count(), 0);
    await workbench.page.screenshot({ path: join(shots, 'status-menu.png') });
    await workbench.page.keyboard.press('Escape');
  });

  it('has its commands in the palette, those alone that make sense now', async () => {
    await workbench.page.keyboard.press('F1');
    const box = workbench.quickInput;
    await box.fill('>CloudToLocalLLM: ');
    await workbench.quickPickRow('CloudToLocalLLM: Open Chat').waitFor();
    // The editor makes rows only for what it shows: the list is read from both ends.
    const rows = workbench.page.locator('.quick-input-list .monaco-list-row');
    const shown = await rows.allTextContents();
    await workbench.page.keyboard.press('ArrowUp');
    await rows.filter({ hasText: 'CloudToLocalLLM: Start Trial Relay' }).waitFor();
    shown.push(...(await rows.allTextContents()));
    const titles = commandNames.map((name) => nls[`command.${name}`]);
    const offered = titles.filter((title) => shown.some((row) => row.includes(`CloudToLocalLLM: ${title}`)));
    assert.deepEqual(offered.sort(), [
      ...['Add File to Chat', 'Connect', 'Copy Diagnostic Report', 'Focus Chat Input', 'Focus Last Message', 'Get Started'],
      ...['Import Chats…', 'New Chat', 'New Temporary Chat', 'Open Chat', 'Open Settings', 'Pull Model…', 'Report Issue…'],
      ...['Reset Device Identity…', 'Run Diagnostics', 'Search Chats…', 'Select Model…', 'Set Up Relay…', 'Show Chats…'],
      ...['Show Connection Metrics', 'Show Loaded Models…', 'Show Log', 'Show Status Menu', 'Start Trial Relay on This Computer'],
    ]);
    await workbench.page.keyboard.press('Escape');
  });

  it('leads from Connect to setting up a relay, and says what is wrong with an address', async () => {
    await workbench.runCommand('CloudToLocalLLM: Connect');
    await workbench.quickPickRow('Enter an Address or a Join Link…').click();
    const box = workbench.quickInput;
    await box.fill('http://relay.example');
    await workbench.page.locator('.quick-input-message').filter({ hasText: 'use https' }).waitFor();
    await workbench.page.screenshot({ path: join(shots, 'set-up-relay.png') });
    await workbench.page.keyboard.press('Escape');
  });

  it('is started in no more than three times its budget, as the editor itself counts it', async function () {
    this.timeout(120_000);
    const times: number[] = [];
    for (let start = 0; start < STARTS; start++) {
      if (start > 0) await workbench.reload();
      await workbench.statusBarItem().filter({ hasText: 'Local AI' }).waitFor();
      times.push(await activationMs());
    }
    times.sort((a, b) => a - b);
    assert.ok((times[Math.floor(STARTS / 2)] ?? Infinity) <= MAX_START_MS, times.join(', '));
  });

  /** What the editor's own page of running extensions says. */
  async function activationMs(): Promise<number> {
    await workbench.runCommand('Developer: Show Running Extensions');
    const row = workbench.page.locator('.runtime-extensions-editor .extension').filter({ hasText: 'CloudToLocalLLM' });
    const time = await row.locator('.activation-time').innerText();
    const [, ms] = /(\d+)\s*ms/.exec(time) ?? [];
    assert.ok(ms !== undefined, time);
    return Number(ms);
  }
});
