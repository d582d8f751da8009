import { ByteWriter } from '../base/byteWriter.ts';
import { concatBytes, DecodeError } from '../base/bytes.ts';
import { MAX_CHAT_MESSAGE_BYTES } from './limits.ts';

const LENGTH_BYTES = 4;

/** Frames one message on a stream: a u32 length, then the bytes. */
export function encodeStreamMessage(bytes: Uint8Array): Uint8Array {
  return new ByteWriter(bytes.length + 4).u32(bytes.length).bytes(bytes).finish();
}

/** Cuts a byte stream into the messages that {@link encodeStreamMessage} wrote, whatever the pieces it comes in. Each byte is copied once or twice. */
export class MessageAssembler {
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  /** Of the message that is coming; undefined until its length has come. */
  #length: number | undefined;
  readonly #maxBytes: number;

  constructor(maxBytes: number = MAX_CHAT_MESSAGE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Messages completed by `piece`. @throws DecodeError when a message announces more than it may; nothing is allocated for it */
  push(piece: Uint8Array): Uint8Array[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const messages: Uint8Array[] = [];
    while (this.#bytes >= (this.#length === undefined ? LENGTH_BYTES : this.#length)) {
      if (this.#length === undefined) this.#length = this.#readLength();
      else {
        messages.push(this.#take(this.#length));
        this.#length = undefined;
      }
    }
    return messages;
  }

  #readLength(): number {
    const bytes = this.#take(LENGTH_BYTES);
    const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getUint32(0);
    if (length > this.#maxBytes) throw new DecodeError(`message of ${String(length)} bytes`);
    return length;
  }

  /** The first `count` of the bytes that have come, as a copy. */
  #take(count: number): Uint8Array {
    const whole = concatBytes(...this.#pieces);
    const rest = whole.subarray(count);
    this.#pieces = rest.length > 0 ? [rest] : [];
    this.#bytes -= count;
    return whole.slice(0, count);
  }
}
