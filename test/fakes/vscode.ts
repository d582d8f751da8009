/** The part of the `vscode` module that our views use, in memory. Tests look at and act through {@link fakeEditor}. */

interface Disposable {
  dispose(): void;
}

/** A person at the keyboard: what they answer to the next question of each kind; undefined dismisses it. */
interface Person {
  message: (text: string, items: readonly string[], modal: boolean) => string | undefined | Promise<string | undefined>;
  input: (options: InputOptions) => string | undefined;
  pick: (items: readonly { readonly label: string }[]) => { readonly label: string } | undefined;
  /** Where to save, and what to open. */
  save: (options: SaveOptions) => Uri | undefined;
  open: () => readonly Uri[] | undefined;
}

interface SaveOptions {
  readonly defaultUri?: Uri;
}

interface InputOptions {
  readonly prompt?: string;
  readonly value?: string;
  readonly password?: boolean;
  readonly validateInput?: (text: string) => string | undefined;
}

interface ShownMessage {
  readonly kind: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly modal: boolean;
  readonly detail: string | undefined;
  readonly items: readonly string[];
}

interface ShownProgress {
  readonly title: string;
  readonly location: number | undefined;
  readonly messages: string[];
  percent: number;
  ended: boolean;
  readonly cancel: () => void;
}

class FakeEvent<T> {
  readonly listeners = new Set<(value: T) => void>();
  readonly event = (listener: (value: T) => void): Disposable => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };
  fire(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }
}

export class FakeStatusBarItem {
  /** Every assignment to a property, in order. */
  writes: { readonly property: string; readonly value: unknown }[] = [];
  shown = false;
  disposed = false;
  readonly id: string;
  readonly alignment: number;
  readonly priority: number;
  readonly values: Record<string, unknown> = {};

  constructor(id: string, alignment: number, priority: number) {
    this.id = id;
    this.alignment = alignment;
    this.priority = priority;
    for (const property of ['name', 'text', 'tooltip', 'color', 'backgroundColor', 'command', 'accessibilityInformation']) {
      Object.defineProperty(this, property, {
        get: () => this.values[property],
        set: (value: unknown) => {
          this.values[property] = value;
          this.writes.push({ property, value });
        },
      });
    }
  }

  show(): void {
    this.shown = true;
  }

  dispose(): void {
    this.disposed = true;
  }
}

export class FakeWebview {
  html = '';
  options: Record<string, unknown> = {};
  readonly cspSource = 'https://*.vscode-cdn.net';
  /** What the host posted. */
  readonly posted: unknown[] = [];
  readonly #messages = new FakeEvent<unknown>();
  readonly onDidReceiveMessage = this.#messages.event;

  asWebviewUri(uri: Uri): Uri {
    return Uri.parse(`https://webview.test${uri.path}`);
  }

  postMessage(message: unknown): Promise<boolean> {
    this.posted.push(structuredClone(message));
    return Promise.resolve(true);
  }

  /** The page says something. */
  say(message: unknown): void {
    this.#messages.fire(structuredClone(message));
  }
}

/** Both a view and a panel: what carries a webview. */
export class FakeWebviewHost {
  readonly webview = new FakeWebview();
  visible = true;
  disposed = false;
  reveals = 0;
  readonly #visibility = new FakeEvent<undefined>();
  readonly #disposal = new FakeEvent<undefined>();
  readonly onDidChangeVisibility = this.#visibility.event;
  /** A panel says so in other words. */
  readonly onDidChangeViewState = this.#visibility.event;
  readonly onDidDispose = this.#disposal.event;
  readonly type: string;
  title: string;
  readonly options: unknown;

  constructor(type: string, title = '', options: unknown = {}) {
    this.type = type;
    this.title = title;
    this.options = options;
  }

  reveal(): void {
    this.reveals++;
  }

  setVisible(visible: boolean): void {
    this.visible = visible;
    this.#visibility.fire(undefined);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.#disposal.fire(undefined);
  }
}

export interface FakeListItem {
  readonly label: string;
  readonly detail?: string;
  readonly description?: string;
  readonly kind?: number;
  readonly buttons?: readonly { readonly tooltip?: string }[];
}

/** A list that stays open while its items change. */
export class FakeQuickPick {
  title = '';
  placeholder = '';
  value = '';
  busy = false;
  matchOnDetail = false;
  selectedItems: readonly FakeListItem[] = [];
  activeItems: readonly FakeListItem[] = [];
  keepScrollPosition = false;
  matchOnDescription = false;
  isShown = false;
  disposed = false;
  #items: readonly FakeListItem[] = [];
  readonly #accepted = new FakeEvent<undefined>();
  readonly #hidden = new FakeEvent<undefined>();
  readonly #typed = new FakeEvent<string>();
  readonly #pressed = new FakeEvent<{ readonly item: FakeListItem; readonly button: unknown }>();
  readonly onDidAccept = this.#accepted.event;
  readonly onDidHide = this.#hidden.event;
  readonly onDidChangeValue = this.#typed.event;
  readonly onDidTriggerItemButton = this.#pressed.event;

  get items(): readonly FakeListItem[] {
    return this.#items;
  }

  /** The keyboard is on none of the new ones. */
  set items(items: readonly FakeListItem[]) {
    this.#items = items;
    this.activeItems = [];
  }

  show(): void {
    this.isShown = true;
  }

  hide(): void {
    if (!this.isShown) return;
    this.isShown = false;
    this.#hidden.fire(undefined);
  }

  dispose(): void {
    this.hide();
    this.disposed = true;
  }

  /** The person chooses the item with this label. */
  choose(label: string): void {
    this.selectedItems = this.items.filter((item) => item.label.includes(label));
    this.#accepted.fire(undefined);
  }

  /** …presses one of its buttons. */
  press(label: string, tooltip: string): void {
    const item = this.items.find((each) => each.label.includes(label));
    const button = item?.buttons?.find((each) => each.tooltip === tooltip);
    if (!item || !button) throw new Error(`no button ${tooltip} at ${label}`);
    this.#pressed.fire({ item, button });
  }

  type(text: string): void {
    this.value = text;
    this.#typed.fire(text);
  }
}

export interface TerminalOptions {
  readonly name: string;
  readonly shellPath: string;
  readonly shellArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly strictEnv: boolean;
  readonly isTransient: boolean;
}

/** A terminal, whose process ends with it. */
export class FakeTerminal {
  readonly creationOptions: TerminalOptions;
  shown = 0;
  closed = false;

  constructor(options: TerminalOptions) {
    this.creationOptions = options;
  }

  show(): void {
    this.shown++;
  }

  /** By our hand, the person's, or because its process has ended. */
  dispose(): void {
    if (this.closed) return;
    this.closed = true;
    fakeEditor.closedTerminals.fire(this);
  }
}

interface Provider {
  resolveWebviewView(view: FakeWebviewHost): void;
}

interface Serializer {
  deserializeWebviewPanel(panel: FakeWebviewHost, state: unknown): Promise<void>;
}

interface PageProvider {
  provideTextDocumentContent(uri: Uri): string | undefined;
}

class FakeEditor {
  person: Person = unhelpful();
  readonly messages: ShownMessage[] = [];
  readonly inputs: InputOptions[] = [];
  readonly picks: (readonly { readonly label: string }[])[] = [];
  readonly statusItems: FakeStatusBarItem[] = [];
  readonly lists: FakeQuickPick[] = [];
  readonly panels: FakeWebviewHost[] = [];
  readonly terminals: FakeTerminal[] = [];
  readonly closedTerminals = new FakeEvent<FakeTerminal>();
  readonly providers = new Map<string, { readonly provider: Provider; readonly options: unknown }>();
  readonly serializers = new Map<string, Serializer>();
  uriHandler: { handleUri(uri: Uri): unknown } | undefined;
  readonly commands = new Map<string, (...args: unknown[]) => unknown>();
  readonly contexts = new Map<string, unknown>();
  /** Commands executed that are not ours and not `setContext`. */
  readonly executed: string[] = [];
  readonly userSettings = new Map<string, unknown>();
  readonly workspaceSettings = new Map<string, unknown>();
  readonly settings = new FakeEvent<{ affectsConfiguration(name: string): boolean }>();
  readonly opened: string[] = [];
  clipboard = '';
  /** Files by address. */
  readonly files = new Map<string, Uint8Array>();
  /** Folders by address. */
  readonly folders = new Set<string>();
  /** What is open, in use or not. */
  readonly documents: FakeDocument[] = [];
  activeEditor: FakeTextEditor | undefined;
  /** Titles of what was shown on its way. */
  readonly progress: string[] = [];
  /** Texts in tabs that nobody can edit, by name. */
  readonly pages = new Map<string, string>();
  readonly pageProviders = new Map<string, PageProvider>();
  /** The same with what was said of it. */
  readonly progresses: ShownProgress[] = [];
  /** Cancels what `withProgress` runs now. */
  cancelProgress: () => void = () => undefined;
  readonly logs: { readonly level: string; readonly line: string }[] = [];
  logShown = 0;
  /** The window has the keyboard. */
  isFocused = true;

  /** Everything as in a new window. */
  reset(): void {
    this.person = unhelpful();
    for (const list of [
      this.messages,
      this.inputs,
      this.picks,
      this.statusItems,
      this.lists,
      this.panels,
      this.terminals,
      this.executed,
      this.opened,
      this.logs,
      this.progress,
      this.progresses,
      this.documents,
    ])
      list.length = 0;
    this.folders.clear();
    this.activeEditor = undefined;
    for (const map of [
      this.providers,
      this.serializers,
      this.commands,
      this.contexts,
      this.userSettings,
      this.workspaceSettings,
      this.files,
      this.pages,
      this.pageProviders,
    ])
      map.clear();
    this.settings.listeners.clear();
    this.closedTerminals.listeners.clear();
    this.clipboard = '';
    this.logShown = 0;
    this.isFocused = true;
  }

  changeUserSetting(name: string, value: unknown): void {
    this.userSettings.set(name, value);
    this.settings.fire({ affectsConfiguration: (section) => name === section || name.startsWith(`${section}.`) });
  }

  /** Shows a view as the editor does: the provider fills a new webview. */
  resolveView(id: string): FakeWebviewHost {
    const registered = this.providers.get(id);
    if (!registered) throw new Error(`no provider for ${id}`);
    const host = new FakeWebviewHost(id);
    registered.provider.resolveWebviewView(host);
    return host;
  }

  async showMessage(kind: ShownMessage['kind'], text: string, rest: readonly unknown[]): Promise<string | undefined> {
    const [first] = rest;
    const options = (typeof first === 'object' && first !== null ? first : {}) as { modal?: boolean; detail?: string };
    const items = rest.filter((item) => typeof item === 'string');
    const modal = options.modal === true;
    this.messages.push({ kind, text, modal, detail: options.detail, items });
    return await this.person.message(text, items, modal);
  }
}

function unhelpful(): Person {
  return { message: () => undefined, input: () => undefined, pick: () => undefined, save: () => undefined, open: () => undefined };
}

export const fakeEditor = new FakeEditor();

export class Uri {
  readonly scheme: string;
  readonly path: string;
  /** Decoded, as the editor gives it. */
  readonly query: string;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    const url = new URL(text);
    this.scheme = url.protocol.slice(0, -1);
    this.path = url.pathname;
    this.query = decodeURIComponent(url.search.slice(1));
  }

  static parse(text: string, _strict?: boolean): Uri {
    return new Uri(text);
  }

  static file(path: string): Uri {
    return new Uri(`file://${path}`);
  }

  static joinPath(base: Uri, ...parts: string[]): Uri {
    return new Uri([base.toString().replace(/\/$/, ''), ...parts].join('/'));
  }

  toString(): string {
    return this.#text;
  }
}

export class ThemeIcon {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
}

export class ThemeColor {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
}

export class MarkdownString {
  value: string;
  supportThemeIcons: boolean;
  supportHtml = false;
  isTrusted: boolean | { readonly enabledCommands: readonly string[] } = false;
  constructor(value = '', supportThemeIcons = false) {
    this.value = value;
    this.supportThemeIcons = supportThemeIcons;
  }
  appendText(text: string): this {
    this.value += text.replace(/[\\`*_{}[\]()#+\-!~<>|]/g, '\\$&');
    return this;
  }
  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }
}

export const StatusBarAlignment = { Left: 1, Right: 2 } as const;
export const QuickPickItemKind = { Separator: -1, Default: 0 } as const;
export const ProgressLocation = { SourceControl: 1, Window: 10, Notification: 15 } as const;
export const ViewColumn = { Active: -1, Beside: -2, One: 1 } as const;
export const ConfigurationTarget = { Global: 1, Workspace: 2, WorkspaceFolder: 3 } as const;

export const l10n = {
  t: (message: string, ...args: (string | number)[]): string =>
    message.replace(/\{(\d+)\}/g, (whole, index: string) => String(args[Number(index)] ?? whole)),
};

export const version = '1.106.0';
export class EventEmitter<T> extends FakeEvent<T> {
  dispose(): void {
    this.listeners.clear();
  }
}

export const env = {
  language: 'en',
  appName: 'Editor',
  clipboard: {
    writeText: (text: string): Promise<void> => {
      fakeEditor.clipboard = text;
      return Promise.resolve();
    },
  },
  openExternal: (uri: Uri): Promise<boolean> => {
    fakeEditor.opened.push(uri.toString());
    return Promise.resolve(true);
  },
};

export const commands = {
  registerCommand: (id: string, handler: (...args: unknown[]) => unknown): Disposable => {
    if (fakeEditor.commands.has(id)) throw new Error(`command ${id} is registered already`);
    fakeEditor.commands.set(id, handler);
    return { dispose: () => fakeEditor.commands.delete(id) };
  },
  executeCommand: async (id: string, ...args: unknown[]): Promise<unknown> => {
    if (id === 'setContext') {
      fakeEditor.contexts.set(String(args[0]), args[1]);
      return undefined;
    }
    const handler = fakeEditor.commands.get(id);
    if (handler) return await handler(...args);
    fakeEditor.executed.push([id, ...args.filter((each) => typeof each === 'string' || each instanceof Uri)].join(' '));
    return undefined;
  },
};

export const FileType = { Unknown: 0, File: 1, Directory: 2 } as const;

/** From one place to another; both count from 0. */
export class Range {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };

  constructor(startLine: number, startCharacter: number, endLine: number, endCharacter: number) {
    this.start = { line: startLine, character: startCharacter };
    this.end = { line: endLine, character: endCharacter };
  }

  get isEmpty(): boolean {
    return this.start.line === this.end.line && this.start.character === this.end.character;
  }
}

/** A text that is open. */
export class FakeDocument {
  readonly uri: Uri;
  readonly languageId: string;
  readonly #lines: readonly string[];

  constructor(uri: Uri, languageId: string, text: string) {
    this.uri = uri;
    this.languageId = languageId;
    this.#lines = text.split('\n');
  }

  lineAt(line: number): { readonly text: string } {
    return { text: this.#lines[line] ?? '' };
  }

  getText({ start, end }: Pick<Range, 'start' | 'end'> = new Range(0, 0, this.#lines.length, 0)): string {
    const lines = this.#lines.slice(start.line, end.line + 1);
    const last = lines.length - 1;
    return lines
      .map((text, at) =>
        text.slice(at === 0 ? start.character : 0, at === last && end.line < this.#lines.length ? end.character : undefined),
      )
      .join('\n');
  }
}

interface FakeTextEditor {
  readonly document: FakeDocument;
  readonly selections: readonly Range[];
}

export const workspace = {
  isTrusted: true,
  get textDocuments(): readonly FakeDocument[] {
    return fakeEditor.documents;
  },
  asRelativePath: (uri: Uri): string => uri.path.replace('/workspace/', ''),
  registerTextDocumentContentProvider: (scheme: string, provider: PageProvider): Disposable => {
    fakeEditor.pageProviders.set(scheme, provider);
    return { dispose: () => fakeEditor.pageProviders.delete(scheme) };
  },
  openTextDocument: (uri: Uri): Promise<{ readonly uri: Uri; readonly text: string | undefined }> =>
    Promise.resolve({ uri, text: fakeEditor.pageProviders.get(uri.scheme)?.provideTextDocumentContent(uri) }),
  fs: {
    stat: (uri: Uri): Promise<{ readonly size: number; readonly type: number }> => {
      if (fakeEditor.folders.has(uri.toString())) return Promise.resolve({ size: 0, type: FileType.Directory });
      const content = fakeEditor.files.get(uri.toString());
      return content ? Promise.resolve({ size: content.length, type: FileType.File }) : Promise.reject(new Error('FileNotFound'));
    },
    createDirectory: (): Promise<void> => Promise.resolve(),
    writeFile: (uri: Uri, content: Uint8Array): Promise<void> => {
      fakeEditor.files.set(uri.toString(), content);
      return Promise.resolve();
    },
    readFile: (uri: Uri): Promise<Uint8Array> => {
      const content = fakeEditor.files.get(uri.toString());
      return content ? Promise.resolve(content) : Promise.reject(new Error('FileNotFound'));
    },
  },
  getConfiguration: (section: string) => ({
    get: (name: string): unknown =>
      fakeEditor.workspaceSettings.get(`${section}.${name}`) ?? fakeEditor.userSettings.get(`${section}.${name}`),
    inspect: (name: string) => ({
      key: `${section}.${name}`,
      globalValue: fakeEditor.userSettings.get(`${section}.${name}`),
      workspaceValue: fakeEditor.workspaceSettings.get(`${section}.${name}`),
    }),
    update: (name: string, value: unknown, target: unknown): Promise<void> => {
      if (target !== ConfigurationTarget.Global) throw new Error('only the user’s own value is ever written');
      fakeEditor.changeUserSetting(`${section}.${name}`, value);
      return Promise.resolve();
    },
  }),
  onDidChangeConfiguration: fakeEditor.settings.event,
};

export const window = {
  get activeTextEditor(): FakeTextEditor | undefined {
    return fakeEditor.activeEditor;
  },
  get state(): { readonly focused: boolean } {
    return { focused: fakeEditor.isFocused };
  },
  showTextDocument: ({ uri, text }: { readonly uri: Uri; readonly text: string | undefined }): Promise<void> => {
    fakeEditor.pages.set(uri.path.slice(1), text ?? '');
    return Promise.resolve();
  },
  setStatusBarMessage: (): Disposable => ({ dispose: () => undefined }),
  createStatusBarItem: (id: string, alignment: number, priority: number): FakeStatusBarItem => {
    const item = new FakeStatusBarItem(id, alignment, priority);
    fakeEditor.statusItems.push(item);
    return item;
  },
  createOutputChannel: (name: string) => ({
    name,
    ...logMethods(),
    show: () => {
      fakeEditor.logShown++;
    },
    dispose: () => undefined,
  }),
  createWebviewPanel: (type: string, title: string, _column: unknown, options: unknown): FakeWebviewHost => {
    const panel = new FakeWebviewHost(type, title, options);
    fakeEditor.panels.push(panel);
    return panel;
  },
  createTerminal: (options: TerminalOptions): FakeTerminal => {
    const terminal = new FakeTerminal(options);
    fakeEditor.terminals.push(terminal);
    return terminal;
  },
  onDidCloseTerminal: fakeEditor.closedTerminals.event,
  registerWebviewPanelSerializer: (type: string, serializer: Serializer): Disposable => {
    fakeEditor.serializers.set(type, serializer);
    return { dispose: () => fakeEditor.serializers.delete(type) };
  },
  registerUriHandler: (handler: { handleUri(uri: Uri): unknown }): Disposable => {
    fakeEditor.uriHandler = handler;
    return {
      dispose: () => {
        fakeEditor.uriHandler = undefined;
      },
    };
  },
  registerWebviewViewProvider: (id: string, provider: Provider, options: unknown): Disposable => {
    fakeEditor.providers.set(id, { provider, options });
    return { dispose: () => fakeEditor.providers.delete(id) };
  },
  showInformationMessage: (text: string, ...rest: unknown[]) => fakeEditor.showMessage('info', text, rest),
  showWarningMessage: (text: string, ...rest: unknown[]) => fakeEditor.showMessage('warning', text, rest),
  showErrorMessage: (text: string, ...rest: unknown[]) => fakeEditor.showMessage('error', text, rest),
  showInputBox: (options: InputOptions): Promise<string | undefined> => {
    fakeEditor.inputs.push(options);
    return Promise.resolve(fakeEditor.person.input(options));
  },
  showQuickPick: (items: readonly { readonly label: string }[]): Promise<unknown> => {
    fakeEditor.picks.push(items);
    return Promise.resolve(fakeEditor.person.pick(items));
  },
  createQuickPick: (): FakeQuickPick => {
    const list = new FakeQuickPick();
    fakeEditor.lists.push(list);
    return list;
  },
  showSaveDialog: (options: SaveOptions): Promise<Uri | undefined> => Promise.resolve(fakeEditor.person.save(options)),
  showOpenDialog: (): Promise<readonly Uri[] | undefined> => Promise.resolve(fakeEditor.person.open()),
  withProgress: async <T>(
    options: { readonly title: string; readonly location?: number },
    task: (progress: { report(value: { readonly message?: string; readonly increment?: number }): void }, token: unknown) => Promise<T>,
  ): Promise<T> => {
    fakeEditor.progress.push(options.title);
    const cancelled = new FakeEvent<undefined>();
    const token = { isCancellationRequested: false, onCancellationRequested: cancelled.event };
    fakeEditor.cancelProgress = () => {
      token.isCancellationRequested = true;
      cancelled.fire(undefined);
    };
    const shown: ShownProgress = {
      title: options.title,
      location: options.location,
      messages: [],
      percent: 0,
      ended: false,
      cancel: fakeEditor.cancelProgress,
    };
    fakeEditor.progresses.push(shown);
    const report = ({ message, increment = 0 }: { readonly message?: string; readonly increment?: number }): void => {
      if (message !== undefined) shown.messages.push(message);
      shown.percent += increment;
    };
    try {
      return await task({ report }, token);
    } finally {
      shown.ended = true;
    }
  },
};

function logMethods(): Record<'trace' | 'debug' | 'info' | 'warn' | 'error', (line: string) => void> {
  const at = (level: string) => (line: string) => {
    fakeEditor.logs.push({ level, line });
  };
  return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
