import type { Socket } from 'node:net';
import type { SeededRandom } from '../../fakes/seededRandom.ts';

/** How a line carries bytes, in each direction. Zero means: does nothing of the kind. */
export interface Weather {
  /** Of every piece, ms. Order is kept. */
  readonly delayMs: number;
  /** Up to so much more or less, by the seed, ms. */
  readonly jitterMs: number;
  readonly bytesPerSec: number;
  /** Every write is cut into writes of at most so many bytes. */
  readonly pieceBytes: number;
}

export const calm: Weather = { delayMs: 0, jitterMs: 0, bytesPerSec: 0, pieceBytes: 0 };

/** Bytes that a pipe keeps before it stops reading: about what two kernels would hold. */
const MAX_QUEUED_BYTES = 256 * 1024;
/** Writes of one turn, so that a line that splits everything does not hold up the others. */
const WRITES_PER_TURN = 64;

/** What the pipes of one proxy share. */
export interface PipeWorld {
  readonly random: SeededRandom;
  weather: Weather;
  /** Nothing is delivered before, monotonic ms. */
  stalledUntil: number;
  /** Sees each piece before it is queued, and returns what of it goes on; it may change the world in between. */
  pass(pipe: FaultPipe, bytes: Buffer): Buffer;
}

type Item = { readonly bytes: Buffer; readonly dueAt: number } | 'end';

/** One direction of one connection. */
export class FaultPipe {
  readonly direction: 'up' | 'down';
  readonly source: Socket;
  readonly sink: Socket;
  /** Bytes vanish; neither end is told. */
  isDeaf = false;
  readonly #world: PipeWorld;
  #queue: Item[] = [];
  #queuedBytes = 0;
  #lastDueAt = 0;
  /** When the line is free for the next write, monotonic ms. */
  #freeAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isDraining = false;
  #isOver = false;

  constructor(world: PipeWorld, direction: 'up' | 'down', source: Socket, sink: Socket) {
    this.#world = world;
    this.direction = direction;
    this.source = source;
    this.sink = sink;
    source.on('data', (bytes: Buffer) => {
      this.#take(bytes);
    });
    source.on('end', () => {
      if (this.isDeaf) source.destroy();
      else if (!this.#isOver) {
        this.#queue.push('end');
        this.#pump();
      }
    });
    sink.on('drain', () => {
      this.#isDraining = false;
      this.#pump();
    });
  }

  /** The weather has changed. */
  look(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pump();
  }

  /** Adds bytes of the proxy's own making behind what is queued. */
  add(bytes: Buffer): void {
    if (bytes.length === 0 || this.isDeaf || this.#isOver) return;
    const { delayMs, jitterMs } = this.#world.weather;
    const lag = Math.max(0, delayMs + (2 * this.#world.random.float() - 1) * jitterMs);
    this.#lastDueAt = Math.max(this.#lastDueAt, performance.now() + lag);
    this.#queue.push({ bytes, dueAt: this.#lastDueAt });
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes >= MAX_QUEUED_BYTES) this.source.pause();
    this.#pump();
  }

  end(): void {
    this.#isOver = true;
    this.#queue = [];
    clearTimeout(this.#timer);
  }

  #take(bytes: Buffer): void {
    if (this.#isOver) return;
    this.add(this.#world.pass(this, bytes));
  }

  #pump(): void {
    for (let writes = 0; !this.#isOver && !this.#isDraining && this.#timer === undefined; writes++) {
      const item = this.#queue[0];
      if (item === undefined) return;
      const now = performance.now();
      const dueAt = Math.max(this.#world.stalledUntil, this.#freeAt, item === 'end' ? 0 : item.dueAt);
      if (dueAt > now || writes >= WRITES_PER_TURN) {
        this.#timer = setTimeout(
          () => {
            this.#timer = undefined;
            this.#pump();
          },
          Math.max(0, dueAt - now),
        );
        return;
      }
      this.#queue.shift();
      if (item === 'end') {
        this.sink.end();
        return;
      }
      this.#write(item);
    }
  }

  #write({ bytes, dueAt }: Exclude<Item, 'end'>): void {
    const { pieceBytes, bytesPerSec } = this.#world.weather;
    // A slow line is slow in small steps, not in bursts.
    const most = Math.min(pieceBytes || bytes.length, bytesPerSec > 0 ? Math.max(1, Math.ceil(bytesPerSec / 100)) : bytes.length);
    const piece = bytes.subarray(0, most);
    if (piece.length < bytes.length) this.#queue.unshift({ bytes: bytes.subarray(most), dueAt });
    this.#queuedBytes -= piece.length;
    if (bytesPerSec > 0) this.#freeAt = Math.max(this.#freeAt, performance.now() - 20) + (piece.length * 1000) / bytesPerSec;
    if (this.#queuedBytes < MAX_QUEUED_BYTES / 2) this.source.resume();
    if (!this.sink.writable || this.isDeaf) return;
    this.#isDraining = !this.sink.write(piece);
  }
}
