import type { BrowserContext, Locator, Page } from 'playwright-core';
import { until, type Stack } from '../integration/support/stack.ts';

/** The page as a person uses it: by the names that are drawn and spoken. */
export class ChatPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** A page that is open already. */
  static on(page: Page): ChatPage {
    return new ChatPage(page);
  }

  /** Opens the newest pairing link and pairs; the agent of the stack allows by itself. */
  static async pair(context: BrowserContext, stack: Stack): Promise<ChatPage> {
    const offers = stack.agent.events.length;
    const chat = new ChatPage(await context.newPage());
    await chat.page.goto(stack.link);
    await chat.page.getByRole('button', { name: 'Pair', exact: true }).click();
    await chat.ready();
    await stack.agent.first('offer', offers);
    return chat;
  }

  /** Opens a pairing link and pairs; whoever made it allows. */
  static async pairByLink(context: BrowserContext, link: string): Promise<ChatPage> {
    const chat = new ChatPage(await context.newPage());
    await chat.page.goto(link);
    await chat.page.getByRole('button', { name: 'Pair', exact: true }).click();
    await chat.ready();
    return chat;
  }

  /** Types the newest pairing code on the relay's page. */
  static async pairByCode(context: BrowserContext, stack: Stack): Promise<ChatPage> {
    const offers = stack.agent.events.length;
    const chat = new ChatPage(await context.newPage());
    await chat.page.goto(stack.relayUrl);
    await chat.page.getByRole('textbox', { name: 'Pairing link or code' }).fill(stack.code.toLowerCase().replaceAll('-', ' '));
    await chat.page.keyboard.press('Enter');
    await chat.page.getByRole('button', { name: 'Pair', exact: true }).click();
    await chat.ready();
    await stack.agent.first('offer', offers);
    return chat;
  }

  /** Opens the page of a browser that is paired already. */
  static async open(context: BrowserContext, stack: Stack): Promise<ChatPage> {
    const chat = new ChatPage(await context.newPage());
    await chat.page.goto(stack.relayUrl);
    await chat.ready();
    return chat;
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message' });
  }

  get stopButton(): Locator {
    return this.page.getByRole('button', { name: 'Stop', exact: true });
  }

  get answers(): Locator {
    return this.page.getByRole('article', { name: /, answer \d+ of \d+$/ });
  }

  /** The composer is there and a model was chosen: the far end has answered. */
  async ready(): Promise<void> {
    await this.composer.waitFor();
    await this.page.getByRole('button', { name: /^Model: (?!none$)/ }).waitFor();
  }

  async ask(question: string): Promise<void> {
    await this.composer.click();
    await this.page.keyboard.type(question);
    await this.page.keyboard.press('Enter');
  }

  /** Of each device that this browser keeps: what kind of key it has. */
  async keptKeys(): Promise<readonly { readonly kind: string; readonly extractable: boolean }[]> {
    return this.page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const opening = indexedDB.open('cloudtolocalllm');
          opening.onerror = reject;
          opening.onsuccess = () => {
            const reading = opening.result.transaction('devices').objectStore('devices').getAll();
            reading.onerror = reject;
            reading.onsuccess = () => {
              const rows = reading.result as { key: { kind: string; privateKey: CryptoKey } }[];
              opening.result.close();
              resolve(rows.map(({ key }) => ({ kind: key.kind, extractable: key.privateKey.extractable })));
            };
          };
        }),
    );
  }

  /** Waits until the last answer shows `text`. */
  async shows(text: string, limitMs = 30_000): Promise<void> {
    await this.answers.last().filter({ hasText: text }).waitFor({ timeout: limitMs });
  }

  /** What is drawn of the last answer's text. */
  async answerText(): Promise<string> {
    return (await this.answers.last().locator('.markdown, .answer-text').first().innerText()).trim();
  }
}

/** Lets one piece of the answer out after the other, each only once the one before is drawn. Fails when one is not drawn in time. */
export async function gatedAnswer(chat: ChatPage, stack: Stack, pieces: readonly string[], limitMs?: number): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    await until(`piece ${String(index)} waits at the gate`, () => stack.ollama.heldBack > 0);
    if ((await chat.answers.last().getByText(piece).count()) > 0) throw new Error(`piece ${String(index)} is drawn before it was sent`);
    stack.ollama.release();
    await chat.shows(piece, limitMs);
  }
}
