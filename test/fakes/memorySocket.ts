import type { Clock } from '../../src/base/clock.ts';
import type { LinkSocket, LinkSocketHandlers } from '../../src/protocol/linkSocket.ts';

type Handlers = Partial<LinkSocketHandlers>;
type SocketClock = Omit<Clock, 'now'>;

/** Bytes that arrive before others get their turn, as one read of a TCP socket brings them. */
const READ_BYTES = 64 * 1024;

/**
 * One end of a WebSocket in memory. What is sent arrives in the same turn, in order, never from inside `send`. While the reader is
 * paused or the line is held, messages stay in the sender's backlog. Bytes are copied when they arrive, not when they are sent, so
 * that a buffer changed after `send` shows.
 */
export class MemorySocket implements LinkSocket {
  /** Everything that arrived, for tests that only look. */
  readonly received: Uint8Array[] = [];
  /** Set once `onClose` has been called. */
  closeCode: number | undefined;
  refusal: number | 'certificate' | undefined;
  isPaused = false;
  /** Nothing that this end sends gets through until set free: a full network buffer, or a black hole. */
  isHeld = false;
  /** How long the next message that this end sends is under way, ms; it never overtakes another. */
  delayMs: () => number = () => 0;
  /** When the last message that is under way arrives. */
  #lastArrival = 0;
  readonly #clock: SocketClock;
  readonly #outgoing: Uint8Array[] = [];
  #backlogBytes = 0;
  #peer: MemorySocket | undefined;
  #handlers: Handlers = {};
  #farewell: number | undefined;
  #over = false;
  #pumping = false;

  constructor(clock: SocketClock) {
    this.#clock = clock;
  }

  /** Who hears this end. Set it before anything can arrive. */
  listen(handlers: Handlers): void {
    this.#handlers = handlers;
  }

  connectTo(peer: MemorySocket): void {
    this.#peer = peer;
  }

  get isOpen(): boolean {
    return !this.#over && this.#farewell === undefined;
  }

  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  send(message: Uint8Array): void {
    if (!this.isOpen) return;
    this.#outgoing.push(message);
    this.#backlogBytes += message.length;
    this.#schedule();
  }

  close(code: number): void {
    if (!this.isOpen) return;
    this.#farewell = code;
    this.#schedule();
  }

  terminate(): void {
    this.#end(1006);
    const peer = this.#peer;
    if (peer && !this.isHeld) peer.#end(1006);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    const peer = this.#peer;
    if (peer) peer.#schedule();
  }

  /** Holds or frees what this end sends. */
  hold(held: boolean): void {
    this.isHeld = held;
    if (!held) this.#schedule();
  }

  /** This end alone learns that the line is gone; the other notices only by silence. */
  loseLine(): void {
    if (this.#peer) this.#peer.isHeld = true;
    this.isHeld = true;
    this.#end(1006);
  }

  /** Tells this end that the link is open. */
  announceOpen(): void {
    this.#clock.defer(() => {
      if (!this.#over) this.#handlers.onOpen?.();
    });
  }

  /** Tells this end that the upgrade was refused. */
  refuse(refusal: number | 'certificate'): void {
    this.refusal = refusal;
    this.#end(1006);
  }

  #schedule(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#clock.defer(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    const peer = this.#peer;
    let moved = 0;
    while (peer && !this.#over && !this.isHeld && !peer.isPaused && moved < READ_BYTES) {
      const message = this.#outgoing.shift();
      if (!message) break;
      this.#backlogBytes -= message.length;
      moved += Math.max(message.length, 1);
      this.#carry(message, peer);
    }
    if (this.#over) return;
    if (moved > 0) this.#handlers.onDrain?.();
    if (moved >= READ_BYTES) this.#schedule();
    if (this.#farewell !== undefined && this.#outgoing.length === 0 && !this.isHeld && peer && !peer.isPaused) {
      const code = this.#farewell;
      peer.#end(code);
      this.#end(code);
    }
  }

  #carry(message: Uint8Array, peer: MemorySocket): void {
    const now = this.#clock.monotonic();
    const arrival = Math.max(this.#lastArrival, now + this.delayMs());
    if (arrival <= now) {
      peer.#deliver(message.slice());
      return;
    }
    this.#lastArrival = arrival;
    this.#clock.after(arrival - now, () => {
      if (!this.isHeld) peer.#deliver(message);
    });
  }

  #deliver(message: Uint8Array): void {
    if (this.#over) return;
    this.received.push(message);
    this.#handlers.onMessage?.(message);
  }

  #end(code: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#outgoing.length = 0;
    this.#backlogBytes = 0;
    this.#clock.defer(() => {
      this.closeCode = code;
      this.#handlers.onClose?.(code, this.refusal);
    });
  }
}

/** Two connected ends; by custom `near` dials and `far` accepts. */
export interface MemorySocketPair {
  readonly near: MemorySocket;
  readonly far: MemorySocket;
  /** Cuts the line: both ends learn it at once, what was under way is lost. */
  cut(): void;
  /** Black hole: nothing gets through in either direction and neither end is told. */
  hold(held: boolean): void;
}

export function memorySocketPair(clock: SocketClock): MemorySocketPair {
  const near = new MemorySocket(clock);
  const far = new MemorySocket(clock);
  near.connectTo(far);
  far.connectTo(near);
  return {
    near,
    far,
    cut() {
      near.terminate();
      far.terminate();
    },
    hold(held) {
      near.hold(held);
      far.hold(held);
    },
  };
}
