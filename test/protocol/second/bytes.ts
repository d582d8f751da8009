/** Plain arrays of bytes, as docs/PROTOCOL.md counts them. Nothing here, or beside it, comes from the product's own code. */
export type Bytes = readonly number[];

export function uint(count: number, value: number): number[] {
  const out: number[] = [];
  for (let rest = value, left = count; left > 0; left--, rest = Math.floor(rest / 256)) out.unshift(rest % 256);
  return out;
}

export const ascii = (text: string): number[] => [...Buffer.from(text, 'utf8')];
export const text = (bytes: Bytes): string => Buffer.from(bytes).toString('utf8');
/** u16 length, then the bytes. */
export const sized = (bytes: Bytes): number[] => [...uint(2, bytes.length), ...bytes];
export const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
export const isSame = (a: Bytes, b: Bytes): boolean => a.length === b.length && a.every((byte, index) => byte === b[index]);

export class Reader {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(count: number): number[] {
    if (count > this.left) throw new Error('the message is too short');
    this.#at += count;
    return this.#bytes.slice(this.#at - count, this.#at);
  }

  uint(count: number): number {
    return this.take(count).reduce((value, byte) => value * 256 + byte, 0);
  }

  rest(): number[] {
    return this.take(this.left);
  }
}
