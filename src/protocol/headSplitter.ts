import { concatBytes, DecodeError } from '../base/bytes.ts';

const LENGTH_BYTES = 4;

/** Takes the head off the front of a stream that goes on with raw bytes, whatever the pieces it comes in: `http` and `blob`. */
export class HeadSplitter {
  readonly #maxBytes: number;
  #seen: Uint8Array | undefined;

  /** @param maxBytes of the head */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Feed it until it answers, then no more: the head, as `encodeStreamMessage` framed it, and what `piece` holds beyond it.
   * @throws DecodeError when the head announces more than it may; nothing is allocated for it
   */
  push(piece: Uint8Array): { readonly head: Uint8Array; readonly rest: Uint8Array } | undefined {
    const bytes = this.#seen ? concatBytes(this.#seen, piece) : piece;
    if (bytes.length >= LENGTH_BYTES) {
      const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getUint32(0);
      if (length > this.#maxBytes) throw new DecodeError(`head of ${String(length)} bytes`);
      const end = LENGTH_BYTES + length;
      if (bytes.length >= end) return { head: bytes.subarray(LENGTH_BYTES, end), rest: bytes.subarray(end) };
    }
    this.#seen = bytes;
    return undefined;
  }
}
