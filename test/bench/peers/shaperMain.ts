// A link of its own: a TCP proxy with a rate and a delay each way, which can also cut. Arguments: target port, bits a second (0: any), one-way
// delay in ms. Messages: `cut` destroys every connection.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { endWithParent, say } from '../lib/childEnd.ts';
import { nowUs } from '../lib/monotonic.ts';

const [target = 0, bitsPerSecond = 0, delayMs = 0] = process.argv.slice(2).map(Number);
/** What the link's own queue holds before it stops taking more: about 50 ms of it, as in a home router that does no worse. */
const QUEUE_BYTES = bitsPerSecond === 0 ? 1024 * 1024 : Math.round((bitsPerSecond / 8) * 0.05);

interface Parcel {
  readonly from: Socket;
  readonly to: Socket;
  /** Undefined for the end of the sender's direction. */
  readonly piece: Buffer | undefined;
  /** When its last bit leaves the link's queue, and when it is there, µs. */
  readonly leavesAt: number;
  readonly arrivesAt: number;
}

/** One direction of the link, shared by all connections: pieces leave one after the other at the link's rate and arrive after its delay. */
class Direction {
  readonly #parcels: Parcel[] = [];
  readonly #paused = new Set<Socket>();
  /** How many of the parcels have left the queue and are on their way. */
  #left = 0;
  #freeAt = 0;
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  carry(from: Socket, to: Socket, piece: Buffer | undefined): void {
    const bytes = piece?.length ?? 0;
    const leavesAt = Math.max(nowUs(), this.#freeAt) + (bitsPerSecond === 0 ? 0 : (bytes * 8e6) / bitsPerSecond);
    this.#freeAt = leavesAt;
    this.#parcels.push({ from, to, piece, leavesAt, arrivesAt: leavesAt + delayMs * 1000 });
    this.#queuedBytes += bytes;
    if (this.#queuedBytes > QUEUE_BYTES) {
      from.pause();
      this.#paused.add(from);
    }
    if (this.#timer === undefined) this.#run();
  }

  readonly #run = (): void => {
    const now = nowUs();
    for (let next = this.#parcels[this.#left]; next && next.leavesAt <= now; next = this.#parcels[this.#left]) {
      this.#queuedBytes -= next.piece?.length ?? 0;
      this.#left++;
    }
    let arrived = 0;
    for (let next = this.#parcels[0]; next && next.arrivesAt <= now; next = this.#parcels[0]) {
      this.#parcels.shift();
      arrived++;
      if (next.to.destroyed) continue;
      if (next.piece) next.to.write(next.piece);
      else next.to.end();
    }
    this.#left -= arrived;
    if (this.#queuedBytes <= QUEUE_BYTES) {
      for (const socket of this.#paused) socket.resume();
      this.#paused.clear();
    }
    const due = Math.min(this.#parcels[this.#left]?.leavesAt ?? Infinity, this.#parcels[0]?.arrivesAt ?? Infinity);
    this.#timer = due === Infinity ? undefined : setTimeout(this.#run, Math.max(0, (due - nowUs()) / 1000));
  };
}

const up = new Direction();
const down = new Direction();
const sockets = new Set<Socket>();

const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  for (const [from, to, direction] of [
    [near, far, up],
    [far, near, down],
  ] as const) {
    sockets.add(from);
    from.on('data', (piece) => {
      direction.carry(from, to, piece);
    });
    from.once('end', () => {
      direction.carry(from, to, undefined);
    });
    from.on('error', () => undefined);
    from.once('close', () => {
      sockets.delete(from);
      if (from.errored) to.destroy();
    });
  }
});
process.on('message', (message: { readonly type: string }) => {
  if (message.type !== 'cut') return;
  for (const socket of sockets) socket.resetAndDestroy();
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  say({ type: 'listening', port: (server.address() as AddressInfo).port });
});
endWithParent();
