import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../harness/paths.ts';

/** Bytes, after a forced collection; `cpuMs` since the start. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  readonly cpuMs: number;
}

const probe = pathToFileURL(join(import.meta.dirname, 'memoryProbe.mjs')).href;
export const cli = join(root, 'dist', 'cli.mjs');

/** A program under load that can be asked for its memory. Its stdout is JSON lines. */
export class ProbedProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #stdout = '';
  #stderr = '';

  constructor(node: string, args: readonly string[]) {
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('C2L_')));
    this.#child = spawn(node, ['--disable-warning=ExperimentalWarning', '--expose-gc', '--import', probe, ...args], {
      env: inherited,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#stderr = (this.#stderr + chunk.toString()).slice(-4096)));
    this.#ended = once(this.#child, 'close');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Every event of that name that stdout has told so far. */
  events(name: string): Record<string, unknown>[] {
    const lines = this.#stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event === name);
  }

  /** @throws when the process ends without it */
  async first(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      const [found] = this.events(name);
      if (found) return found;
      if (!this.isRunning) throw new Error(`ended before ${name}: ${this.#stderr}`);
      await Promise.race([once(this.#child.stdout ?? this.#child, 'data'), this.#ended]);
    }
  }

  async memory(): Promise<Memory> {
    const answer = once(this.#child, 'message') as Promise<[Memory]>;
    this.#child.send('memory');
    return (await answer)[0];
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

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.isRunning) this.#child.kill(signal);
    await this.#ended;
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
