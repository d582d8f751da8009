import { ByteWriter } from '../base/byteWriter.ts';
import { errorNumber } from '../protocol/errors.ts';
import { MAX_DATA_BYTES, MAX_MUX_WINDOW_BYTES, MIN_STREAM_WINDOW_BYTES } from '../protocol/limits.ts';
import { DATA_HEADER_BYTES, encodeMuxFrame, type MuxFrame } from '../protocol/muxFrames.ts';
import type { MuxStream } from './muxStream.ts';

/** The largest control frame but HELLO: CREDIT. */
const MAX_CONTROL_BYTES = 21;

/** Decides what goes into the next record: control first, then data, one quantum a stream in turn. */
export class Scheduler {
  readonly #streams: ReadonlyMap<number, MuxStream>;
  readonly #control: MuxFrame[] = [];
  /** The stream served last; the next one in the table goes first. */
  #lastServed = 0;

  constructor(streams: ReadonlyMap<number, MuxStream>) {
    this.#streams = streams;
  }

  /** Queues a frame that belongs to no stream, or to none that is known. */
  push(frame: MuxFrame): void {
    this.#control.push(frame);
  }

  /** Drops queued PINGs, PONGs and the like: they belong to the attachment that is over. */
  clear(): void {
    this.#control.length = 0;
  }

  get queuedControl(): number {
    return this.#control.length;
  }

  get hasWork(): boolean {
    if (this.#control.length > 0) return true;
    for (const stream of this.#streams.values()) if (hasControl(stream) || (!stream.outcome && stream.sendSide.hasWork)) return true;
    return false;
  }

  /** Frames of at most `maxBytes` for one record, or undefined when there is nothing to say. */
  pull(maxBytes: number): Uint8Array | undefined {
    const out = new ByteWriter(1024);
    this.#pullQueued(out, maxBytes);
    for (const stream of this.#streams.values()) if (maxBytes - out.length >= 2 * MAX_CONTROL_BYTES) pullControl(stream, out);
    this.#pullData(out, maxBytes);
    return out.length > 0 ? out.finish() : undefined;
  }

  /** Queued frames alone: before the peer's HELLO no stream may speak. */
  pullQueued(maxBytes: number): Uint8Array | undefined {
    const out = new ByteWriter(256);
    this.#pullQueued(out, maxBytes);
    return out.length > 0 ? out.finish() : undefined;
  }

  #pullQueued(out: ByteWriter, maxBytes: number): void {
    for (let frame = this.#control[0]; frame; frame = this.#control[0]) {
      const one = new ByteWriter(64);
      encodeMuxFrame(frame, one);
      if (out.length + one.length > maxBytes) return;
      out.bytes(one.finish());
      this.#control.shift();
    }
  }

  #pullData(out: ByteWriter, maxBytes: number): void {
    let inFlight = 0;
    for (const stream of this.#streams.values()) inFlight += stream.sendSide.inFlightBytes;
    for (const stream of this.#inTurn()) {
      const room = Math.min(maxBytes - out.length - DATA_HEADER_BYTES, MAX_DATA_BYTES);
      if (room <= 0) return;
      if (stream.outcome || stream.needs.open) continue;
      // Each stream may always have its least, however much those that nobody reads have in flight.
      const window = Math.max(MAX_MUX_WINDOW_BYTES - inFlight, MIN_STREAM_WINDOW_BYTES - stream.sendSide.inFlightBytes, 0);
      const piece = stream.sendSide.take(Math.min(room, window));
      if (!piece || (piece.bytes.length === 0 && !piece.fin)) continue;
      inFlight += piece.bytes.length;
      encodeMuxFrame({ type: 'data', id: stream.id, ...piece }, out);
      this.#lastServed = stream.id;
    }
  }

  *#inTurn(): Generator<MuxStream> {
    const all = [...this.#streams.values()];
    const start = all.findIndex((stream) => stream.id === this.#lastServed) + 1;
    yield* all.slice(start);
    yield* all.slice(0, start);
  }
}

function hasControl(stream: MuxStream): boolean {
  const { open, credit, stop, reset } = stream.needs;
  return open || credit || stop || reset !== undefined;
}

function pullControl(stream: MuxStream, out: ByteWriter): void {
  const { needs, id } = stream;
  if (needs.open) {
    encodeMuxFrame({ type: 'open', id, kind: stream.kind }, out);
    needs.open = false;
  }
  if (needs.reset !== undefined) {
    encodeMuxFrame({ type: 'reset', id, code: errorNumber(needs.reset) }, out);
    needs.reset = undefined;
    needs.credit = false;
    needs.stop = false;
  }
  if (needs.credit) {
    encodeMuxFrame({ type: 'credit', id, consumed: stream.receiveSide.consumed, limit: stream.receiveSide.limit }, out);
    needs.credit = false;
  }
  if (needs.stop) {
    encodeMuxFrame({ type: 'stop', id }, out);
    needs.stop = false;
  }
}
