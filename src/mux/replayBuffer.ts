import type { ByteWriter } from '../base/byteWriter.ts';

/** Pieces below this are gathered in blocks, so that many small writes do not become as many small objects. */
const GATHER_BELOW_BYTES = 2048;
const BLOCK_BYTES = 4096;

interface Chunk {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** How much of `bytes` is written: a block is filled from write to write, what stands in it never changes. */
  used: number;
}

/** The bytes of a stream from what the reader has consumed to what was written last, by their offsets. */
export class ReplayBuffer {
  readonly #chunks: Chunk[] = [];
  #start = 0;
  #end = 0;

  /** Offset of the first byte that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Offset behind the last byte. */
  get end(): number {
    return this.#end;
  }

  /** Adds bytes at the end. Long ones are not copied: they must not be changed afterwards. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (bytes.length >= GATHER_BELOW_BYTES) this.#chunks.push({ offset: this.#end, bytes, used: bytes.length });
    else this.#gather(bytes);
    this.#end += bytes.length;
  }

  /** Copies `count` bytes from `offset` on. */
  copyInto(out: ByteWriter, offset: number, count: number): void {
    let left = count;
    for (let at = this.#chunkAt(offset); left > 0; at++) {
      const chunk = this.#chunks[at];
      if (!chunk) throw new RangeError('bytes that are not kept');
      const from = Math.max(0, offset - chunk.offset);
      const to = Math.min(chunk.used, from + left);
      out.bytes(chunk.bytes.subarray(from, to));
      left -= to - from;
    }
  }

  /** Nothing before `offset` is needed any more. */
  release(offset: number): void {
    if (offset <= this.#start) return;
    this.#start = offset;
    let drop = 0;
    for (const chunk of this.#chunks) {
      if (chunk.offset + chunk.used > offset) break;
      drop++;
    }
    // The last block is kept while it has room: a stream that speaks and is heard by turns fills it to its end.
    if (drop > 0 && drop === this.#chunks.length && this.#hasRoom()) drop--;
    if (drop > 0) this.#chunks.splice(0, drop);
  }

  #hasRoom(): boolean {
    const last = this.#chunks.at(-1);
    return last !== undefined && last.used < last.bytes.length;
  }

  #gather(bytes: Uint8Array): void {
    let block = this.#chunks.at(-1);
    if (!block || block.used + bytes.length > block.bytes.length) {
      block = { offset: this.#end, bytes: new Uint8Array(BLOCK_BYTES), used: 0 };
      this.#chunks.push(block);
    }
    block.bytes.set(bytes, block.used);
    block.used += bytes.length;
  }

  /** Index of the chunk that holds `offset`. What is sent next stands near the end, or anywhere after a resume. */
  #chunkAt(offset: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#chunks[middle]?.offset ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
