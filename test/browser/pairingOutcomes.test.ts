import assert from 'node:assert/strict';
import type { BrowserContext, Page } from 'playwright-core';
import { failureWords } from '../../src/web/pairingState.ts';
import { TestBrowser } from '../harness/chromium.ts';
import { Stack, until } from '../integration/support/stack.ts';
import { ChatPage } from './support.ts';

describe('a pairing in Chromium, through relay and agent', () => {
  let browser: TestBrowser;
  let stack: Stack;
  let contexts: BrowserContext[] = [];
  before(async () => {
    browser = await TestBrowser.launch();
  });
  after(() => browser.close());
  beforeEach(async () => {
    stack = await Stack.start({ allow: false });
  });
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    contexts = [];
    await stack.stop();
  });

  /** A browser of its own opens the link and asks to be let in. */
  const join = async (link: string): Promise<Page> => {
    const context = await browser.newContext();
    contexts.push(context);
    const page = await context.newPage();
    await page.goto(link);
    await page.getByRole('button', { name: 'Pair', exact: true }).click();
    return page;
  };
  const isAsked = (page: Page): Promise<void> => page.getByRole('list', { name: 'Six words' }).waitFor();
  const ends = (page: Page, error: Parameters<typeof failureWords>[0]): Promise<void> =>
    page.getByRole('heading', { level: 1, name: failureWords(error).title }).waitFor();
  const pairings = (): number => stack.agent.events.filter(({ event }) => event === 'paired').length;
  /** What a page keeps once it is paired. */
  const keeps = async (page: Page): Promise<number> => (await ChatPage.on(page).keptKeys()).length;

  it('ends with a no, and nothing is kept on either side', async () => {
    const page = await join(stack.link);
    await isAsked(page);
    stack.agent.say('n');
    await ends(page, 'pairingDenied');
    assert.deepEqual([pairings(), await keeps(page)], [0, 0]);
  });

  it('gives a link to one browser only, and to none once it was used or its time is over', async () => {
    const { link } = stack;
    const first = await join(link);
    await isAsked(first);
    const second = await join(link);
    await ends(second, 'handshakeFailed');
    stack.agent.say('y');
    await ChatPage.on(first).ready();
    const late = await join(link);
    await ends(late, 'offerExpired');
    assert.deepEqual([pairings(), await keeps(first), await keeps(second), await keeps(late)], [1, 1, 0, 0]);
  });

  it('is over after three tries with another key, for the first one too', async () => {
    const { link } = stack;
    const first = await join(link);
    await isAsked(first);
    for (let tries = 0; tries < 3; tries++) await ends(await join(link), 'handshakeFailed');
    await ends(first, 'offerUsed');
    assert.deepEqual([pairings(), await keeps(first)], [0, 0]);
  });

  it('comes through when the relay dies as the answer is given', async () => {
    const page = await join(stack.link);
    await isAsked(page);
    stack.agent.say('y');
    await stack.killRelay();
    await stack.startRelay();
    await ChatPage.on(page).ready();
    assert.deepEqual([pairings(), await keeps(page)], [1, 1]);
  });

  it('comes through when the phone was locked while the question stood, and it was answered meanwhile', async () => {
    const page = await join(stack.link);
    await isAsked(page);
    const session = await page.context().newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    stack.agent.say('y');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await ChatPage.on(page).ready();
    await until('paired', () => pairings() === 1);
    assert.equal(await keeps(page), 1);
  });

  it('comes to nothing when the page goes away while the question stands', async () => {
    const page = await join(stack.link);
    await isAsked(page);
    await page.reload();
    await page.getByRole('textbox', { name: 'Pairing link or code' }).waitFor();
    stack.agent.say('y');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal(await keeps(page), 0);
  });
});
