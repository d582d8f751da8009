import { ByteWriter } from '../base/byteWriter.ts';
import { concatBytes, DecodeError, emptyBytes } from '../base/bytes.ts';
import { MAX_CHAT_MESSAGE_BYTES } from './limits.ts';

/** Frames one message on a stream: a u32 length, then the bytes. */
export function encodeStreamMessage(bytes: Uint8Array): Uint8Array {
  return new ByteWriter(bytes.length + 4).u32(bytes.length).bytes(bytes).finish();
}

/** Cuts a byte stream into the messages that {@link encodeStreamMessage} wrote, whatever the pieces it comes in. */
export class MessageAssembler {
  #pending: Uint8Array = emptyBytes;
  readonly #maxBytes: number;

  constructor(maxBytes: number = MAX_CHAT_MESSAGE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Messages completed by `piece`. @throws DecodeError when a message announces more than it may; nothing is allocated for it. */
  push(piece: Uint8Array): Uint8Array[] {
    this.#pending = this.#pending.length === 0 ? piece : concatBytes(this.#pending, piece);
    const messages: Uint8Array[] = [];
    while (this.#pending.length >= 4) {
      const view = new DataView(this.#pending.buffer, this.#pending.byteOffset, this.#pending.byteLength);
      const length = view.getUint32(0);
      if (length > this.#maxBytes) throw new DecodeError(`message of ${String(length)} bytes`);
      if (this.#pending.length < 4 + length) break;
      messages.push(this.#pending.slice(4, 4 + length));
      this.#pending = this.#pending.subarray(4 + length);
    }
    return messages;
  }
}
