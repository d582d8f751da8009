import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

export type ChildEvent = Readonly<Record<string, unknown>> & { readonly event: string };

/** A process of ours that prints one JSON object a line. Nothing outlives {@link stop}. */
export class JsonProcess {
  readonly child: ChildProcess;
  readonly events: ChildEvent[] = [];
  /** All it has printed, both streams. */
  output = '';
  readonly ended: Promise<number | null>;
  readonly #waiting = new Set<() => void>();

  constructor(command: string, args: readonly string[], options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {}) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    const { stdout, stderr } = this.child;
    stderr?.setEncoding('utf8').on('data', (chunk: string) => (this.output += chunk));
    if (stdout)
      createInterface({ input: stdout }).on('line', (line) => {
        this.#onLine(line);
      });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => {
        resolve(code);
        for (const wake of this.#waiting) wake();
      });
    });
  }

  /** The first event of this kind, also one that came before. */
  async first(event: string, from = 0): Promise<ChildEvent> {
    for (;;) {
      const found = this.events.slice(from).find((candidate) => candidate.event === event);
      if (found) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error(`ended before "${event}":\n${this.output}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  say(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** @returns the exit code */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return await this.ended;
  }

  #onLine(line: string): void {
    this.output += `${line}\n`;
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null && 'event' in value) this.events.push(value as ChildEvent);
    } catch {
      return; // a log line
    }
    for (const wake of [...this.#waiting]) wake();
  }
}
