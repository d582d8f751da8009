import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type LaunchOptions } from 'playwright-core';
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

/** A headless Chromium whose pages are measured when the run asks for coverage. */
export class TestBrowser {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** @param extra arguments of this browser alone */
  static async launch(extra: readonly string[] = []): Promise<TestBrowser> {
    return new TestBrowser(await chromium.launch(launchOptions(extra)));
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
