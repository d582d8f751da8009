import { existsSync, readFileSync } from 'node:fs';
import type { RunResult, System } from '../../src/agent/node/background/system.ts';
import { BackgroundFiles } from '../../src/agent/node/background/backgroundFiles.ts';
import { FakeClock } from './fakeClock.ts';

const done = { kind: 'ended', code: 0, stdout: '', stderr: '' } as const;
const failed = (stderr: string, code = 1): RunResult => ({ kind: 'ended', code, stdout: '', stderr });

/** A machine with one service manager of its kind and some Nodes. A service that is started holds its lock, as the real one does. */
export class FakeSystem implements System {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly uid = 1000;
  readonly userName = 'DESK\\jane';
  environment: Record<string, string | undefined> = {};
  readonly clock = new FakeClock();
  /** What was run, as typed. */
  readonly calls: string[] = [];
  /** Versions by path; without `node:sqlite` where it says so. */
  readonly nodes = new Map<string, { readonly version: string; readonly lacksSqlite?: boolean; readonly real?: string }>();
  /** What a call that begins so says instead. */
  readonly answers = new Map<string, RunResult>();
  lingers = false;
  /** Does a service that is started come up? */
  comesUp = true;
  /** Does it end when it is told to? */
  ends = true;
  isRegistered = false;
  /** The state folder of the service. */
  stateFolder = '';
  #lock: { dispose(): void } | undefined;

  constructor(platform: NodeJS.Platform, home: string) {
    this.platform = platform;
    this.home = home;
  }

  get isRunning(): boolean {
    return this.#lock !== undefined;
  }

  run(program: string, args: readonly string[]): Promise<RunResult> {
    const call = [program, ...args].join(' ');
    if (args[0] !== '-e') this.calls.push(call);
    for (const [begin, answer] of this.answers) if (call.startsWith(begin)) return Promise.resolve(answer);
    return Promise.resolve(this.#answer(program, args));
  }

  async wait(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** The process of the service ends by itself. */
  die(): void {
    this.#lock?.dispose();
    this.#lock = undefined;
  }

  #answer(program: string, args: readonly string[]): RunResult {
    const node = this.nodes.get(program);
    if (node) {
      if (args[0] === '--version') return { ...done, stdout: `v${node.version}\n` };
      if (node.lacksSqlite === true) return failed('No such built-in module: node:sqlite');
      return { ...done, stdout: JSON.stringify({ path: node.real ?? program, version: node.version, electron: false }) };
    }
    if (program === 'loginctl') return { ...done, stdout: this.lingers ? 'yes\n' : 'no\n' };
    if (program === 'systemctl') return this.#systemctl(args.slice(1));
    if (program === 'launchctl') return this.#launchctl(args);
    if (program === 'schtasks') return this.#schtasks(args);
    if (program === 'taskkill') {
      this.die();
      return done;
    }
    return { kind: 'missing' };
  }

  #systemctl([verb, ...rest]: readonly string[]): RunResult {
    if (verb === 'show' && rest.includes('--property=LoadState'))
      return { ...done, stdout: this.isRegistered ? 'loaded\n' : 'not-found\n' };
    if (verb === 'enable') this.isRegistered = true;
    if (verb === 'restart') return this.#start();
    if (verb === 'kill') this.die();
    if (verb === 'disable') return this.#stop();
    return done;
  }

  #launchctl([verb, target = '']: readonly string[]): RunResult {
    if (verb === 'print') return target.includes('/cloudtolocalllm') && !this.isRegistered ? failed('Could not find service', 113) : done;
    if (verb === 'bootout') return this.isRegistered ? this.#stop() : failed('No such process', 3);
    if (verb === 'bootstrap') return this.isRegistered ? failed('Bootstrap failed: 5: Input/output error', 5) : this.#start();
    if (verb === 'kill') this.die();
    return done;
  }

  #schtasks([verb]: readonly string[]): RunResult {
    if (verb === '/Query') return this.isRegistered ? done : failed('ERROR: The system cannot find the file specified.');
    if (verb === '/Create') this.isRegistered = true;
    if (verb === '/Run') return this.#start();
    if (verb === '/Delete') this.isRegistered = false;
    if (verb === '/End' && this.ends) this.die();
    return done;
  }

  #stop(): RunResult {
    this.isRegistered = false;
    if (this.ends) this.die();
    return done;
  }

  #start(): RunResult {
    this.isRegistered = true;
    this.die();
    const files = new BackgroundFiles(this.stateFolder);
    const folder = files.readRecord()?.folder ?? '';
    if (!this.comesUp || !existsSync(`${folder}/cli.mjs`)) return done;
    const version = /^cli-(.+)-[0-9a-f]{8}$/.exec(folder.split('/').at(-1) ?? '')?.[1] ?? '';
    this.#lock = files.lockRunning();
    files.writeRunning({ version, nodeVersion: '24.1.0', pid: 42, since: this.clock.now(), folder, isReady: true });
    return done;
  }
}

/** The text of a file, or nothing. */
export function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
