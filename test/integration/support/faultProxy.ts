import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { SeededRandom } from '../../fakes/seededRandom.ts';
import type { Direction, Fault } from './fault.ts';
import { calm, FaultPipe, type PipeWorld, type Weather } from './faultPipe.ts';

interface Connection {
  readonly near: Socket;
  readonly far: Socket | undefined;
  readonly pipes: readonly FaultPipe[];
  /** What one end does is not told to the other. */
  isTorn: boolean;
}

type Door = { readonly kind: 'open' } | { readonly kind: 'hole' | 'reset' } | { readonly kind: 'captive'; readonly status: number };

/** Ports that no kernel gives to outgoing connections: a proxy that refuses for a while finds its own free again. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;

const captiveHeads: Readonly<Record<number, string>> = {
  200: 'HTTP/1.1 200 OK\r\n',
  302: 'HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n',
  403: 'HTTP/1.1 403 Forbidden\r\n',
};
const captivePage = '<!doctype html><title>Welcome</title><p>Sign in to use this network.</p>';

/** A TCP proxy on 127.0.0.1 that spoils what passes, by a seed. It owns its sockets and timers; {@link stop} leaves none. */
export class FaultProxy implements PipeWorld {
  readonly random: SeededRandom;
  /** @internal for its pipes */
  weather: Weather = calm;
  /** @internal for its pipes */
  stalledUntil = 0;
  /** Bytes that came in, in each direction. */
  readonly passed: Record<Direction, number> = { up: 0, down: 0 };
  /** Where it leads. */
  targetPort: number;
  #server: Server;
  readonly #port: number;
  #door: Door = { kind: 'open' };
  #armed:
    { readonly direction: Direction; left: number; readonly fault: Fault; readonly onStruck: (over: Promise<void>) => void } | undefined;
  #flip: Direction | undefined;
  readonly #connections = new Set<Connection>();
  readonly #waits = new Map<NodeJS.Timeout, () => void>();
  #flapping: NodeJS.Timeout | undefined;
  #isStopped = false;

  private constructor(port: number, targetPort: number, seed: number) {
    this.#port = port;
    this.targetPort = targetPort;
    this.random = new SeededRandom(seed);
    this.#server = this.#newServer();
  }

  static async start(targetPort: number, seed = 1): Promise<FaultProxy> {
    for (;;) {
      const proxy = new FaultProxy(FIRST_PORT + Math.floor(Math.random() * PORTS), targetPort, seed);
      if (await proxy.#listen()) return proxy;
    }
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Weather from now on; what is not named is calm. */
  setWeather(weather: Partial<Weather>): void {
    this.weather = { ...calm, ...weather };
    this.#lookAgain();
  }

  /** Strikes now. Resolves when the path is good again. */
  strike(fault: Fault): Promise<void> {
    return this.#isStopped ? Promise.resolve() : this.#strike(fault);
  }

  /** Strikes when `bytes` more bytes have come in that direction, between two bytes. Resolves then, with when the path is good again. */
  strikeAfter(direction: Direction, bytes: number, fault: Fault): Promise<{ readonly over: Promise<void> }> {
    return new Promise((resolve) => {
      this.#armed = {
        direction,
        left: bytes,
        fault,
        onStruck: (over) => {
          resolve({ over });
        },
      };
    });
  }

  /** Takes back what is armed. @returns whether something was */
  disarm(): boolean {
    const wasArmed = this.#armed !== undefined;
    this.#armed = undefined;
    return wasArmed;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#armed = undefined;
    clearInterval(this.#flapping);
    for (const [timer, end] of this.#waits) {
      clearTimeout(timer);
      end();
    }
    const open = [...this.#connections].flatMap(({ near, far }) => (far ? [near, far] : [near])).filter(({ closed }) => !closed);
    const closed = open.map((socket) => once(socket, 'close'));
    this.#cut();
    if (this.#server.listening) {
      this.#server.close();
      await once(this.#server, 'close');
    }
    await Promise.all(closed);
  }

  /** @internal for its pipes */
  pass(pipe: FaultPipe, bytes: Buffer): Buffer {
    this.passed[pipe.direction] += bytes.length;
    const armed = this.#armed;
    if (armed?.direction !== pipe.direction) return this.#maybeFlip(pipe, bytes);
    if (bytes.length < armed.left) {
      armed.left -= bytes.length;
      return this.#maybeFlip(pipe, bytes);
    }
    this.#armed = undefined;
    pipe.add(bytes.subarray(0, armed.left));
    armed.onStruck(this.#strike(armed.fault));
    return this.#maybeFlip(pipe, bytes.subarray(armed.left));
  }

  #maybeFlip(pipe: FaultPipe, bytes: Buffer): Buffer {
    if (this.#flip !== pipe.direction || bytes.length === 0) return bytes;
    this.#flip = undefined;
    const spoilt = Buffer.from(bytes);
    spoilt[0] = (spoilt[0] ?? 0) ^ (1 << this.random.int(8));
    return spoilt;
  }

  async #strike(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'cut':
        this.#cut();
        return;
      case 'reset':
        this.#reset();
        return;
      case 'blackHole':
        this.#deafen();
        this.#door = { kind: 'hole' };
        await this.#wait(fault.forMs);
        this.#door = { kind: 'open' };
        this.#reset();
        return;
      case 'oneWay':
        this.#deafen(fault.direction);
        await this.#wait(fault.forMs);
        this.#reset();
        return;
      case 'halfOpen':
        this.#deafen();
        return;
      case 'oneSided':
        this.#deafen();
        for (const { near, far } of this.#connections) (fault.side === 'near' ? near : far)?.destroy();
        return;
      case 'halfClose':
        for (const { near, far } of this.#connections) (fault.side === 'near' ? near : far)?.end();
        return;
      case 'stall':
        this.stalledUntil = performance.now() + fault.forMs;
        await this.#wait(fault.forMs);
        return;
      case 'slow':
        await this.#turn({ bytesPerSec: fault.bytesPerSec }, fault.forMs);
        return;
      case 'latency':
        await this.#turn({ delayMs: fault.delayMs, jitterMs: fault.jitterMs }, fault.forMs);
        return;
      case 'split':
        await this.#turn({ pieceBytes: fault.pieceBytes }, fault.forMs);
        return;
      case 'refuse':
        this.#server.close();
        this.#cut();
        await this.#wait(fault.forMs);
        while (!this.#isStopped && !(await this.#listen())) await this.#wait(50);
        return;
      case 'resetNew':
        this.#door = { kind: 'reset' };
        this.#reset();
        await this.#wait(fault.forMs);
        this.#door = { kind: 'open' };
        return;
      case 'flap':
        this.#cut();
        this.#flapping = setInterval(() => {
          this.#cut();
        }, fault.everyMs);
        await this.#wait(fault.forMs);
        clearInterval(this.#flapping);
        return;
      case 'garbage':
        this.#flip = fault.direction;
        return;
      case 'captive':
        this.#door = { kind: 'captive', status: fault.status };
        this.#cut();
        await this.#wait(fault.forMs);
        this.#door = { kind: 'open' };
        return;
    }
  }

  async #turn(weather: Partial<Weather>, forMs: number): Promise<void> {
    const before = this.weather;
    this.setWeather({ ...before, ...weather });
    await this.#wait(forMs);
    this.weather = before;
    this.#lookAgain();
  }

  #lookAgain(): void {
    for (const { pipes } of this.#connections) for (const pipe of pipes) pipe.look();
  }

  #deafen(direction?: Direction): void {
    for (const connection of this.#connections) {
      connection.isTorn = true;
      for (const pipe of connection.pipes) if (direction === undefined || pipe.direction === direction) pipe.isDeaf = true;
    }
  }

  #cut(): void {
    for (const { near, far } of this.#connections) {
      near.destroy();
      far?.destroy();
    }
  }

  #reset(): void {
    for (const { near, far } of this.#connections) {
      near.resetAndDestroy();
      far?.resetAndDestroy();
    }
  }

  #accept(near: Socket): void {
    near.setNoDelay(true);
    near.on('error', () => undefined);
    const door = this.#door;
    if (door.kind === 'reset') {
      near.resetAndDestroy();
      return;
    }
    if (door.kind === 'open') {
      this.#join(near);
      return;
    }
    const alone: Connection = { near, far: undefined, pipes: [], isTorn: true };
    this.#keep(alone, near);
    near.on('data', () => {
      if (door.kind !== 'captive') return;
      const page = `${captiveHeads[door.status] ?? ''}Content-Type: text/html\r\nContent-Length: ${String(captivePage.length)}\r\n`;
      near.end(`${page}Connection: close\r\n\r\n${captivePage}`);
    });
    near.on('end', () => near.end());
  }

  #join(near: Socket): void {
    const far = connect({ port: this.targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const pipes = [new FaultPipe(this, 'up', near, far), new FaultPipe(this, 'down', far, near)];
    const connection: Connection = { near, far, pipes, isTorn: false };
    far.on('error', () => undefined);
    this.#keep(connection, near, far);
    this.#keep(connection, far, near);
  }

  /** One end's sudden end is the other's, unless the line is torn. */
  #keep(connection: Connection, socket: Socket, other?: Socket): void {
    this.#connections.add(connection);
    socket.on('close', (hadError) => {
      if (!connection.isTorn && other && !other.destroyed) {
        if (hadError) other.resetAndDestroy();
        else other.destroySoon();
      }
      if (!connection.near.destroyed || connection.far?.destroyed === false) return;
      for (const pipe of connection.pipes) pipe.end();
      this.#connections.delete(connection);
    });
  }

  #newServer(): Server {
    return createServer({ allowHalfOpen: true }, (near) => {
      this.#accept(near);
    });
  }

  /** @returns false when somebody else has the port */
  async #listen(): Promise<boolean> {
    this.#server = this.#newServer();
    this.#server.listen(this.#port, '127.0.0.1');
    try {
      await once(this.#server, 'listening');
      return true;
    } catch {
      return false;
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waits.delete(timer);
        resolve();
      }, ms);
      this.#waits.set(timer, resolve);
    });
  }
}
