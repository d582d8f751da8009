import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { TestBrowser } from '../harness/chromium.ts';
import { root } from '../harness/paths.ts';
import { Stack, until } from '../integration/support/stack.ts';
import { ChatPage, gatedAnswer } from './support.ts';

const PIECES = 20;
const piecesOf = (nonce: string): string[] => Array.from({ length: PIECES }, (_, i) => `${String(i)}:${nonce}`);
/** The answer is made of the nonce in the prompt: nothing on the way could have invented it. */
const script = ({ prompt }: { readonly prompt: string }): string[] => piecesOf(prompt.split(' ').at(-1) ?? '').map((piece) => ` ${piece}`);

describe('the page, through relay and tunnel', () => {
  let browser: TestBrowser;
  let context: BrowserContext;
  let stack: Stack;
  before(async () => {
    browser = await TestBrowser.launch();
  });
  after(() => browser.close());
  beforeEach(async () => {
    stack = await Stack.start({ ollama: { gate: 'manual', script } });
    context = await browser.newContext();
  });
  afterEach(async () => {
    await context.close();
    await stack.stop();
  });

  it('draws each of 20 pieces before the next is sent, in the model’s own bytes', async () => {
    const chat = await ChatPage.pair(context, stack);
    const nonce = randomUUID().slice(0, 8);
    await chat.ask(`say ${nonce}`);
    await gatedAnswer(chat, stack, piecesOf(nonce));
    await chat.stopButton.waitFor({ state: 'hidden' });
    assert.equal(stack.ollama.asked.length, 1);
  });

  it('ends the request to the model within a second of Stop', async () => {
    const chat = await ChatPage.pair(context, stack);
    await chat.ask('say stop');
    await gatedAnswer(chat, stack, piecesOf('stop').slice(0, 2));
    await chat.stopButton.click();
    await until('closed by the client', () => stack.ollama.asked[0]?.closedBy === 'client', 1000);
    await chat.shows('Stopped');
  });

  it('lets the answer go on when the page is closed, and shows all of it when it is opened again', async () => {
    const chat = await ChatPage.pair(context, stack);
    await chat.ask('say later');
    await gatedAnswer(chat, stack, piecesOf('later').slice(0, 3));
    const address = chat.page.url();
    await chat.page.close();
    stack.ollama.release(PIECES);
    await until('the model has ended by itself', () => stack.ollama.asked[0]?.closedBy === 'server');
    const again = await ChatPage.open(context, stack);
    await again.page.goto(address);
    await again.shows('19:later');
    assert.equal(await again.answerText(), piecesOf('later').join(' '));
    assert.equal(stack.ollama.asked.length, 1);
  });

  it('shows the exact text when the relay was killed in mid-answer and started again, and asks once', async () => {
    const chat = await ChatPage.pair(context, stack);
    await chat.ask('say again');
    await gatedAnswer(chat, stack, piecesOf('again').slice(0, 5));
    await stack.killRelay();
    stack.ollama.release(5);
    await stack.startRelay();
    await chat.shows('9:again', 20_000);
    stack.ollama.release(PIECES);
    await chat.shows('19:again');
    await chat.stopButton.waitFor({ state: 'hidden' });
    assert.equal(await chat.answerText(), piecesOf('again').join(' '));
    assert.equal(stack.ollama.asked.length, 1);
  });

  it('pairs by a code that is typed on the relay’s page', async () => {
    const chat = await ChatPage.pairByCode(context, stack);
    await chat.ask('say typed');
    await gatedAnswer(chat, stack, piecesOf('typed').slice(0, 2));
  });

  it('keeps two computers apart, says which is there, and forgets one when told to', async () => {
    const chat = await ChatPage.pair(context, stack);
    await chat.ask('say first');
    stack.ollama.release(PIECES);
    await chat.shows('19:first');
    const other = await stack.startOtherDevice();
    try {
      const { page } = chat;
      const computers = page.getByRole('dialog', { name: 'Computers' });
      const openComputers = async (): Promise<void> => {
        if (!(await page.getByRole('button', { name: 'Computers…' }).isVisible()))
          await page.getByRole('button', { name: 'Chats' }).click();
        await page.getByRole('button', { name: 'Computers…' }).click();
        await computers.waitFor();
      };
      await openComputers();
      await computers.getByRole('button', { name: 'Pair another computer' }).click();
      await page
        .getByRole('textbox', { name: 'Pairing link or code' })
        .fill(String(other.events.find(({ event }) => event === 'offer')?.['code']));
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Pair', exact: true }).click();
      await chat.ready();
      await page.getByRole('heading', { name: 'New chat', exact: true }).waitFor();
      await openComputers();
      await computers.getByText('Online').waitFor();
      await computers.getByText('Online').click();
      await page.getByText('say first').first().waitFor();
      await other.stop('SIGKILL');
      await openComputers();
      await computers.getByText('Offline').waitFor();
      await computers
        .locator('.computer', { hasText: 'Offline' })
        .getByRole('button', { name: /^Forget/ })
        .click();
      await computers.getByRole('button', { name: 'Forget', exact: true }).click();
      await computers.getByText('Offline').waitFor({ state: 'detached' });
      await page.reload();
      await chat.ready();
      assert.equal((await chat.keptKeys()).length, 1);
    } finally {
      await other.stop('SIGKILL');
    }
  });

  it('keeps a key that nobody can read out of the browser', async () => {
    for (const chat of [await ChatPage.pair(context, stack), await ChatPage.pairByCode(await browser.newContext(), stack)]) {
      assert.deepEqual(await chat.keptKeys(), [{ kind: 'native', extractable: false }]);
      await chat.page.context().close();
    }
    context = await browser.newContext();
  });

  it('leaves no secret in the address, and needs no link the next time', async () => {
    const chat = await ChatPage.pair(context, stack);
    assert.ok(!chat.page.url().includes('pair'));
    const again = await ChatPage.open(context, stack);
    assert.equal(await again.page.getByText('Pairing link or code').count(), 0);
  });
});

describe('the page behind a hop that buffers', () => {
  let browser: TestBrowser;
  let stack: Stack;
  before(async () => {
    browser = await TestBrowser.launch();
    stack = await Stack.start({
      ollama: { gate: 'manual', script },
      relayProgram: join(root, 'test/integration/support/bufferingRelay.ts'),
    });
  });
  after(async () => {
    await browser.close();
    await stack.stop();
  });

  it('fails the test of streaming: the control run', async () => {
    const chat = await ChatPage.pair(await browser.newContext(), stack);
    await chat.ask('say first');
    await gatedAnswer(chat, stack, piecesOf('first').slice(0, 2));
    stack.relay.child.kill('SIGUSR2');
    await assert.rejects(gatedAnswer(chat, stack, piecesOf('first').slice(2), 3000), /Timeout/);
  });
});
