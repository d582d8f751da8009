import { chromium, type Browser, type BrowserContext, type BrowserContextOptions } from 'playwright-core';
import { findChromium, librariesOf } from '../../scripts/lib/chromium.mjs';
import { measureContext } from './browserCoverage.ts';

/** No sandbox: tests run as root in containers. The rest keeps the browser from speaking to anyone but us. */
const launchArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/** A headless Chromium whose pages are measured when the run asks for coverage. */
export class TestBrowser {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<TestBrowser> {
    const executablePath = findChromium();
    if (executablePath === undefined) throw new Error('There is no Chromium. Run: npm run setup');
    const libraries = librariesOf(executablePath);
    const env = { ...process.env, ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }) };
    return new TestBrowser(await chromium.launch({ executablePath, headless: true, args: launchArguments, env }));
  }

  /** A clean user: own storage, own permissions. */
  async newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(30_000);
    measureContext(context);
    return context;
  }

  /** Runs `task` when the browser ends, asked or not. */
  onDidEnd(task: () => void): void {
    this.#browser.once('disconnected', task);
  }

  async close(): Promise<void> {
    await Promise.all(this.#browser.contexts().map((context) => context.close()));
    await this.#browser.close();
  }
}
