import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { root } from '../../harness/paths.ts';

/** Bytes, after a forced collection; `cpuMs` since the start. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  readonly cpuMs: number;
  /** What the process has open, as the system counts it. */
  readonly handles: number;
  /** What keeps its event loop going or may: kinds of timers, sockets and the like, sorted, one entry each. */
  readonly resources: readonly string[];
}

type Said = Readonly<Record<string, unknown>>;

const probe = pathToFileURL(join(import.meta.dirname, 'memoryProbe.mjs')).href;
export const cli = join(root, 'dist', 'cli.mjs');
/** Events of one name that are kept: a process of a long run says its state again and again. */
const MAX_EVENTS = 1_000;

/** A program under load that can be asked for its memory. Its stdout is JSON lines. */
export class ProbedProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #events = new Map<string, Said[]>();
  readonly #waiting = new Set<() => void>();
  #stderr = '';

  constructor(node: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('C2L_')));
    this.#child = spawn(node, ['--disable-warning=ExperimentalWarning', '--expose-gc', '--import', probe, ...args], {
      env: { ...inherited, ...env },
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    });
    const { stdout, stderr } = this.#child;
    if (stdout)
      createInterface({ input: stdout }).on('line', (line) => {
        this.#onLine(line);
      });
    stderr?.on('data', (chunk: Buffer) => (this.#stderr = (this.#stderr + chunk.toString()).slice(-4096)));
    this.#ended = once(this.#child, 'close').then(() => {
      this.#wake();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it has complained of last. */
  get complaints(): string {
    return this.#stderr;
  }

  /** The newest events of that name that stdout has told so far. */
  events(name: string): readonly Said[] {
    return this.#events.get(name) ?? [];
  }

  /** The first event of that name among those kept, when it has come. @throws when the process ends without it */
  async first(name: string): Promise<Said> {
    const [found] = await this.heard(name, 1);
    return found ?? {};
  }

  /** Waits until there are `count` events of that name, fewer than are kept. @throws when the process ends before */
  async heard(name: string, count: number): Promise<readonly Said[]> {
    for (;;) {
      const found = this.events(name);
      if (found.length >= count) return found;
      if (!this.isRunning) throw new Error(`ended before ${name}: ${this.#stderr}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async memory(): Promise<Memory> {
    const answer = once(this.#child, 'message') as Promise<[Memory]>;
    this.#child.send('memory');
    const gone = this.#ended.then(() => {
      throw new Error(`ended before it told its memory: ${this.#stderr}`);
    });
    return (await Promise.race([answer, gone]))[0];
  }

  /** Resident bytes now, as the system counts them; no collection is forced. Linux alone. */
  get residentBytes(): number {
    const pages = Number(readFileSync(`/proc/${String(this.pid)}/statm`, 'utf8').split(' ')[1]);
    return pages * 4096;
  }

  /** Asks the program in its own words; programs of the farm listen. */
  tell(message: object): void {
    this.#child.send(message);
  }

  /** One line for its standard input. */
  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.isRunning) this.#child.kill(signal);
    await this.#ended;
  }

  #onLine(line: string): void {
    const said = JSON.parse(line) as Said;
    const name = String(said['event']);
    const known = this.#events.get(name) ?? [];
    known.push(said);
    if (known.length > MAX_EVENTS) known.shift();
    this.#events.set(name, known);
    this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

/** A relay that lets every device in, on the Node that people have. */
export async function startRelay(
  port = 0,
  extra: readonly string[] = [],
): Promise<{ readonly process: ProbedProcess; readonly url: string }> {
  const node = process.env['C2L_HOST_NODE'] ?? process.execPath;
  const relay = new ProbedProcess(node, [cli, 'relay', '--open', '--json', '--port', String(port), ...extra]);
  const { url } = await relay.first('listening');
  return { process: relay, url: String(url) };
}
