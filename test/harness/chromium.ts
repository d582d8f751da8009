import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type LaunchOptions } from 'playwright-core';
import { findChromium, librariesOf } from '../../scripts/lib/chromium.mjs';
import { atEnd, isSharing } from './atEnd.ts';
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

function launchOptions(extra: readonly string[] = []): LaunchOptions {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('There is no Chromium. Run: npm run setup');
  const libraries = librariesOf(executablePath);
  const env = { ...process.env, ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }) };
  return { executablePath, headless: true, args: [...launchArguments, ...extra], env };
}

/** A browser with a profile in `folder`: pages can be installed there, which a private one refuses. Closing the context ends it. */
export async function openProfile(folder: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(folder, launchOptions());
  context.setDefaultTimeout(30_000);
  measureContext(context);
  return context;
}

let shared: Promise<Browser> | undefined;

/** One for all suites of a run: each start of a browser costs two seconds of a processor. */
function sharedBrowser(): Promise<Browser> {
  shared ??= chromium.launch(launchOptions()).then((browser) => {
    atEnd(() => browser.close());
    // One that has died is no one's any more: the next suite starts another.
    browser.once('disconnected', () => (shared = undefined));
    return browser;
  });
  return shared;
}

/** A headless Chromium whose pages are measured when the run asks for coverage. */
export class TestBrowser {
  readonly #browser: Browser;
  readonly #isShared: boolean;
  readonly #contexts: BrowserContext[] = [];

  private constructor(browser: Browser, isShared: boolean) {
    this.#browser = browser;
    this.#isShared = isShared;
  }

  /** Suites of one run share a browser, not what is in it. @param extra arguments of a browser of this caller alone */
  static async launch(extra: readonly string[] = []): Promise<TestBrowser> {
    const isShared = isSharing() && extra.length === 0;
    return new TestBrowser(isShared ? await sharedBrowser() : await chromium.launch(launchOptions(extra)), isShared);
  }

  /** A clean user: own storage, own permissions. */
  async newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.unmeasuredContext(options);
    measureContext(context);
    return context;
  }

  /** The same, not measured: for pages that load nothing of `dist/`, where counting would cost a tenth of the time for nothing. */
  async unmeasuredContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(30_000);
    this.#contexts.push(context);
    context.once('close', () => this.#contexts.splice(this.#contexts.indexOf(context), 1));
    return context;
  }

  /** Runs `task` when the browser ends, asked or not. */
  onDidEnd(task: () => void): void {
    this.#browser.once('disconnected', task);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#contexts].map((context) => context.close()));
    if (!this.#isShared) await this.#browser.close();
  }
}
