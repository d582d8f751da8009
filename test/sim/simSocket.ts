import type { LinkSocket, LinkSocketHandlers } from '../../src/protocol/linkSocket.ts';
import type { SimProcess } from './simProcess.ts';
import type { SimTime } from './simTime.ts';

/** What travels on a line. */
type Parcel =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'close' | 'closed'; readonly code: number }
  | { readonly kind: 'opened' | 'reset' };

/** How long an end waits for the answer to its farewell, as `ws` does. */
const CLOSE_TIMEOUT_MS = 30_000;

export interface SimSocketOptions {
  readonly time: SimTime;
  readonly process: SimProcess;
  readonly latencyMs: () => number;
  /** What the network takes before the sender's own queue grows. */
  readonly windowBytes: number;
  /** Above this the sender has not kept its own bounds. */
  readonly maxBacklogBytes: number;
}

/**
 * One end of a WebSocket in the world: delivers in order after a while. The line can hold it back, lose it or cut it. Bytes are copied
 * when they arrive, not when they are sent, so that a buffer changed after `send` shows.
 */
export class SimSocket implements LinkSocket {
  readonly process: SimProcess;
  readonly #options: SimSocketOptions;
  readonly #time: SimTime;
  #peer: SimSocket | undefined;
  #handlers: Partial<LinkSocketHandlers> = {};
  #state: 'connecting' | 'open' | 'closing' | 'over' = 'connecting';
  #outgoing: Parcel[] = [];
  #backlogBytes = 0;
  #inFlightBytes = 0;
  #lastArrival = 0;
  /** Arrived and not yet read, while paused. */
  #unread: Parcel[] = [];
  #isPaused = false;
  /** Between two messages that this end reads, ms; 0 reads as they come. */
  #paceMs = 0;
  #isPacing = false;
  /** What this end sends: goes through, is held back for a while, or is lost for good. */
  #way: 'free' | 'held' | 'lost' = 'free';
  #held: Parcel[] = [];
  #hasToldEnd = false;

  constructor(options: SimSocketOptions) {
    this.#options = options;
    this.#time = options.time;
    this.process = options.process;
  }

  connectTo(peer: SimSocket): void {
    this.#peer = peer;
  }

  listen(handlers: Partial<LinkSocketHandlers>): void {
    this.#handlers = handlers;
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Its owner has heard that the line is over. */
  get hasToldEnd(): boolean {
    return this.#hasToldEnd;
  }

  /** This end believes in the line. */
  get isTrusting(): boolean {
    return this.#state === 'open' || this.#state === 'connecting';
  }

  /** What this end sends will never arrive. */
  get isLost(): boolean {
    return this.#way === 'lost';
  }

  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  /** The server's end: it has accepted, and the other end will learn so. */
  accept(): void {
    if (this.#state === 'over') return; // the other end did not wait for it
    this.#state = 'open';
    this.#fly({ kind: 'opened' });
  }

  send(message: Uint8Array): void {
    if (this.#state !== 'open') return;
    this.#outgoing.push({ kind: 'message', bytes: message });
    this.#backlogBytes += message.length;
    this.#pump();
    if (this.#backlogBytes > this.#options.maxBacklogBytes)
      throw new Error(`${this.process.name} has ${String(this.#backlogBytes)} bytes in a socket`);
  }

  close(code: number): void {
    if (this.#state === 'connecting') {
      this.terminate();
      return;
    }
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#outgoing.push({ kind: 'close', code });
    this.#pump();
    this.#time.at(this.#time.now + CLOSE_TIMEOUT_MS, () => {
      this.end(1006);
    });
  }

  terminate(): void {
    if (this.#state === 'over') return;
    this.#fly({ kind: 'reset' });
    this.end(1006);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.process.defer(() => {
      this.#readOn();
    });
  }

  /** Reads one message each `everyMs` from now on; 0 reads as they come. */
  setPace(everyMs: number): void {
    this.#paceMs = everyMs;
    if (everyMs === 0 && !this.#isPaused) this.resume();
  }

  /** Holds back what this end sends, or lets it go in order. */
  hold(held: boolean): void {
    if (this.#way === 'lost') return;
    this.#way = held ? 'held' : 'free';
    if (held) return;
    const parcels = this.#held;
    this.#held = [];
    for (const parcel of parcels) this.#land(parcel);
  }

  /** Nothing that this end sends arrives any more, what is under way included. */
  lose(): void {
    this.#way = 'lost';
    this.#held = [];
  }

  /** This end learns that the line is over. @param refusal of the upgrade */
  end(code: number, refusal?: number): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#outgoing = [];
    this.#backlogBytes = 0;
    this.#unread = [];
    this.#time.at(this.#time.now, () => {
      this.process.deliver(() => {
        this.#hasToldEnd = true;
        this.#handlers.onClose?.(code, refusal);
      });
    });
  }

  #readOn(): void {
    if (this.#paceMs > 0) {
      this.#readOneLater();
      return;
    }
    while (!this.#isPaused && this.#unread.length > 0) this.#read(this.#unread.shift());
  }

  #readOneLater(): void {
    if (this.#isPacing || this.#unread.length === 0) return;
    this.#isPacing = true;
    this.#time.at(this.#time.now + this.#paceMs, () => {
      this.process.deliver(() => {
        this.#isPacing = false;
        if (!this.#isPaused) this.#read(this.#unread.shift());
        this.#readOn();
      });
    });
  }

  #pump(): boolean {
    let moved = false;
    while (this.#outgoing.length > 0 && this.#inFlightBytes < this.#options.windowBytes) {
      const parcel = this.#outgoing.shift();
      if (!parcel) break;
      if (parcel.kind === 'message') {
        this.#backlogBytes -= parcel.bytes.length;
        this.#inFlightBytes += parcel.bytes.length;
      }
      this.#fly(parcel);
      moved = true;
    }
    return moved;
  }

  #fly(parcel: Parcel): void {
    this.#lastArrival = Math.max(this.#lastArrival, this.#time.now + this.#options.latencyMs());
    this.#time.at(this.#lastArrival, () => {
      this.#land(parcel);
    });
  }

  #land(parcel: Parcel): void {
    const peer = this.#peer;
    if (this.#way === 'held') this.#held.push(parcel);
    else if (this.#way === 'free' && peer)
      peer.process.deliver(() => {
        if (!peer.#isPaused && peer.#paceMs === 0 && peer.#unread.length === 0) {
          peer.#read(parcel);
          return;
        }
        peer.#unread.push(parcel);
        if (!peer.#isPaused) peer.#readOn();
      });
  }

  #read(parcel: Parcel | undefined): void {
    if (!parcel || this.#state === 'over') return;
    switch (parcel.kind) {
      case 'message':
        this.#peer?.acknowledge(parcel.bytes.length);
        this.#handlers.onMessage?.(parcel.bytes.slice());
        return;
      case 'close':
        this.#fly({ kind: 'closed', code: parcel.code });
        this.end(parcel.code);
        return;
      case 'closed':
        this.end(parcel.code);
        return;
      case 'reset':
        this.end(1006);
        return;
      case 'opened':
        this.#state = 'open';
        this.#handlers.onOpen?.();
    }
  }

  /** @internal The peer has read this much. */
  acknowledge(bytes: number): void {
    this.#inFlightBytes -= bytes;
    if (this.#outgoing.length === 0) return;
    this.#time.at(this.#time.now + this.#options.latencyMs(), () => {
      this.process.deliver(() => {
        if (this.#pump() && this.#state !== 'over') this.#handlers.onDrain?.();
      });
    });
  }
}
