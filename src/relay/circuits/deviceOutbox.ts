import { Turns } from '../../base/turns.ts';
import type { LinkSocket } from '../../protocol/linkSocket.ts';

/** Frames of one circuit that wait for their turn into the device's socket. */
export interface OutboxQueue {
  /** Takes the next frame out; undefined when empty. */
  take(): Uint8Array | undefined;
  readonly isEmpty: boolean;
}

/**
 * Fills a device's socket from the queues of its circuits, one record each in turn, so that a client with much to send does not stand
 * before one with little. The socket holds only a little; what waits here can still be overtaken or dropped.
 */
export class DeviceOutbox {
  readonly #socket: Pick<LinkSocket, 'send' | 'backlogBytes'>;
  readonly #maxSocketBytes: number;
  readonly #onSent: (bytes: number) => void;
  readonly #waiting = new Turns<OutboxQueue>();
  #isPumping = false;

  /** @param onSent a message of that many bytes was handed to the socket */
  constructor(socket: Pick<LinkSocket, 'send' | 'backlogBytes'>, maxSocketBytes: number, onSent: (bytes: number) => void) {
    this.#socket = socket;
    this.#maxSocketBytes = maxSocketBytes;
    this.#onSent = onSent;
  }

  /** `queue` has something. */
  offer(queue: OutboxQueue): void {
    this.#waiting.add(queue);
    this.pump();
  }

  remove(queue: OutboxQueue): void {
    this.#waiting.delete(queue);
  }

  clear(): void {
    this.#waiting.clear();
  }

  /** Call it when the socket has drained. */
  pump(): void {
    if (this.#isPumping) return; // taking a frame may end a circuit, which offers another queue
    this.#isPumping = true;
    while (this.#socket.backlogBytes < this.#maxSocketBytes) {
      const queue = this.#waiting.next();
      if (!queue) break;
      const frame = queue.take();
      if (frame) {
        this.#socket.send(frame);
        this.#onSent(frame.length);
      }
      if (!queue.isEmpty) this.#waiting.add(queue); // at the end: this loop comes to it again
    }
    this.#isPumping = false;
  }
}
