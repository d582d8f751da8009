import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { TestBrowser } from '../harness/chromium.ts';
import { Stack, until } from '../integration/support/stack.ts';
import { ChatPage, gatedAnswer } from './support.ts';

const PIECES = 10;
const script = ({ prompt }: { readonly prompt: string }): string[] =>
  Array.from({ length: PIECES }, (_, i) => ` ${String(i)}:${prompt.split(' ').at(-1) ?? ''}`);
const text = (nonce: string, count: number): string => Array.from({ length: count }, (_, i) => `${String(i)}:${nonce}`).join(' ');
/** By when a person sees what has happened, ms. */
const SEEN_MS = 2_000;
const CHECKPOINT_MS = 600;

describe('the page, when a hop is killed in the middle of an answer', () => {
  let browser: TestBrowser;
  let context: BrowserContext;
  let stack: Stack;
  let chat: ChatPage;
  before(async () => {
    browser = await TestBrowser.launch();
  });
  after(() => browser.close());
  beforeEach(async () => {
    stack = await Stack.start({ ollama: { gate: 'manual', script } });
    context = await browser.newContext();
    chat = await ChatPage.pair(context, stack);
    await chat.ask('say x');
    const pieces = Array.from({ length: 4 }, (_, i) => `${String(i)}:x`);
    await gatedAnswer(chat, stack, pieces);
  });
  afterEach(async () => {
    await context.close();
    await stack.stop();
  });

  /** The word beside the device's name, as drawn. */
  async function says(word: string, limitMs = SEEN_MS): Promise<void> {
    await chat.page.getByText(word, { exact: true }).filter({ visible: true }).first().waitFor({ timeout: limitMs });
  }
  async function stands(): Promise<void> {
    assert.equal(await chat.answerText(), text('x', 4));
  }

  it('relay: draws Reconnecting within 2 s, keeps the text, then says why, and goes on exactly', async () => {
    await stack.killRelay();
    await says('Reconnecting');
    await stands();
    await chat.page
      .getByText('The relay cannot be reached')
      .first()
      .waitFor({ timeout: 2 * SEEN_MS });
    await stands();
    await stack.startRelay();
    await says('Connected', 7_000);
    stack.ollama.release(PIECES);
    await chat.shows('9:x');
    await chat.stopButton.waitFor({ state: 'hidden' });
    assert.equal(await chat.answerText(), text('x', PIECES));
    assert.equal(stack.ollama.asked.length, 1);
  });

  it('device: draws Offline within 2 s, keeps the text, and Interrupted within 2 s of its return', async () => {
    await new Promise((resolve) => setTimeout(resolve, CHECKPOINT_MS));
    await stack.agent.stop('SIGKILL');
    await says('Offline');
    await stands();
    await until('the request is over', () => stack.ollama.asked[0]?.closedBy === 'client', SEEN_MS);
    await chat.page
      .getByText('It needs VS Code open, or Keep Reachable.')
      .first()
      .waitFor({ timeout: 2 * SEEN_MS });
    await stack.restartAgent();
    await chat.shows('The answer was interrupted', SEEN_MS);
    await says('Connected');
    await stands();
    assert.equal(stack.ollama.asked.length, 1);
  });

  it('Ollama: draws within 2 s that the answer broke off, and keeps the text', async () => {
    await stack.ollama.restart();
    await chat.shows('The answer broke off before its end', SEEN_MS);
    await says('Connected');
    await stands();
    assert.equal(stack.ollama.asked.length, 1);
  });
});
