import type { BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { TestBrowser } from '../../harness/chromium.ts';
import type { DemoOptions } from '../demo/demoMain.ts';
import { DemoServer } from '../demo/serveDemo.ts';

/** One browser and one server for a suite of tests over the demo hub. */
export class DemoPages {
  readonly #server: DemoServer;
  readonly #browser: TestBrowser;

  private constructor(server: DemoServer, browser: TestBrowser) {
    this.#server = server;
    this.#browser = browser;
  }

  static async start(): Promise<DemoPages> {
    return new DemoPages(await DemoServer.start(), await TestBrowser.launch());
  }

  async open(path = '/', options: BrowserContextOptions = {}): Promise<DemoPage> {
    const context = await this.#browser.newContext(options);
    const page = await context.newPage();
    const demo = new DemoPage(context, page);
    await page.goto(this.#server.origin + path);
    return demo;
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.#server.stop();
  }
}

/** The chat as a person has it: found by role and name, never by what it is made of. */
export class DemoPage {
  readonly page: Page;
  readonly #context: BrowserContext;
  /** Errors of scripts and violations of the policy: every test ends by asserting that there are none. */
  readonly faults: string[] = [];
  readonly requests: string[] = [];

  constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) this.faults.push(message.text());
    });
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('popup', (popup) => this.faults.push(`popup ${popup.url()}`));
  }

  async start(options: DemoOptions & { readonly chat?: string } = {}): Promise<void> {
    await this.page.evaluate(({ chat, ...rest }) => {
      if (chat !== undefined) history.replaceState(null, '', `#/c/${window.demo.idOf(chat)}`);
      window.demo.start(rest);
    }, options);
    await this.page.getByRole('button', { name: options.noModels === true ? 'Model: none' : /^Model: (?!none)/ }).waitFor();
  }

  get message(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  get articles(): Locator {
    return this.page.getByRole('feed', { name: 'Conversation' }).getByRole('article');
  }

  get status(): Locator {
    return this.page.getByRole('status');
  }

  async ask(text: string): Promise<void> {
    await this.message.fill(text);
    await this.page.keyboard.press('Enter');
    await this.page.getByRole('button', { name: 'Stop' }).waitFor();
  }

  /** Waits until an element's text is exactly this, spaces aside. */
  async shows(locator: Locator, text: string | RegExp): Promise<void> {
    const found = typeof text === 'string' ? locator.getByText(text) : locator.filter({ hasText: text });
    await found.first().waitFor();
  }

  async close(): Promise<void> {
    await this.#context.close();
  }
}
