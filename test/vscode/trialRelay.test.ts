import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workbench } from '../harness/workbench.ts';
import { EditorRig, shots, until } from './editorRig.ts';

describe('a trial relay in a real editor', () => {
  let rig: EditorRig;
  let workbench: Workbench;
  before(async () => {
    rig = await EditorRig.start();
    workbench = await rig.open();
    await workbench.statusBarItem().filter({ hasText: 'Local AI' }).waitFor();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await picture(`failed-${this.currentTest.title.replace(/\W+/g, '-').slice(0, 40)}`);
  });
  after(() => rig.stop());

  const shows = (text: string | RegExp): Promise<void> => workbench.statusBarItem().filter({ hasText: text }).waitFor();
  const picture = (name: string): Promise<unknown> => workbench.page.screenshot({ path: join(shots, `${name}.png`) });
  const origin = (): string => (JSON.parse(readFileSync(join(rig.state, 'relay.json'), 'utf8')) as { origin: string }).origin;
  const answers = async (): Promise<boolean> =>
    fetch(`${origin()}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );

  it('runs in a terminal that is seen, from the package alone, and this computer connects to it', async () => {
    await workbench.runCommand('CloudToLocalLLM: Set Up Relay…');
    await workbench.quickPickRow('Start a Trial Relay on This Computer').click();
    await shows('Connected');
    await workbench.page.locator('.terminal-wrapper.active').waitFor();
    await picture('trial-relay');
    assert.match(origin(), /^http:\/\/127\.0\.0\.1:\d+$/);
    const page = await fetch(`${origin()}/`);
    assert.match(await page.text(), /CloudToLocalLLM/, 'it serves the page of the package');
  });

  it('ends with its terminal, and the status tells', async () => {
    await workbench.runCommand('Terminal: Kill the Active Terminal Instance');
    await shows('Local AI');
    await until('the relay ends', async () => !(await answers()));
  });

  it('is started again by its command and ended by the other, and leaves nothing behind', async () => {
    await workbench.runCommand('CloudToLocalLLM: Start Trial Relay on This Computer');
    await shows('Connected');
    await workbench.runCommand('CloudToLocalLLM: Stop Trial Relay on This Computer');
    await shows('Local AI');
    await until('the relay ends', async () => !(await answers()));
    assert.ok(existsSync(join(rig.state, 'relay.json')), 'its address stays for the next one');
  });

  it('is forgotten when the person says so twice', async () => {
    await workbench.runCommand('CloudToLocalLLM: Forget Relay…');
    await workbench.dialog(/Forget the relay/).waitFor();
    await picture('forget-relay');
    await workbench.dialogButton(/Forget the relay/, 'Forget Relay').click();
    await until('the relay is forgotten', () => !existsSync(join(rig.state, 'relay.json')));
    await workbench
      .statusBarItem()
      .getByRole('button', { name: /no relay set up/ })
      .waitFor();
  });

  it('leaves a computer that becomes another one when its identity is reset, and goes on by itself', async () => {
    const key = (): string => (existsSync(join(rig.state, 'identity.pub')) ? readFileSync(join(rig.state, 'identity.pub'), 'utf8') : '');
    const before = key();
    await workbench.runCommand('CloudToLocalLLM: Reset Device Identity…');
    await workbench.dialog(/Reset the identity/).waitFor();
    await picture('reset-identity');
    await workbench.dialogButton(/Reset the identity/, 'Reset Identity').click();
    await until('another key is there', () => key() !== '' && key() !== before, 30_000);
    await shows('Local AI');
    await workbench.runCommand('CloudToLocalLLM: New Chat');
  });
});
