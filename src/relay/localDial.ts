import type { Clock } from '../base/clock.ts';
import type { DialLink, LinkSocket, LinkSocketHandlers } from '../protocol/linkSocket.ts';
import type { RelayCore } from './relayCore.ts';

/** RFC 6455, section 7.4.1: the end of a connection without a farewell. */
const CLOSE_ABNORMAL = 1006;
/** The gateway counts as a neighbour: its own callers are limited before they come here. */
const LOCAL_ADDRESS = '127.0.0.1';

/** Dials links into a relay of the same process, without a network between them. Both ends keep the contract of `LinkSocket`. */
export function localDial(core: Pick<RelayCore, 'accept'>, clock: Pick<Clock, 'defer'>): DialLink {
  return (_url, handlers) => {
    const near = new LocalSocket(clock);
    const far = new LocalSocket(clock);
    near.join(far, handlers);
    clock.defer(() => {
      if (!near.isOpen) {
        near.terminate();
        return;
      }
      far.join(near, core.accept({ role: 'client', remoteAddress: LOCAL_ADDRESS }, far));
      handlers.onOpen();
    });
    return near;
  };
}

type Heard = Omit<LinkSocketHandlers, 'onOpen'>;

/** One end. What is sent arrives at the end of the turn, never from inside `send`, and waits here while the reader is paused. */
class LocalSocket implements LinkSocket {
  readonly #clock: Pick<Clock, 'defer'>;
  #outgoing: Uint8Array[] = [];
  #backlogBytes = 0;
  #peer: LocalSocket | undefined;
  #handlers: Heard | undefined;
  #isPaused = false;
  #isRunDue = false;
  /** Set by our `close`; given when all that was sent before has arrived. */
  #farewell: number | undefined;
  #isOver = false;

  constructor(clock: Pick<Clock, 'defer'>) {
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return !this.#isOver && this.#farewell === undefined;
  }

  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  /** From now on this end hears, and what it sent before gets through. */
  join(peer: LocalSocket, handlers: Heard): void {
    this.#peer = peer;
    this.#handlers = handlers;
    peer.#schedule();
    this.#schedule();
  }

  send(message: Uint8Array): void {
    if (!this.isOpen) return;
    this.#outgoing.push(message);
    this.#backlogBytes += message.length;
    this.#schedule();
  }

  close(code: number): void {
    this.#farewell ??= code;
    this.#schedule();
  }

  terminate(): void {
    const peer = this.#peer;
    if (peer) peer.#end(CLOSE_ABNORMAL);
    this.#end(CLOSE_ABNORMAL);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const peer = this.#peer;
    if (peer) peer.#schedule();
  }

  #schedule(): void {
    if (this.#isRunDue) return;
    this.#isRunDue = true;
    this.#clock.defer(() => {
      this.#isRunDue = false;
      this.#run();
    });
  }

  #run(): void {
    const peer = this.#peer;
    const handlers = peer ? peer.#handlers : undefined;
    if (!peer || !handlers) return; // the other end is not there yet
    let moved = 0;
    for (; moved < this.#outgoing.length && !this.#isOver && !peer.#isPaused; moved++) {
      const message = this.#outgoing[moved];
      if (!message) continue;
      this.#backlogBytes -= message.length;
      handlers.onMessage(message);
    }
    if (this.#isOver) return;
    this.#outgoing.splice(0, moved);
    if (moved > 0) this.#handlers?.onDrain();
    if (this.#farewell === undefined || this.#outgoing.length > 0) return;
    peer.#end(this.#farewell);
    this.#end(this.#farewell);
  }

  #end(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#outgoing = [];
    this.#backlogBytes = 0;
    this.#clock.defer(() => {
      this.#handlers?.onClose(code);
    });
  }
}
