import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join, dirname } from 'node:path';

const bench = dirname(dirname(fileURLToPath(import.meta.url)));

export interface WorkerOptions {
  readonly nodeFlags?: readonly string[];
}

/** A process of the benchmark with a line of messages. Nothing outlives {@link stop}. */
export class Worker<In extends { readonly type: string }, Out extends { readonly type: string }> {
  readonly child: ChildProcess;
  readonly #listeners = new Set<(message: Out) => void>();
  readonly #ended: Promise<void>;
  #output = '';

  /** @param file in test/bench */
  constructor(file: string, args: readonly string[] = [], { nodeFlags = [] }: WorkerOptions = {}) {
    this.child = fork(join(bench, file), args, {
      execArgv: ['--disable-warning=ExperimentalWarning', ...nodeFlags],
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output = (this.#output + text).slice(-4000)));
    }
    this.child.on('message', (message) => {
      for (const listener of [...this.#listeners]) listener(message as Out);
    });
    this.#ended = new Promise((resolve) => {
      this.child.once('exit', () => {
        resolve();
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  send(message: In): void {
    if (this.child.connected) this.child.send(message);
  }

  on(listener: (message: Out) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** The next message of that type. @throws when the process ends or says `failed` before */
  next<T extends Out['type']>(type: T): Promise<Extract<Out, { type: T }>> {
    return new Promise((resolve, reject) => {
      const off = this.on((message) => {
        if (message.type !== type && message.type !== 'failed') return;
        off();
        if (message.type === type) resolve(message as Extract<Out, { type: T }>);
        else reject(new Error('error' in message ? String(message.error) : 'failed'));
      });
      void this.#ended.then(() => {
        off();
        reject(new Error(`a process ended before it said ${type}:\n${this.#output}`));
      });
    });
  }

  /** Lets it end by itself (a profile is written then), and sees to it. */
  async stop(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    const kill = setTimeout(() => this.child.kill('SIGKILL'), 3_000);
    await this.#ended;
    clearTimeout(kill);
  }
}

/** Nothing of whoever runs the benchmark configures what is measured, or slows it down. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('C2L_') && !name.startsWith('NODE_') && name !== 'OLLAMA_HOST'),
  );
}
