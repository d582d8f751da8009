import assert from 'node:assert/strict';
import type { BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { TestBrowser } from '../../harness/chromium.ts';
import type { DemoOptions } from '../demo/demoMain.ts';
import { DemoServer } from '../demo/serveDemo.ts';

/** One browser and one server for tests over the demo hub. */
export class DemoPages {
  #server: DemoServer | undefined;
  #browser: TestBrowser | undefined;

  readonly #isMeasured: boolean;

  private constructor(isMeasured: boolean) {
    this.#isMeasured = isMeasured;
  }

  static async start(): Promise<DemoPages> {
    const pages = new DemoPages(false);
    await pages.#start();
    return pages;
  }

  /**
   * For the suite whose `describe` calls this: they start and stop with it. Their coverage is measured, but for `timed` suites, which
   * look at a clock, and those that see many states for a while each.
   */
  static ofSuite(kind: 'measured' | 'timed' = 'measured'): DemoPages {
    const pages = new DemoPages(kind === 'measured');
    before(() => pages.#start());
    after(() => pages.stop());
    return pages;
  }

  /** Gives each test of the suite a page of its own, and asserts after it that nothing on the page was at fault. */
  forEachTest(open: () => Promise<DemoPage>): void {
    let demo: DemoPage | undefined;
    beforeEach(async () => {
      demo = await open();
    });
    afterEach(async () => {
      assert.deepEqual(demo?.faults, []);
      await demo.close();
      demo = undefined;
    });
  }

  async #start(): Promise<void> {
    this.#server = await DemoServer.start();
    this.#browser = await TestBrowser.launch();
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.#server?.stop();
  }

  async open(path = '/', options: BrowserContextOptions = {}): Promise<DemoPage> {
    if (!this.#browser || !this.#server) throw new Error('the pages have not been started');
    const context = await (this.#isMeasured ? this.#browser.newContext(options) : this.#browser.unmeasuredContext(options));
    const page = await context.newPage();
    const demo = new DemoPage(context, page);
    await page.goto(this.#server.origin + path);
    return demo;
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

  /** Waits until an element's text is exactly this, spaces aside. @throws with what is said and focused instead */
  async shows(locator: Locator, text: string | RegExp): Promise<void> {
    const found = typeof text === 'string' ? locator.getByText(text) : locator.filter({ hasText: text });
    try {
      await found.first().waitFor();
    } catch (error) {
      const instead = await this.page.evaluate(() => ({
        said: [...document.querySelectorAll('[role=status], [role=alert]')].map(({ textContent }) => textContent),
        focused: document.activeElement?.outerHTML.slice(0, 200),
      }));
      throw new Error(`${String(text)} is not shown, but ${JSON.stringify(instead)}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.#context.close();
  }
}

/** A state of the chat or of pairing that a person can come into, from a page just opened. */
export interface ChatState {
  readonly name: string;
  enter(demo: DemoPage): Promise<void>;
}
