import { DecodeError } from './bytes.ts';

/** Reads what {@link ByteWriter} wrote. Every method throws DecodeError instead of reading past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#byte(this.#take(1));
  }

  u16(): number {
    const at = this.#take(2);
    return (this.#byte(at) << 8) | this.#byte(at + 1);
  }

  u32(): number {
    const at = this.#take(4);
    return this.#byte(at) * 2 ** 24 + ((this.#byte(at + 1) << 16) | (this.#byte(at + 2) << 8) | this.#byte(at + 3));
  }

  /** A 64-bit integer. @throws DecodeError above 2^53-1. */
  u64(): number {
    const high = this.u32();
    if (high >= 2 ** 21) throw new DecodeError('integer too large');
    return high * 2 ** 32 + this.u32();
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

  #byte(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  #take(count: number): number {
    if (count > this.remaining) throw new DecodeError('unexpected end');
    const at = this.#at;
    this.#at += count;
    return at;
  }
}
