import type { Clock } from '../../src/base/clock.ts';
import { toDisposable, type Disposable } from '../../src/base/disposable.ts';
import { Mux } from '../../src/mux/mux.ts';
import { AEAD_TAG_BYTES, LINK_HEADER_BYTES, MAX_RECORD_FRAMES_BYTES } from '../../src/protocol/limits.ts';
import { decodeMuxFrames } from '../../src/protocol/muxFrames.ts';
import { paddedBytes } from '../../src/secure/records.ts';
import { SeededRandom } from './seededRandom.ts';

/** WebSocket, TLS, TCP and IP around a record, in bytes. */
const OUTER_BYTES = 14 + 29 + 40;

interface Due {
  readonly at: number;
  readonly task: () => void;
}

/** Virtual time for a few thousand events; tasks run in the order of their times, then of their making. */
export class VirtualTime implements Clock {
  #now = 0;
  readonly #due: Due[] = [];
  readonly #deferred: (() => void)[] = [];
  executed = 0;

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(delayMs: number, task: () => void): Disposable {
    const due = { at: this.#now + delayMs, task };
    let low = 0;
    let high = this.#due.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#due[middle]?.at ?? 0) <= due.at) low = middle + 1;
      else high = middle;
    }
    this.#due.splice(low, 0, due);
    return toDisposable(() => {
      const at = this.#due.indexOf(due);
      if (at >= 0) this.#due.splice(at, 1);
    });
  }

  defer(task: () => void): void {
    this.#deferred.push(task);
  }

  nextTurn(task: () => void): void {
    this.after(0, task);
  }

  run(untilMs: number): void {
    this.#settle();
    for (let next = this.#due[0]; next && next.at <= untilMs; next = this.#due[0]) {
      this.#due.shift();
      this.#now = next.at;
      this.executed++;
      next.task();
      this.#settle();
    }
    this.#now = untilMs;
  }

  #settle(): void {
    for (let task = this.#deferred.shift(); task; task = this.#deferred.shift()) task();
  }
}

export interface LineOptions {
  /** Of the way from device to client; the other one is free. */
  readonly bitsPerSecond: number;
  readonly roundTripMs: number;
}

/**
 * A device's and a client's mux with a line between them that takes its time. It swallows whatever it is given, as kernels do, so that
 * nothing but windows bounds what is under way.
 */
export class MuxLine {
  readonly time = new VirtualTime();
  readonly client: Mux;
  readonly device: Mux;
  bytesPerMs: number;
  readonly #oneWayMs: number;
  /** When the way to the client is free again. */
  #freeAt = 0;
  /** Bytes on the way to the client, those that wait for it included; and the most that there ever were. */
  underWay = 0;
  mostUnderWay = 0;
  /** Bytes that the way to the client has carried, wrapping included. */
  carried = 0;

  constructor({ bitsPerSecond, roundTripMs }: LineOptions) {
    this.bytesPerMs = bitsPerSecond / 8000;
    this.#oneWayMs = roundTripMs / 2;
    const random = new SeededRandom(1);
    const muxId = random.bytes(16);
    this.client = new Mux({ role: 'client', muxId, clock: this.time });
    this.device = new Mux({ role: 'device', muxId, incarnation: random.bytes(8), clock: this.time });
    this.#connect(this.device, this.client, (bytes) => {
      const began = Math.max(this.time.now(), this.#freeAt);
      this.#freeAt = began + bytes / this.bytesPerMs;
      this.underWay += bytes;
      this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
      return this.#freeAt - this.time.now() + this.#oneWayMs;
    });
    this.#connect(this.client, this.device, () => this.#oneWayMs);
  }

  dispose(): void {
    this.client.dispose();
    this.device.dispose();
  }

  #connect(from: Mux, to: Mux, delayOf: (bytes: number) => number): void {
    let isPlanned = false;
    const send = (): void => {
      isPlanned = false;
      for (let frames = from.pull(MAX_RECORD_FRAMES_BYTES); frames; frames = from.pull(MAX_RECORD_FRAMES_BYTES)) {
        const record = frames.slice();
        const bytes = paddedBytes(record.length + 2) + AEAD_TAG_BYTES + LINK_HEADER_BYTES + OUTER_BYTES;
        this.time.after(delayOf(bytes), () => {
          if (from === this.device) {
            this.underWay -= bytes;
            this.carried += bytes;
          }
          to.receive(decodeMuxFrames(record));
        });
      }
    };
    from.attach({
      wake: () => {
        if (isPlanned) return;
        isPlanned = true;
        this.time.defer(send);
      },
      onSilent: () => undefined,
    });
  }
}
