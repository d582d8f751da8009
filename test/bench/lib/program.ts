import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { cleanEnvironment } from './worker.ts';

/** Where Debian puts servers stands in few users' PATH. */
const extraFolders = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

/** Full path of an installed program. */
export function findProgram(name: string): string | undefined {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), ...extraFolders]) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Of what a program prints the end is kept. */
const MAX_OUTPUT = 64 * 1024;

/** A program of others, as a process. */
export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  output = '';

  constructor(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(file, args, { env: { ...cleanEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output = (this.output + text).slice(-MAX_OUTPUT)));
    }
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.output += error.message;
        resolve();
      });
      this.child.once('close', () => {
        resolve();
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined;
  }

  async stop(): Promise<void> {
    if (!this.isOver) {
      const kill = setTimeout(() => this.child.kill('SIGKILL'), 3_000);
      this.child.kill('SIGTERM');
      await this.ended;
      clearTimeout(kill);
    }
  }
}

/** A port on which nobody listens just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until somebody listens. @throws when `program` ends before, or after 10 s */
export async function untilListening(port: number, program: Program): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await accepts(port))) {
    if (program.isOver) throw new Error(`it has ended: ${program.output}`);
    if (performance.now() > end) throw new Error(`nobody listens on ${String(port)}: ${program.output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
