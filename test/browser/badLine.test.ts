import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { until } from '../integration/support/stack.ts';
import { eachTestPaired, type PairedDesk } from './pairedDesk.ts';

/** What heals itself is not spoken of for so long, ms. */
const QUIET_MS = 2_000;
/** By when a line stands: a probe of three seconds, the quiet time, and a slow machine, ms. */
const SAID_MS = 15_000;

describe('the page on a bad line', function () {
  this.timeout(120_000);
  const paired = eachTestPaired();
  let context: PairedDesk['context'];
  let desk: PairedDesk['desk'];
  let chat: PairedDesk['chat'];
  beforeEach(() => {
    ({ context, desk, chat } = paired());
  });

  const line = (): Locator => chat.page.locator('.connection-line');
  async function says(text: string | RegExp, word: string, limitMs = SAID_MS): Promise<void> {
    await line().filter({ hasText: text }).waitFor({ timeout: limitMs });
    await hasWord(word);
  }
  async function hasWord(word: string, limitMs = SAID_MS): Promise<void> {
    await chat.page.locator('.device-word').filter({ hasText: word, visible: true }).waitFor({ timeout: limitMs });
  }
  async function isFree(limitMs = SAID_MS): Promise<void> {
    await hasWord('Connected', limitMs);
    assert.equal(await line().count(), 0);
  }
  /** Hears of each change of the line with the time of it, in the page. */
  async function watchLine(): Promise<() => Promise<readonly { readonly at: number; readonly text: string; readonly word: string }[]>> {
    await chat.page.evaluate(() => {
      const seen: { at: number; text: string; word: string }[] = [];
      (window as unknown as { seen: typeof seen }).seen = seen;
      const look = (): void => {
        const text = document.querySelector('.connection-line')?.textContent.trim() ?? '';
        const word = document.querySelector('.device-word')?.textContent ?? '';
        const last = seen.at(-1);
        if (last?.text !== text || last.word !== word) seen.push({ at: Date.now(), text, word });
      };
      look();
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
    });
    return () => chat.page.evaluate(() => (window as unknown as { seen: { at: number; text: string; word: string }[] }).seen);
  }

  it('tells the six troubles apart, says nothing for two seconds, and nothing at all when all is well', async () => {
    await isFree();
    const seen = await watchLine();
    await desk.killRelay();
    await says('The relay cannot be reached', 'Reconnecting');
    await chat.page.getByRole('status').filter({ hasText: 'Desk: Reconnecting' }).waitFor();
    const [down, told] = [(await seen()).find(({ word }) => word === 'Reconnecting'), (await seen()).find(({ text }) => text !== '')];
    assert.ok(down && told && told.at - down.at >= QUIET_MS - 50, `said after ${String((told?.at ?? 0) - (down?.at ?? 0))} ms`);
    await context.setOffline(true);
    await says('You are offline', 'No network');
    await context.setOffline(false);
    await desk.startRelay();
    await isFree();

    desk.leave();
    await says(/^\s*Desk is offline \(last seen \d\d:\d\d\)\. It needs VS Code open, or Keep Reachable\.\s*$/, 'Offline');
    await chat.page.reload();
    await says(/Desk is offline \(last seen \d\d:\d\d\)/, 'Offline');
    await desk.comeBack();
    await isFree();

    await desk.ollama.set({ refuse: true });
    await chat.page.getByRole('region', { name: 'Ollama' }).getByText('Ollama is not running').waitFor({ timeout: SAID_MS });
    await hasWord('Ollama stopped');
    assert.equal(await line().count(), 0);
    await desk.ollama.set({ refuse: false });
    await isFree();

    desk.agent.setRemotePaused(true);
    await says('Remote access is paused at Desk', 'Paused');
    desk.agent.setRemotePaused(false);
    await isFree();

    desk.agent.revoke(desk.agent.clients[0]?.id ?? '');
    await says('This browser was removed at Desk', 'Removed');
    await chat.page.getByRole('button', { name: 'Pair again' }).waitFor();
  });

  it('shows within a second that the computer is back', async () => {
    desk.leave();
    await says('Desk is offline', 'Offline');
    const seen = await watchLine();
    await desk.comeBack();
    const back = Date.now();
    await hasWord('Connected');
    const shown = (await seen()).find(({ word }) => word.includes('Connected'))?.at ?? Infinity;
    assert.ok(shown - back < 1_000, `${String(shown - back)} ms`);
  });

  it('asks what was asked offline once each and in order, without what was taken back, over a reload', async () => {
    desk.leave();
    await hasWord('Offline');
    for (const question of ['first', 'second', 'third']) await chat.ask(question);
    const waits = chat.page.getByText('Waits for Desk');
    await waits.nth(2).waitFor();
    const second = chat.page.getByRole('article', { name: 'You, message 2 of 3' });
    await second.getByRole('button', { name: 'Remove' }).click();
    await second.waitFor({ state: 'detached' });
    await chat.page.reload();
    await waits.nth(1).waitFor();
    assert.deepEqual(await chat.page.locator('.bubble').allInnerTexts(), ['first', 'third']);
    await hasWord('Offline');
    assert.equal(desk.ollama.asked.length, 0);
    await desk.comeBack();
    await chat.shows('to third');
    await chat.stopButton.waitFor({ state: 'hidden' });
    assert.deepEqual(desk.prompts, ['first', 'third']);
    assert.equal(await waits.count(), 0);
    assert.deepEqual(await chat.page.locator('.bubble').allInnerTexts(), ['first', 'third']);
  });

  it('keeps a stop for the computer over a reload, says so, and the model stops when it is back', async () => {
    await desk.ollama.set({ gate: 'manual', script: 'one two three' });
    await chat.ask('count');
    await until('a piece waits', () => desk.ollama.heldBack > 0);
    desk.ollama.release();
    await chat.shows('one');
    desk.agent.disconnect();
    await hasWord('Offline');
    await chat.stopButton.click();
    const waits = chat.page.getByText('Stop waits for Desk');
    await waits.waitFor();
    await chat.page.reload();
    await waits.waitFor();
    assert.equal(desk.ollama.asked[0]?.closedBy, undefined);
    await desk.agent.connect();
    await until('the model is stopped', () => desk.ollama.asked[0]?.closedBy === 'client', SAID_MS);
    await chat.shows('Stopped');
  });
});
