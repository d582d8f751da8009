import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';

/** How long a program of the system may take, ms. */
const RUN_WITHIN_MS = 20_000;
/** What is read of its output; more ends it. */
const MAX_OUTPUT_BYTES = 256 * 1024;

/** How a run has ended. */
export type RunResult =
  | { readonly kind: 'ended'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** There is no such program. */
  | { readonly kind: 'missing' }
  /** It took too long, or said too much, and was ended. */
  | { readonly kind: 'broken'; readonly why: string };

/** The machine as an installation sees it. Tests have one in memory, and run nothing. */
export interface System {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** Of the OS user; absent on Windows. */
  readonly uid?: number;
  /** As the Task Scheduler knows the user. */
  readonly userName: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs a program without a shell, and never throws. */
  run(program: string, args: readonly string[]): Promise<RunResult>;
  /** Resolves later. */
  wait(ms: number): Promise<void>;
}

/** What this process was started with is no business of what it runs: Electron would be Node, and Node another one. */
const keptBack = new Set(['ELECTRON_RUN_AS_NODE', 'NODE_OPTIONS', 'NODE_PATH', 'C2L_INVITE', 'C2L_SECRET']);

export function thisSystem(): System {
  const uid = process.getuid?.();
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !keptBack.has(name)));
  // a shell over ssh, and some editors, have none
  const runtime = `/run/user/${String(uid)}`;
  if (process.platform === 'linux' && environment['XDG_RUNTIME_DIR'] === undefined && existsSync(runtime))
    environment['XDG_RUNTIME_DIR'] = runtime;
  const domain = process.env['USERDOMAIN'];
  return {
    platform: process.platform,
    home: homedir(),
    ...(uid !== undefined && { uid }),
    userName: domain === undefined ? userName() : `${domain}\\${userName()}`,
    environment,
    run: (program, args) => run(program, args, environment),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

/** A user without a name in the system's list has none. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<RunResult> {
  return new Promise((resolve) => {
    const options = { env, timeout: RUN_WITHIN_MS, maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGKILL', windowsHide: true } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) resolve({ kind: 'ended', code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ kind: 'ended', code: error.code, stdout, stderr });
      else if (error.code === 'ENOENT') resolve({ kind: 'missing' });
      else resolve({ kind: 'broken', why: error.killed === true ? 'it does not end' : error.message });
    });
  });
}

/** What a run that failed has said, in one line. */
export function saidBy(result: RunResult): string {
  if (result.kind === 'missing') return 'there is no such program';
  if (result.kind === 'broken') return oneLine(result.why);
  return oneLine(result.stderr) || oneLine(result.stdout) || `exit code ${String(result.code)}`;
}

export function hasWorked(result: RunResult): boolean {
  return result.kind === 'ended' && result.code === 0;
}

function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s*[\r\n]+\s*/g, ' · ')
    .slice(0, 300);
}
