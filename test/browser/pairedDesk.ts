import type { BrowserContext } from 'playwright-core';
import { TestBrowser } from '../harness/chromium.ts';
import { Desk } from './desk.ts';
import { ChatPage } from './support.ts';

/** A computer whose model says the question again, and the page of a phone that is paired with it: anew for each test. */
export interface PairedDesk {
  readonly context: BrowserContext;
  readonly desk: Desk;
  readonly chat: ChatPage;
}

/** For the suite whose `describe` calls this. @returns what the running test has */
export function eachTestPaired(): () => PairedDesk {
  let browser: TestBrowser;
  let paired: PairedDesk | undefined;
  before(async () => {
    browser = await TestBrowser.launch();
  });
  after(() => browser.close());
  beforeEach(async () => {
    const desk = await Desk.start({ ollama: { gate: 'open', script: ({ prompt }) => [`to ${prompt}`] } });
    const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
    paired = { context, desk, chat: await ChatPage.pairByLink(context, await desk.pairingLink()) };
  });
  afterEach(async () => {
    await paired?.context.close();
    await paired?.desk.stop();
    paired = undefined;
  });
  return () => {
    if (!paired) throw new Error('no test runs');
    return paired;
  };
}
