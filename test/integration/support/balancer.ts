import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What stands before several nodes: a connection goes to the first of them that accepts it. */
export class Balancer {
  /** Ports to try, in this order. */
  order: readonly number[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((near) => {
    this.#own(near);
    void this.#join(near);
  });

  static async start(): Promise<Balancer> {
    const balancer = new Balancer();
    await new Promise<void>((resolve) => balancer.#server.listen(0, '127.0.0.1', resolve));
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Ends all connections; who comes again is joined anew. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #join(near: Socket): Promise<void> {
    for (const port of this.order) {
      const far = await tryPort(port);
      if (!far) continue;
      this.#own(far);
      near.pipe(far);
      far.pipe(near);
      near.once('close', () => far.destroy());
      far.once('close', () => near.destroy());
      return;
    }
    near.destroy();
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

function tryPort(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const fail = (): void => {
      resolve(undefined);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
