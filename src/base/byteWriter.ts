/** Writes big-endian integers and bytes into one growing buffer. */
export class ByteWriter {
  #buffer: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(initialBytes = 256) {
    this.#buffer = new Uint8Array(initialBytes);
    this.#view = new DataView(this.#buffer.buffer);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#take(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#take(2);
    this.#view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#take(4);
    this.#view.setUint32(at, value);
    return this;
  }

  /** Writes a non-negative safe integer as 64 bits. */
  u64(value: number): this {
    const at = this.#take(8);
    this.#view.setBigUint64(at, BigInt(value));
    return this;
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

  /** The bytes written so far; the writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #take(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
      grown.set(this.#buffer);
      this.#buffer = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = needed;
    return at;
  }
}
