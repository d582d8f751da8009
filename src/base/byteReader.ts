import { DecodeError } from './bytes.ts';

/** Reads what {@link ByteWriter} wrote. Every method throws DecodeError instead of reading past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** A 64-bit integer. @throws DecodeError above 2^53-1. */
  u64(): number {
    const value = this.#view.getBigUint64(this.#take(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new DecodeError('integer too large');
    return Number(value);
  }

  /** A view of the next `count` bytes, not a copy. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** A u16 length of at most `maxBytes`, then a view of the bytes. */
  field(maxBytes: number): Uint8Array {
    const length = this.u16();
    if (length > maxBytes) throw new DecodeError(`field of ${String(length)} bytes, at most ${String(maxBytes)}`);
    return this.bytes(length);
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** @throws DecodeError when bytes are left. */
  end(): void {
    if (this.remaining > 0) throw new DecodeError(`${String(this.remaining)} bytes too many`);
  }

  #take(count: number): number {
    if (count > this.remaining) throw new DecodeError('unexpected end');
    const at = this.#at;
    this.#at += count;
    return at;
  }
}
