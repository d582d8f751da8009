import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { findServer } from '../../../scripts/lib/servers.mjs';
import { freePort } from './stack.ts';

/** Whether there is one to test with; on Linux `npm run setup` fetches it. */
export const hasNatsServer = findServer('nats-server') !== undefined;

/** Debian's nats-server on loopback, with nothing on disk. */
export class NatsServer {
  readonly port: number;
  readonly #args: readonly string[];
  child: ChildProcess;

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#args = args;
    this.child = this.#spawn();
  }

  static async start(args: readonly string[] = [], port?: number): Promise<NatsServer> {
    const server = new NatsServer(port ?? (await freePort()), args);
    await server.#answers();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${String(this.port)}`;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'close');
    this.child.kill(signal);
    await ended;
  }

  /** The same one again, at the same port. */
  async startAgain(): Promise<void> {
    this.child = this.#spawn();
    await this.#answers();
  }

  #spawn(): ChildProcess {
    const program = findServer('nats-server') ?? 'nats-server';
    return spawn(program, ['--addr', '127.0.0.1', '--port', String(this.port), ...this.#args], { stdio: 'ignore' });
  }

  async #answers(): Promise<void> {
    const until = performance.now() + 10_000;
    for (;;) {
      const socket = connect(this.port, '127.0.0.1');
      const hasAnswered = await Promise.race([once(socket, 'data').then(() => true), once(socket, 'close').then(() => false)]).catch(
        () => false,
      );
      socket.destroy();
      if (hasAnswered) return;
      if (performance.now() > until || this.child.exitCode !== null) throw new Error('nats-server does not come up');
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}
