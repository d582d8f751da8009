import assert from 'node:assert/strict';
import type { Workbench } from '../harness/workbench.ts';
import { EditorRig } from './editorRig.ts';

/** Three times the budget of 200 ms: the machine has other work. */
const MAX_MS = 3 * 200;
const STARTS = 3;

describe('the start in a real editor', () => {
  let rig: EditorRig;
  let workbench: Workbench;

  before(async () => {
    rig = await EditorRig.start();
    workbench = await rig.open();
  });
  after(() => rig.stop());

  it('takes no longer than three times its budget, as the editor itself counts it', async function () {
    this.timeout(120_000);
    const times: number[] = [];
    for (let start = 0; start < STARTS; start++) {
      if (start > 0) await workbench.reload();
      await workbench.statusBarItem().filter({ hasText: 'Local AI' }).waitFor();
      times.push(await activationMs());
    }
    times.sort((a, b) => a - b);
    assert.ok((times[Math.floor(STARTS / 2)] ?? Infinity) <= MAX_MS, times.join(', '));
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
