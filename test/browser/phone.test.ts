import assert from 'node:assert/strict';
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { TestBrowser } from '../harness/chromium.ts';
import { until } from '../integration/support/stack.ts';
import { Desk } from './desk.ts';
import { ChatPage } from './support.ts';

const PIECES = 60;
const script = ({ prompt }: { readonly prompt: string }): string[] => Array.from({ length: PIECES }, (_, i) => ` ${String(i)}:${prompt}`);
const whole = (prompt: string): string => script({ prompt }).join('').trim();
/** What the phone's network adds in each direction, ms. */
const LATENCY_MS = 300;
const CUT_EVERY_MS = 10_000;
/** Twenty minutes in a pocket, told in seconds: the device forgets a page that is away sooner than that. */
const MUX_LIFETIME_MS = 4_000;
const FROZEN_MS = 7_000;

describe('a phone on a bad line, in a browser', function () {
  this.timeout(60_000);
  let browser: TestBrowser;
  let context: BrowserContext;
  let desk: Desk;
  let chat: ChatPage;
  let cuts: NodeJS.Timeout;
  before(async () => {
    browser = await TestBrowser.launch();
  });
  after(() => browser.close());
  beforeEach(async () => {
    desk = await Desk.start({ ollama: { tokensPerSec: 6, script }, muxLifetimeMs: MUX_LIFETIME_MS });
    context = await browser.newContext({ viewport: { width: 360, height: 740 } });
    chat = await ChatPage.pairByLink(context, await desk.pairingLink());
    desk.proxy.setWeather({ delayMs: LATENCY_MS });
    cuts = setInterval(() => void desk.proxy.strike({ kind: 'cut' }), CUT_EVERY_MS);
  });
  afterEach(async () => {
    clearInterval(cuts);
    await context.close();
    await desk.stop();
  });

  /** The whole answer is drawn, the model was asked once, and nothing waits any more. */
  async function isExact(prompt: string): Promise<void> {
    await chat.shows(`${String(PIECES - 1)}:${prompt}`);
    await chat.stopButton.waitFor({ state: 'hidden' });
    assert.equal(await chat.answerText(), whole(prompt));
    assert.deepEqual(desk.prompts, [prompt]);
    assert.equal(await chat.answers.count(), 1);
  }
  /** As a phone does with a page in the pocket: its process stands still. Chromium's own state alone leaves the timers of a visible page running. */
  async function freeze(session: CDPSession): Promise<() => Promise<void>> {
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    const browserSession = await context.browser()?.newBrowserCDPSession();
    const { processInfo = [] } = (await browserSession?.send('SystemInfo.getProcessInfo')) ?? {};
    const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
    assert.ok(renderers.length > 0);
    for (const id of renderers) process.kill(id, 'SIGSTOP');
    return async () => {
      for (const id of renderers) process.kill(id, 'SIGCONT');
      await session.send('Page.setWebLifecycleState', { state: 'active' });
    };
  }

  it('shows the exact text over cuts and a reload in the middle, asked once', async () => {
    await chat.ask('reload');
    await chat.shows('8:reload');
    await chat.page.reload();
    await isExact('reload');
  });

  it('asks once what was asked just before a cut and a reload', async () => {
    const before = desk.proxy.passed.up;
    await chat.ask('early');
    await until('the question is on its way', () => desk.proxy.passed.up > before);
    await desk.proxy.strike({ kind: 'cut' });
    await chat.page.reload();
    await isExact('early');
  });

  it('shows the exact text after the page was frozen for longer than the device keeps its line, and reloaded', async () => {
    const session = await context.newCDPSession(chat.page);
    await chat.ask('pocket');
    await chat.shows('8:pocket');
    const beats = await countBeats(chat.page);
    const thaw = await freeze(session);
    await desk.proxy.strike({ kind: 'cut' });
    await new Promise((resolve) => setTimeout(resolve, FROZEN_MS));
    await thaw();
    const pauseMs = await beats();
    assert.ok(pauseMs > MUX_LIFETIME_MS, `frozen for ${String(pauseMs)} ms`);
    await chat.shows('40:pocket');
    await chat.page.reload();
    await isExact('pocket');
  });
});

/** Lets a timer of the page run. @returns the longest time that it stood still, ms */
async function countBeats(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const beats = { last: Date.now(), longest: 0 };
    (window as unknown as { beats: typeof beats }).beats = beats;
    setInterval(() => {
      beats.longest = Math.max(beats.longest, Date.now() - beats.last);
      beats.last = Date.now();
    }, 50);
  });
  return async () => {
    await page.waitForTimeout(300);
    return page.evaluate(() => (window as unknown as { beats: { longest: number } }).beats.longest);
  };
}
