/** Writes big-endian integers and bytes into one growing buffer. */
export class ByteWriter {
  #buffer: Uint8Array;
  #length = 0;

  constructor(initialBytes = 256) {
    this.#buffer = new Uint8Array(initialBytes);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#take(1);
    this.#buffer[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#take(2);
    this.#buffer[at] = value >>> 8;
    this.#buffer[at + 1] = value;
    return this;
  }

  u32(value: number): this {
    const at = this.#take(4);
    const buffer = this.#buffer;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
    return this;
  }

  /** Writes a non-negative safe integer as 64 bits. @throws RangeError for any other */
  u64(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${String(value)} is not a length`);
    return this.u32(Math.floor(value / 2 ** 32)).u32(value % 2 ** 32);
  }

  bytes(value: Uint8Array): this {
    const at = this.#take(value.length);
    this.#buffer.set(value, at);
    return this;
  }

  /** A u16 length, then the bytes. */
  field(value: Uint8Array): this {
    if (value.length > 0xffff) throw new RangeError(`field of ${String(value.length)} bytes`);
    return this.u16(value.length).bytes(value);
  }

  /** A view of the bytes written so far, good until the writer is used again. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Begins anew in the same buffer: what {@link finish} gave is written over. */
  clear(): this {
    this.#length = 0;
    return this;
  }

  #take(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, at));
      this.#buffer = grown;
    }
    this.#length = needed;
    return at;
  }
}
