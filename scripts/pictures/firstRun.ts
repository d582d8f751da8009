import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workbench } from '../../test/harness/workbench.ts';
import { pairedClient } from '../../test/integration/support/stack.ts';
import { ChatPanel, EditorRig } from '../../test/vscode/editorRig.ts';
import { Sheet } from './sheet.ts';

/**
 * The first minutes, step by step: from the package just installed in a remote editor, with neither Ollama nor a model nor a relay, to a
 * browser that is paired. Each picture is taken once the step is drawn.
 */
export async function firstRunSheet(): Promise<void> {
  const sheet = new Sheet('The first minutes', 'first-run');
  const programs = mkdtempSync(join(tmpdir(), 'c2l-programs-'));
  const rig = await EditorRig.start({
    programs,
    ollama: {
      models: [],
      refuse: true,
      pull: { layers: 2, bytes: 1_009_696_594, tickMs: 0, failAt: null, stallAt: 5 },
      script: 'Sunlight is a **mixture** of colours, and blue is scattered most.',
      versionString: '0.33.0-standin',
    },
  });
  try {
    const workbench = await rig.open();
    await localSteps(sheet, rig, workbench, programs);
    await relaySteps(sheet, workbench);
  } finally {
    await rig.stop();
    rmSync(programs, { recursive: true, force: true });
  }
  await sheet.write(560);
}

async function localSteps(sheet: Sheet, rig: EditorRig, workbench: Workbench, programs: string): Promise<void> {
  const { page } = workbench;
  const panel = workbench.webview();
  await sheet.take(page, '1 installed, and no Ollama here');
  await workbench.runCommand('CloudToLocalLLM: Get Started');
  await page.locator('.getting-started-step').filter({ hasText: 'Find Ollama' }).waitFor();
  await page.waitForTimeout(1_000); // the editor slides its picture in
  await sheet.take(page, '2 the walkthrough, nothing ticked');
  await workbench.runCommand('View: Close All Editors');
  const chat = new ChatPanel(workbench);
  await chat.open();
  const card = panel.getByRole('region', { name: 'Ollama' });
  await card.getByRole('button', { name: 'Install Ollama' }).waitFor();
  await sheet.take(page, '3 the chat says what is missing');
  writeFileSync(join(programs, 'ollama'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  await card.getByRole('button', { name: 'Start Ollama' }).waitFor({ timeout: 30_000 });
  await sheet.take(page, '4 installed, and not running');
  await rig.ollama.set({ refuse: false });
  await panel.getByRole('list', { name: 'Models to begin with' }).waitFor({ timeout: 30_000 });
  await sheet.take(page, '5 running, without a model');
  await panel.getByRole('button', { name: 'Pull llama3.2:3b, 2.0 GB' }).click();
  await panel.getByText('1.0 GB of 2.0 GB').waitFor();
  await sheet.take(page, '6 the first model comes');
  await panel.getByRole('button', { name: 'Cancel: llama3.2:3b' }).click();
  await rig.ollama.set({ pull: { layers: 2, bytes: 1_009_696_594, tickMs: 0, failAt: null } });
  await panel.getByRole('button', { name: 'Try again: llama3.2:3b' }).click();
  await panel.getByRole('button', { name: 'Model: llama3.2:3b' }).waitFor();
  await chat.ask('Why is the sky blue?');
  await chat.showsAnswer('scattered most');
  await sheet.take(page, '7 the first answer');
}

async function relaySteps(sheet: Sheet, workbench: Workbench): Promise<void> {
  const { page } = workbench;
  await workbench.statusBarItem().click();
  await workbench.quickPickRow('Open Chat').waitFor();
  await sheet.take(page, '8 the menu of the status item');
  await page.keyboard.press('Escape');
  await workbench.runCommand('CloudToLocalLLM: Set Up Relay…');
  await workbench.quickPickRow('Start a Trial Relay on This Computer').waitFor();
  await sheet.take(page, '9 three ways to a relay');
  await workbench.quickPickRow('Start a Trial Relay on This Computer').click();
  await workbench.statusBarItem().filter({ hasText: 'Connected' }).waitFor({ timeout: 60_000 });
  await sheet.take(page, '10 a trial relay in a terminal, connected');
  await workbench.runCommand('View: Toggle Panel Visibility');
  await workbench.runCommand('CloudToLocalLLM: Pair a Browser…');
  const pairing = page.locator('iframe.webview.ready').last().contentFrame().locator('#active-frame').contentFrame();
  const link = await pairing.getByRole('textbox', { name: 'Pairing link' }).inputValue();
  await sheet.take(page, '11 a browser may come');
  const client = pairedClient(link);
  await workbench.dialogButton('wants to chat with your models', 'Allow as My Own Browser').waitFor();
  await sheet.take(page, '12 it asks');
  await workbench.dialogButton('wants to chat with your models', 'Allow as My Own Browser').click();
  const paired = await client;
  await workbench.runCommand('View: Close All Editors');
  await workbench.runCommand('CloudToLocalLLM: Get Started');
  const done = page.locator('.getting-started-step').filter({ hasText: 'Chat from your phone' });
  await done.locator('.codicon-getting-started-step-checked').waitFor();
  await page.waitForTimeout(1_000); // the editor slides its picture in
  await sheet.take(page, '13 the walkthrough, ticked by itself');
  paired.dispose();
}
