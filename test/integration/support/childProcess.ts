import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SecretWatch } from '../../harness/secretWatch.ts';

export type ChildEvent = Readonly<Record<string, unknown>> & { readonly event: string };

export interface JsonProcessOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Of the run that this process belongs to and that looks for leaks at its end; else the process has one of its own and looks itself. */
  readonly secrets?: SecretWatch;
}

/** A process of ours that prints one JSON object a line. Nothing outlives {@link stop}, which looks for secrets that were printed. */
export class JsonProcess {
  readonly child: ChildProcess;
  readonly events: ChildEvent[] = [];
  /** All it has printed, both streams. */
  output = '';
  readonly secrets: SecretWatch;
  readonly #ownsSecrets: boolean;
  /** {@link output} without the lines that hand a secret over. */
  #said = '';
  readonly ended: Promise<number | null>;
  readonly #waiting = new Set<() => void>();

  constructor(command: string, args: readonly string[], { secrets: shared, ...options }: JsonProcessOptions = {}) {
    const secrets = shared ?? new SecretWatch();
    this.secrets = secrets;
    this.#ownsSecrets = shared === undefined;
    secrets.listen(args.join(' '), () => this.#said);
    const key = options.env?.['C2L_KEY'];
    if (key !== undefined) secrets.addEvent({ key });
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    const { stdout, stderr } = this.child;
    stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.output += chunk;
      this.#said += chunk;
    });
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

  /** @returns the exit code. @throws when it has printed a secret of its own */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    const code = await this.ended;
    const leaks = this.#ownsSecrets ? this.secrets.leaks() : [];
    if (leaks.length > 0) throw new Error(`secrets were left: ${leaks.join('; ')}`);
    return code;
  }

  #onLine(line: string): void {
    this.output += `${line}\n`;
    const event = eventOf(line);
    if (!event || !this.secrets.addEvent(event)) this.#said += `${line}\n`;
    if (event) this.events.push(event);
    for (const wake of [...this.#waiting]) wake();
  }
}

/** Undefined for a log line. */
function eventOf(line: string): ChildEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'event' in value ? (value as ChildEvent) : undefined;
  } catch {
    return undefined;
  }
}
