import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { TestBrowser } from '../harness/chromium.ts';
import { freePort, Stack } from '../integration/support/stack.ts';
import { TcpTap } from '../integration/support/tcpTap.ts';
import { ChatPage } from './support.ts';

describe('a pairing secret in the browser', () => {
  let browser: TestBrowser;
  let context: BrowserContext;
  let stack: Stack;
  let tap: TcpTap;
  before(async () => {
    browser = await TestBrowser.launch();
  });
  after(() => browser.close());
  beforeEach(async () => {
    tap = await TcpTap.start();
    const relayPort = await freePort();
    tap.targetPort = relayPort;
    const dialled = `http://127.0.0.1:${String(tap.port)}`;
    stack = await Stack.start({ dialled, relayPort, relayArgs: ['--public-url', dialled], relayLogLevel: 'debug' });
    context = await browser.newContext();
  });
  afterEach(async () => {
    await context.close();
    await tap.stop();
    await stack.stop(); // looks through what relay and agent have printed and written
  });

  /**
   * Where a page keeps and shows text. Two places are the browser's own and out of a page's reach, and a spent link is of no use there: the
   * address as it was typed, beside that of its history entry, and the name of the navigation among the page's performance entries.
   */
  const keptBy = async (chat: ChatPage): Promise<Record<string, string>> => {
    const session = await context.newCDPSession(chat.page);
    const history = await session.send('Page.getNavigationHistory');
    const cookies = await session.send('Network.getCookies');
    const seen = await chat.page.evaluate(() => ({
      location: location.href,
      referrer: document.referrer,
      state: JSON.stringify(window.history.state),
      title: document.title,
      markup: document.documentElement.outerHTML,
      local: JSON.stringify(localStorage),
      session: JSON.stringify(sessionStorage),
      resources: performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .join('\n'),
    }));
    return {
      ...seen,
      history: JSON.stringify(history.entries.map(({ url, title }) => ({ url, title }))),
      cookies: JSON.stringify(cookies),
    };
  };

  const assertNowhere = async (chat: ChatPage, sent: readonly string[]): Promise<void> => {
    const leave = await keptBy(chat);
    const places = Object.entries(leave).filter(([, text]) => stack.secrets.found(Buffer.from(text), ['invite']).length > 0);
    assert.deepEqual(
      places.map(([place]) => place),
      [],
    );
    assert.match(leave['history'] ?? '', /"url":"http:\/\/127\.0\.0\.1:\d+\//);
    assert.ok(sent.length >= 5, 'the browser has asked for the page');
    assert.deepEqual(
      sent.filter((text) => stack.secrets.found(Buffer.from(text)).length > 0),
      [],
    );
    // what was sent as HTTP stands readable on the wire: request lines, Referer, Origin
    assert.ok(tap.seen.includes('GET /v1/dial HTTP/1.1'));
    assert.deepEqual(stack.secrets.found(tap.seen, ['dial hash']), []);
  };

  /** The address and headers of everything that the browser asks from now on. */
  const listen = (): string[] => {
    const sent: string[] = [];
    context.on('request', (request) => {
      void request.allHeaders().then(
        (headers) => sent.push(`${request.url().split('#', 1)[0] ?? ''}\n${JSON.stringify(headers)}`),
        () => undefined,
      );
    });
    return sent;
  };

  it('from a link is in no history, address, Referer, request or storage when the browser is paired, nor after a reload and another page', async () => {
    const sent = listen();
    const { link } = stack;
    const chat = await ChatPage.pair(context, stack);
    assert.ok(stack.secrets.found(Buffer.from(link)).length > 0, 'the link holds what is looked for');
    await assertNowhere(chat, sent);
    await chat.page.reload();
    await chat.ready();
    await assertNowhere(chat, sent);
    await chat.page.goto('about:blank');
    await chat.page.goBack();
    await chat.ready();
    await assertNowhere(chat, sent);
  });

  it('that was typed is in none of these either', async () => {
    const sent = listen();
    const chat = await ChatPage.pairByCode(context, stack);
    await assertNowhere(chat, sent);
  });
});
