import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './paths.ts';
import { commandLine, descendants } from './processes.ts';

const tools = join(root, 'test', 'tools', 'node_modules');
const entry = join(tools, 'code-server', 'out', 'node', 'entry.js');
const packagedNode = join(tools, `node-${process.platform}-${process.arch}`, 'bin', 'node');
/** code-server wants Node 24. */
const node = existsSync(packagedNode) ? packagedNode : process.execPath;

const listenLimitMs = 60_000;

/** What keeps the workbench quiet: no welcome, no news, no telemetry, no other assistant. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'security.workspace.trust.enabled': false,
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  // Settings would open as a modal editor, which swallows F1.
  'workbench.editor.useModal': 'off',
  'remote.autoForwardPorts': false,
};

const askingSettings = { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'always' };

export interface CodeServerOptions {
  /** User settings beside the quiet ones; written before the start, because later changes from outside are not noticed. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** A packed extension to install: tests of what people see use it. */
  readonly vsix?: string;
  /** Changes the profile's folder of extensions before the server starts. */
  readonly prepare?: ((extensions: string) => void) | undefined;
  /** Ask about every folder whether it is trusted; else all are. */
  readonly trust?: 'ask' | undefined;
  /** Honour an extension under development in the address. VS Code then shows no toasts, so never together with `vsix`. */
  readonly driver?: boolean;
}

/** VS Code's own server and web workbench with a profile of its own, on a free port of 127.0.0.1. */
export class CodeServer {
  readonly #child: ChildProcess;
  readonly #output: () => string;
  readonly #reap: () => void;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** The profile's folder; gone after {@link stop}. */
  readonly folder: string;
  /** An empty folder to open as a workspace. */
  readonly workspace: string;

  private constructor(child: ChildProcess, origin: string, folder: string, output: () => string, reap: () => void) {
    this.#child = child;
    this.#output = output;
    this.#reap = reap;
    this.origin = origin;
    this.folder = folder;
    this.workspace = join(folder, 'workspace');
    mkdirSync(this.workspace, { recursive: true });
  }

  static async start({
    settings = {},
    env = {},
    vsix,
    prepare,
    trust,
    driver = vsix === undefined,
  }: CodeServerOptions = {}): Promise<CodeServer> {
    if (!existsSync(entry)) throw new Error('VS Code for the tests is not installed. Run: node test/tools/install.mjs');
    const folder = mkdtempSync(join(tmpdir(), 'vsc-'));
    const profile = writeProfile(folder, trust === 'ask' ? { ...askingSettings, ...settings } : settings);
    if (vsix !== undefined) cpSync(installed(vsix), join(folder, 'ext'), { recursive: true });
    prepare?.(join(folder, 'ext'));
    const chosen = [
      ...(trust === 'ask' ? [] : ['--disable-workspace-trust']),
      ...(driver ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
    ];
    const child = spawn(node, [entry, ...profile, ...serverArguments, ...chosen], {
      env: cleanEnv(folder, env),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const reap = (): void => {
      killGroup(child);
    };
    // Whatever ends this process, an uncaught error too, takes the server's own process group along.
    process.once('exit', reap);
    try {
      const { origin, output } = await listening(child);
      return new CodeServer(child, origin, folder, output, reap);
    } catch (error) {
      reap();
      process.removeListener('exit', reap);
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** What the server has printed so far. */
  get output(): string {
    return this.#output();
  }

  /** Extension hosts, one for each open window. Linux alone. */
  extensionHosts(): number[] {
    return descendants(this.#child.pid ?? 0).filter((pid) => commandLine(pid).includes('--type=extensionHost'));
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGTERM');
      const timer = setTimeout(this.#reap, 5_000);
      await ended;
      clearTimeout(timer);
    }
    this.#reap();
    process.removeListener('exit', this.#reap);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

const serverArguments = [
  ...['--auth', 'none', '--bind-addr', '127.0.0.1:0', '--disable-telemetry', '--disable-update-check'],
  // A lower level hides the line that names the port.
  ...['--disable-getting-started-override', '--ignore-last-opened', '--log', 'info'],
];

const extensionFolders = new Map<string, string>();

/** Installs a packed extension as a person would, once for a run. @returns the folder of extensions to copy into a profile */
function installed(vsix: string): string {
  const known = extensionFolders.get(vsix);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'vsc-ext-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const profile = writeProfile(folder, {});
  execFileSync(node, [entry, ...profile, '--install-extension', vsix], { stdio: 'pipe', env: cleanEnv(folder, {}) });
  const extensions = join(folder, 'ext');
  extensionFolders.set(vsix, extensions);
  return extensions;
}

/** Writes a fresh profile into `folder`. @returns the arguments that select it */
function writeProfile(folder: string, settings: Readonly<Record<string, unknown>>): string[] {
  const user = join(folder, 'user');
  const extensions = join(folder, 'ext');
  const config = join(folder, 'config.yaml');
  mkdirSync(join(user, 'User'), { recursive: true });
  mkdirSync(extensions, { recursive: true });
  writeFileSync(config, 'auth: none\n');
  writeFileSync(join(user, 'User', 'settings.json'), JSON.stringify({ ...quietSettings, ...settings }, null, 2));
  return ['--config', config, '--user-data-dir', user, '--extensions-dir', extensions];
}

/** The environment without what an editor around us or the coverage of this process would add. */
function cleanEnv(folder: string, extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const {
    VSCODE_IPC_HOOK_CLI: _hook,
    PORT: _port,
    PASSWORD: _password,
    NODE_V8_COVERAGE: _coverage,
    NODE_OPTIONS: _options,
    ...rest
  } = process.env;
  const hostCoverage = rest['C2L_HOST_COVERAGE'];
  // The workbench's own extensions leave files behind: they go with the profile.
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  return {
    ...rest,
    TMPDIR: temporary,
    XDG_RUNTIME_DIR: temporary,
    ...(hostCoverage === undefined ? {} : { NODE_V8_COVERAGE: hostCoverage }),
    ...extra,
  };
}

function listening(child: ChildProcess): Promise<{ origin: string; output: () => string }> {
  let text = '';
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new Error(`code-server ${why}:\n${text}`));
    };
    const timer = setTimeout(() => {
      fail(`did not listen within ${String(listenLimitMs / 1000)} s`);
    }, listenLimitMs);
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const origin = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1];
      if (origin === undefined) return;
      clearTimeout(timer);
      resolve({ origin, output: () => text });
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => {
      fail(`ended with ${String(code)}`);
    });
  });
}

/** The group is the child's own (`detached`), so nothing outside it is touched. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
