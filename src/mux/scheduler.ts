import { ByteWriter } from '../base/byteWriter.ts';
import { Turns } from '../base/turns.ts';
import { errorNumber } from '../protocol/errors.ts';
import { MAX_DATA_BYTES, MAX_MUX_WINDOW_BYTES, MAX_STREAMS, MIN_STREAM_WINDOW_BYTES } from '../protocol/limits.ts';
import { DATA_HEADER_BYTES, encodeMuxFrame, type MuxFrame } from '../protocol/muxFrames.ts';
import type { MuxStream } from './muxStream.ts';

/** The largest control frame but HELLO: CREDIT. */
const MAX_CONTROL_BYTES = 21;

/** Decides what goes into the next record: control first, then data, one quantum a stream in turn. */
export class Scheduler {
  readonly #streams: ReadonlyMap<number, MuxStream>;
  readonly #onSaid: (stream: MuxStream) => void;
  readonly #control: MuxFrame[] = [];
  /** Streams with control to say. */
  readonly #speaking = new Turns<MuxStream>();
  /** Streams with control that goes along with whatever is said next. */
  readonly #patient = new Turns<MuxStream>();
  /** Streams with data. */
  readonly #sending = new Turns<MuxStream>();
  /** One record after another is written here. */
  readonly #out = new ByteWriter(1024);

  /** @param onSaid a stream has said all the control it had */
  constructor(streams: ReadonlyMap<number, MuxStream>, onSaid: (stream: MuxStream) => void) {
    this.#streams = streams;
    this.#onSaid = onSaid;
  }

  /** Queues a frame that belongs to no stream, or to none that is known. */
  push(frame: MuxFrame): void {
    this.#control.push(frame);
  }

  /** `stream` may have something to say now. */
  note(stream: MuxStream): void {
    if (hasControl(stream)) this.#noteControl(stream);
    if (!stream.outcome && stream.sendSide.hasWork) this.#sending.add(stream);
  }

  forget(stream: MuxStream): void {
    this.#speaking.delete(stream);
    this.#patient.delete(stream);
    this.#sending.delete(stream);
  }

  /** What could wait need not wait any more. */
  hurry(): void {
    for (let stream = this.#patient.next(); stream; stream = this.#patient.next()) this.#speaking.add(stream);
  }

  /** Forgets who has something to say: at an attach streams are noted anew, in the order of their opening, as OPENs must go. */
  startOver(): void {
    this.#speaking.clear();
    this.#patient.clear();
    this.#sending.clear();
  }

  /** Drops queued PINGs, PONGs and the like: they belong to the attachment that is over. */
  clear(): void {
    this.#control.length = 0;
  }

  get queuedControl(): number {
    return this.#control.length;
  }

  /** Is there something to say that goes along with whatever is said next? */
  get hasPatientWork(): boolean {
    return this.#patient.size > 0;
  }

  /** Is there anything to say now? Data may still have to wait for the others' credit. */
  get hasWork(): boolean {
    return this.#control.length > 0 || this.#speaking.size > 0 || this.#sending.size > 0;
  }

  /** Frames of at most `maxBytes` for one record, or undefined when there is nothing to say. Good until the next pull. */
  pull(maxBytes: number): Uint8Array | undefined {
    const out = this.#out.clear();
    if (this.hasWork) this.hurry();
    this.#pullQueued(out, maxBytes);
    while (maxBytes - out.length >= 2 * MAX_CONTROL_BYTES) {
      const stream = this.#speaking.next();
      if (!stream) break;
      pullControl(stream, out);
      this.#onSaid(stream);
    }
    if (this.#sending.size > 0) this.#pullData(out, maxBytes);
    return out.length > 0 ? out.finish() : undefined;
  }

  #noteControl(stream: MuxStream): void {
    const isPatient = stream.canConfirmLater && this.#streams.size <= MAX_STREAMS / 2;
    if (isPatient && !this.#speaking.has(stream)) this.#patient.add(stream);
    else {
      this.#patient.delete(stream);
      this.#speaking.add(stream);
    }
  }

  /** Queued frames alone: before the peer's HELLO no stream may speak. */
  pullQueued(maxBytes: number): Uint8Array | undefined {
    const out = this.#out.clear();
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
    // A stream that is put behind the others is met again in this same loop; one that may not send now keeps its place.
    for (let place = 0; ;) {
      const room = Math.min(maxBytes - out.length - DATA_HEADER_BYTES, MAX_DATA_BYTES);
      const stream = this.#sending.at(place);
      if (room <= 0 || !stream) return;
      const { sendSide } = stream;
      if (stream.needs.open) {
        place++;
        continue;
      }
      // Each stream may always have its least, however much those that nobody reads have in flight.
      const before = sendSide.inFlightBytes;
      const window = Math.max(MAX_MUX_WINDOW_BYTES - inFlight, MIN_STREAM_WINDOW_BYTES - before, 0);
      if (!stream.outcome && sendSide.take(out, stream.id, Math.min(room, window))) {
        inFlight += sendSide.inFlightBytes - before;
        this.#sending.delete(stream);
        this.note(stream);
        stream.noteSent();
      } else if (stream.outcome || !sendSide.hasWork) this.#sending.delete(stream);
      else place++;
    }
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
    // The peer may be done with it and wait for nothing else, or have forgotten it and answer nothing.
    needs.credit = stream.receiveSide.isEnded;
    needs.stop = false;
  }
  if (needs.credit) {
    encodeMuxFrame({ type: 'credit', id, ...stream.receiveSide.grant() }, out);
    needs.credit = false;
  }
  if (needs.stop) {
    encodeMuxFrame({ type: 'stop', id }, out);
    needs.stop = false;
  }
}
