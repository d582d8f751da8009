import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../harness/paths.ts';

/** One way to start the CLI: a Node and a file. */
export interface Runner {
  readonly name: string;
  readonly node: string;
  readonly cli: string;
}

const bundle = join(root, 'dist/cli.mjs');

/** From source on this Node; when it is built, the bundle on this Node and on the one at hand, which may be as old as 20.19. */
export const runners: readonly Runner[] = [
  { name: 'source', node: process.execPath, cli: join(root, 'src/cli.ts') },
  ...(existsSync(bundle)
    ? [...new Set([process.execPath, process.env['C2L_HOST_NODE'] ?? 'node'])].map((node) => ({
        name: `bundle on ${node}`,
        node,
        cli: bundle,
      }))
    : []),
];

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A CLI process started by a test. */
export class CliProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  stdout = '';
  stderr = '';

  constructor(runner: Runner, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    // the environment of whoever runs the tests must not configure the relay
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('C2L_')));
    const node = runner.cli.endsWith('.ts') ? ['--disable-warning=ExperimentalWarning'] : [];
    this.#child = spawn(runner.node, [...node, runner.cli, ...args], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#ended = once(this.#child, 'close');
  }

  /** The first event of that name on stdout. @throws when the process ends without it */
  async event(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      for (const line of this.stdout.split('\n').slice(0, -1)) {
        const event = JSON.parse(line) as Record<string, unknown>;
        if (event['event'] === name) return event;
      }
      if (this.#child.exitCode !== null) throw new Error(`the CLI ended with ${String(this.#child.exitCode)}: ${this.stderr}`);
      await Promise.race([once(this.#child.stdout ?? this.#child, 'data'), this.#ended]);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(): Promise<Ended> {
    await this.#ended;
    return { code: this.#child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }

  /** Ends it whatever happens. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
