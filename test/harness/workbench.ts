import type { BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import type { CodeServer } from './codeServer.ts';

/** VS Code's own themes by id, one of each kind, for the setting `workbench.colorTheme`. */
export const themes = {
  light: 'Light Modern',
  dark: 'Dark Modern',
  highContrast: 'Default High Contrast',
  highContrastLight: 'Default High Contrast Light',
} as const;

export interface WorkbenchAddress {
  /** Folder to open; the server's empty workspace unless told otherwise. */
  readonly folder?: string;
  /** A `.code-workspace` to open instead of a folder. */
  readonly workspace?: string;
  /** Folder of an extension under development; needs a server with `driver`. */
  readonly extension?: string;
  /** Entry file of tests to run inside the extension host. */
  readonly tests?: string;
  /** Variables for the extension host alone. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The address of a window of the workbench. */
export function workbenchUrl(
  server: CodeServer,
  { folder = server.workspace, workspace, extension, tests, env }: WorkbenchAddress = {},
): string {
  const remote = (path: string): string => `vscode-remote://${new URL(server.origin).host}${path}`;
  const payload = [
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
  ];
  if (env) payload.push(['extensionEnvironment', JSON.stringify(env)]);
  if (extension !== undefined) payload.push(['extensionDevelopmentPath', remote(extension)]);
  if (tests !== undefined) payload.push(['extensionTestsPath', remote(tests)]);
  const url = new URL(server.origin);
  if (workspace === undefined) url.searchParams.set('folder', folder);
  else url.searchParams.set('workspace', workspace);
  url.searchParams.set('payload', JSON.stringify(payload));
  return url.href;
}

/** One window of the workbench, acted on as a person does. Windows of one user are pages of one context. */
export class Workbench {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens a window and waits until our status bar item is drawn. */
  static async open(context: BrowserContext, server: CodeServer, address?: WorkbenchAddress): Promise<Workbench> {
    const workbench = new Workbench(await context.newPage());
    await workbench.page.goto(workbenchUrl(server, address), { waitUntil: 'commit' });
    await workbench.ready();
    return workbench;
  }

  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await this.statusBarItem().waitFor({ timeout: 60_000 });
  }

  async reload(): Promise<void> {
    await this.page.reload({ waitUntil: 'commit' });
    await this.ready();
  }

  /** Runs a command from the palette by its whole title, as `CloudToLocalLLM: Connect`. */
  async runCommand(title: string): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.fromPalette(title, (row) => row.click({ timeout: 3_000 }));
  }

  /**
   * Opens the palette with a command's title typed, and does this with the command's row. What was chosen a moment ago may take the focus
   * late, and then the editor closes the palette: it is opened again, as a person would.
   */
  async fromPalette(title: string, choose: (row: Locator) => Promise<void>): Promise<void> {
    const row = this.quickPickRow(title);
    for (let tries = 1; ; tries++) {
      try {
        await this.page.keyboard.press('F1');
        await this.quickInput.fill(`>${title}`, { timeout: 3_000 });
        await row.waitFor({ timeout: 3_000 });
        await choose(row);
        return;
      } catch (error) {
        if (tries === 5) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Where one types in the quick pick, the palette or the input box that is open. */
  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget input.input');
  }

  /** A row of the quick pick that is open. */
  quickPickRow(text: string | RegExp): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
  }

  /** Types into the input box that is open and accepts it. */
  async answerInputBox(text: string): Promise<void> {
    await this.quickInput.fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** The document inside the first webview that has loaded. */
  webview(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  }

  /** A status bar item of an extension, by part of its id. */
  statusBarItem(id = 'cloudtolocalllm'): Locator {
    return this.page.locator(`.statusbar-item[id*="${id}"]`).first();
  }

  /** Hovers the status bar item and gives the hover. */
  async statusBarHover(id?: string): Promise<Locator> {
    await this.statusBarItem(id).hover();
    const hover = this.page.locator('.workbench-hover').first();
    await hover.waitFor();
    return hover;
  }

  toast(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item').filter({ hasText: text }).first();
  }

  toastButton(text: string | RegExp, button: string): Locator {
    return this.toast(text).getByRole('button', { name: button });
  }

  /** A modal dialog. */
  dialog(text: string | RegExp): Locator {
    return this.page.locator('.monaco-dialog-box').filter({ hasText: text }).first();
  }

  dialogButton(text: string | RegExp, button: string): Locator {
    return this.dialog(text).getByRole('button', { name: button, exact: true });
  }
}
