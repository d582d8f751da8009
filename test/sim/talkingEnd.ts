import { emptyBytes } from '../../src/base/bytes.ts';
import type { MuxStream } from '../../src/mux/muxStream.ts';
import type { SimProcess } from './simProcess.ts';
import type { SimWorld } from './simWorld.ts';
import { firstDifference, patternBytes } from './patternBytes.ts';

/** Who has more than this to say says it in large pieces, bytes. */
const MUCH = 50_000;
const READS_SLOWLY = 0.2;
const IS_SLOW = 0.1;
const HOARDS = 0.12;

/** What one end of a stream writes, and what it should read. */
export interface TalkPlan {
  readonly writeKey: number;
  readonly writeBytes: number;
  readonly readKey: number;
  readonly readBytes: number;
  /** After so many bytes read it has heard enough, and asks the other to end. */
  readonly stopAfter?: number;
  /** After so many bytes written it breaks the stream off. */
  readonly resetAfter?: number;
}

/** One end of a raw stream: writes its part in pieces and pauses, reads the other's at its own pace, and looks at every byte. */
export class TalkingEnd {
  written = 0;
  /** Bytes read, all of them right. */
  readCount = 0;
  /** It has asked the other to end. */
  hasStopped = false;
  readonly #world: SimWorld;
  readonly #process: SimProcess;
  readonly #stream: MuxStream;
  readonly #plan: TalkPlan;
  readonly #isSlow: boolean;
  #isReading = false;
  #isWriting = false;
  #isAskedToEnd = false;

  /** Hears that it has asked the other to end, or broken the stream off. */
  readonly #onWhim: () => void;

  /** @param head what was read of the stream already @param isAskedToEnd the peer has said already that it wants no more */
  constructor(
    world: SimWorld,
    process: SimProcess,
    stream: MuxStream,
    plan: TalkPlan,
    onWhim: () => void,
    head = emptyBytes,
    isAskedToEnd = false,
  ) {
    this.#onWhim = onWhim;
    this.#isSlow = world.chance.float() < IS_SLOW;
    this.#world = world;
    this.#process = process;
    this.#stream = stream;
    this.#plan = plan;
    this.#take(head);
    this.#isAskedToEnd = isAskedToEnd;
    stream.onReadable(() => {
      this.#readSoon();
    });
    stream.onWritable(() => {
      this.#writeSoon();
    });
    stream.onStopRequested(() => {
      this.#isAskedToEnd = true;
      this.#writeSoon();
    });
    this.#writeSoon();
    // Some come back to what has piled up for them only after a while.
    this.#readSoon(world.chance.float() < HOARDS ? world.between(3_000, 20_000) : undefined);
  }

  #writeSoon(): void {
    if (this.#isWriting || this.#stream.outcome) return;
    this.#isWriting = true;
    this.#process.after(this.#world.between(0, 300), () => {
      this.#isWriting = false;
      this.#write();
    });
  }

  #write(): void {
    const { chance } = this.#world;
    if (this.#stream.outcome) return;
    const left = this.#plan.writeBytes - this.written;
    if (this.written >= (this.#plan.resetAfter ?? Infinity)) {
      this.#stream.reset('cancelled');
      this.#onWhim();
      return;
    }
    if (left === 0 || this.#isAskedToEnd) {
      this.#stream.end();
      return;
    }
    if (!this.#stream.isWritable) return;
    const count = Math.min(left, 1 + chance.int(this.#plan.writeBytes < MUCH && chance.float() < 0.8 ? 200 : 30_000));
    this.#stream.write(patternBytes(this.#plan.writeKey, this.written, count));
    this.written += count;
    this.#writeSoon();
  }

  #readSoon(afterMs = this.#pauseMs()): void {
    if (this.#isReading || this.#stream.outcome) return;
    this.#isReading = true;
    this.#process.after(afterMs, () => {
      this.#isReading = false;
      this.#read();
    });
  }

  #pauseMs(): number {
    return this.#isSlow || this.#world.chance.float() < READS_SLOWLY ? this.#world.between(50, 2_000) : 0;
  }

  #read(): void {
    if (this.#stream.outcome) return;
    const piece = this.#stream.read();
    if (piece) {
      this.#take(piece);
      this.#readSoon();
    }
    if (this.readCount >= (this.#plan.stopAfter ?? Infinity) && !this.hasStopped) {
      this.hasStopped = true;
      this.#stream.stop();
      this.#onWhim();
    }
    if (this.#stream.isReadEnded && this.readCount !== this.#plan.readBytes && !this.hasStopped)
      throw new Error(`stream ${String(this.#stream.id)} ended after ${String(this.readCount)} of ${String(this.#plan.readBytes)} bytes`);
  }

  #take(piece: Uint8Array): void {
    const wrongAt = firstDifference(this.#plan.readKey, this.readCount, piece);
    if (wrongAt !== undefined) throw new Error(`stream ${String(this.#stream.id)}: byte ${String(wrongAt)} is another`);
    this.readCount += piece.length;
  }
}
