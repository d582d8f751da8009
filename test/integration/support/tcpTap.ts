import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands before a server and keeps every byte that passes, in both directions. */
export class TcpTap {
  readonly port: number;
  readonly #server;
  readonly #sockets = new Set<Socket>();
  readonly #seen: Buffer[] = [];
  readonly #target: { port: number };

  private constructor(server: ReturnType<typeof createServer>, target: { port: number }) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      this.#join(socket);
    });
  }

  static async start(): Promise<TcpTap> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpTap(server, { port: 0 });
  }

  /** Where it forwards to; set before anybody connects. */
  set targetPort(port: number) {
    this.#target.port = port;
  }

  /** Everything that passed. */
  get seen(): Buffer {
    return Buffer.concat(this.#seen);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket): void {
    const far = connect(this.#target.port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (bytes: Buffer) => {
        this.#seen.push(bytes);
        to.write(bytes);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
