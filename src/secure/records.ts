import { ByteReader } from '../base/byteReader.ts';
import { DecodeError, emptyBytes, isAllZero } from '../base/bytes.ts';
import { TunnelError } from '../protocol/errors.ts';
import { AEAD_TAG_BYTES, MAX_RECORD_BYTES, MAX_RECORD_FRAMES_BYTES, REKEY_AFTER_RECORDS } from '../protocol/limits.ts';
import type { CipherState } from './cipherState.ts';

const LENGTH_BYTES = 2;
const smallSizes = [64, 128, 256, 512] as const;
const STEP_BYTES = 1024;

/** Size of a record's plaintext for `contentBytes` of length and frames: 64, 128, 256, 512, then steps of 1 KiB. */
export function paddedBytes(contentBytes: number): number {
  for (const size of smallSizes) if (contentBytes <= size) return size;
  return Math.ceil(contentBytes / STEP_BYTES) * STEP_BYTES;
}

/** Seals one direction's records: u16 length ‖ frames ‖ zeros, with a counter that is never sent. */
export class RecordSealer {
  readonly #cipher: CipherState;
  readonly #rekeyAfter: number;
  /** One plaintext after another: the ciphertext is a buffer of its own. */
  #plaintext = new Uint8Array(smallSizes[0]);

  constructor(cipher: CipherState, rekeyAfter = REKEY_AFTER_RECORDS) {
    this.#cipher = cipher;
    this.#rekeyAfter = rekeyAfter;
  }

  /** @throws RangeError for more than MAX_RECORD_FRAMES_BYTES */
  seal(frames: Uint8Array): Uint8Array {
    if (frames.length > MAX_RECORD_FRAMES_BYTES) throw new RangeError(`${String(frames.length)} bytes do not fit a record`);
    const contentBytes = LENGTH_BYTES + frames.length;
    const plaintextBytes = paddedBytes(contentBytes);
    if (this.#plaintext.length < plaintextBytes) this.#plaintext = new Uint8Array(plaintextBytes);
    const plaintext = this.#plaintext;
    plaintext[0] = frames.length >>> 8;
    plaintext[1] = frames.length;
    plaintext.set(frames, LENGTH_BYTES);
    plaintext.fill(0, contentBytes, plaintextBytes); // what the last record left there is nobody's to read
    const record = this.#cipher.encrypt(emptyBytes, plaintext.subarray(0, plaintextBytes));
    rekeyWhenDue(this.#cipher, this.#rekeyAfter);
    return record;
  }
}

/** Opens the other direction's records, each exactly once and in order. After one that fails it opens nothing more. */
export class RecordOpener {
  #cipher: CipherState | undefined;
  readonly #rekeyAfter: number;

  constructor(cipher: CipherState, rekeyAfter = REKEY_AFTER_RECORDS) {
    this.#cipher = cipher;
    this.#rekeyAfter = rekeyAfter;
  }

  /**
   * @returns the frames
   * @throws TunnelError `sessionBroken` for a record that is changed, repeated, out of order or badly formed, and for every one after it
   */
  open(record: Uint8Array): Uint8Array {
    const cipher = this.#cipher;
    if (!cipher) throw new TunnelError('sessionBroken', 'after a record that could not be read');
    try {
      const frames = framesOf(cipher.decrypt(emptyBytes, sized(record)));
      rekeyWhenDue(cipher, this.#rekeyAfter);
      return frames;
    } catch (error) {
      this.#cipher = undefined;
      throw new TunnelError('sessionBroken', undefined, { cause: error });
    }
  }
}

function rekeyWhenDue(cipher: CipherState, rekeyAfter: number): void {
  if (cipher.counter % rekeyAfter === 0) cipher.rekey();
}

/** Refuses a record of a size that no sealer makes, before any work is spent on it. */
function sized(record: Uint8Array): Uint8Array {
  const plaintextBytes = record.length - AEAD_TAG_BYTES;
  const isSealable = record.length <= MAX_RECORD_BYTES && paddedBytes(plaintextBytes) === plaintextBytes;
  if (!isSealable) throw new DecodeError(`record of ${String(record.length)} bytes`);
  return record;
}

function framesOf(plaintext: Uint8Array): Uint8Array {
  const reader = new ByteReader(plaintext);
  const frames = reader.field(MAX_RECORD_FRAMES_BYTES);
  // what a sender could hide there would be bytes that nobody accounts for
  if (paddedBytes(LENGTH_BYTES + frames.length) !== plaintext.length) throw new DecodeError('padding of a wrong length');
  if (!isAllZero(reader.rest())) throw new DecodeError('padding that is not zero');
  return frames;
}
