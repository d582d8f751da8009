import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, FrameLocator, Locator } from 'playwright-core';
import { TestBrowser } from '../harness/chromium.ts';
import { CodeServer } from '../harness/codeServer.ts';
import { packedExtension } from '../harness/packExtension.ts';
import { root } from '../harness/paths.ts';
import { themes, Workbench, type WorkbenchAddress } from '../harness/workbench.ts';
import { startFakeOllama, type FakeOllama, type FakeOllamaOptions } from '../standin/startFakeOllama.ts';

/** Pictures of what was drawn, looked at by people. */
export const shots = join(root, '.run', 'shots');

export interface RigOptions {
  readonly ollama?: FakeOllamaOptions;
  readonly theme?: keyof typeof themes;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Folders that come first on the editor's PATH. */
  readonly programs?: string;
  /** What the editor's environment has beside the rest. */
  readonly env?: Readonly<Record<string, string>>;
  /** See {@link CodeServerOptions}. */
  readonly trust?: 'ask';
  /** Another editor of the same user: this one has a profile of its own, and shares the state folder and the model. */
  readonly beside?: EditorRig;
}

/** A real editor with the packed extension, a stand-in for Ollama beside it, and one user in front. */
export class EditorRig {
  readonly ollama: FakeOllama;
  readonly server: CodeServer;
  readonly context: BrowserContext;
  /** The device's state folder. */
  readonly state: string;
  readonly #browser: TestBrowser;
  /** State folder and model are those of another editor. */
  readonly #isGuest: boolean;

  private constructor(parts: Pick<EditorRig, 'ollama' | 'server' | 'context' | 'state'>, browser: TestBrowser, isGuest: boolean) {
    this.ollama = parts.ollama;
    this.server = parts.server;
    this.context = parts.context;
    this.state = parts.state;
    this.#browser = browser;
    this.#isGuest = isGuest;
  }

  static async start({
    ollama: knobs = {},
    theme = 'light',
    settings = {},
    programs,
    env,
    trust,
    beside,
  }: RigOptions = {}): Promise<EditorRig> {
    mkdirSync(shots, { recursive: true });
    const state = beside?.state ?? mkdtempSync(join(tmpdir(), 'c2l-state-'));
    const ollama = beside?.ollama ?? (await startFakeOllama(knobs));
    const server = await CodeServer.start({
      vsix: packedExtension(),
      env: { OLLAMA_HOST: ollama.url, C2L_STATE: state, ...env, ...(programs === undefined ? {} : withPrograms(programs)) },
      settings: { 'workbench.colorTheme': themes[theme], ...settings },
      trust,
    });
    const browser = await TestBrowser.launch();
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    return new EditorRig({ ollama, server, context, state }, browser, beside !== undefined);
  }

  open(address?: WorkbenchAddress): Promise<Workbench> {
    return Workbench.open(this.context, this.server, address);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.server.stop();
    if (this.#isGuest) return;
    await this.ollama.close();
    rmSync(this.state, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** `VSCODE_CLI` says that the environment is whole: else the extension host takes its PATH from a login shell. */
function withPrograms(folders: string): Readonly<Record<string, string>> {
  return { PATH: `${folders}:${process.env['PATH'] ?? ''}`, VSCODE_CLI: '1' };
}

/** The chat inside a workbench, by the names that people and screen readers know. */
export class ChatPanel {
  readonly document: FrameLocator;
  readonly #workbench: Workbench;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
    this.document = workbench.webview();
  }

  /** Shows the chat by its command and waits for the composer. */
  async open(): Promise<void> {
    await this.#workbench.runCommand('CloudToLocalLLM: Open Chat');
    await this.composer.waitFor();
  }

  get composer(): Locator {
    return this.document.getByRole('textbox', { name: 'Message' });
  }

  get stopButton(): Locator {
    return this.document.getByRole('button', { name: 'Stop', exact: true });
  }

  get answers(): Locator {
    return this.document.getByRole('article', { name: /, answer \d+ of \d+$/ });
  }

  /** Types a question and sends it with Enter, once a model is there to answer. */
  async ask(question: string): Promise<void> {
    await this.document.getByRole('button', { name: /^Model: (?!none$)/ }).waitFor();
    await this.composer.click();
    await this.#workbench.page.keyboard.type(question);
    await this.#workbench.page.keyboard.press('Enter');
  }

  /** Waits until the last answer shows `text`. */
  async showsAnswer(text: string): Promise<void> {
    await this.answers.last().filter({ hasText: text }).waitFor();
  }
}

/** Resolves when `condition` holds; fails, naming it, after `limitMs`. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${String(limitMs)} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
