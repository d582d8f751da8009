import { Reader, isSame, sized, uint, zeros, type Bytes } from './bytes.ts';

const kinds = { chat: 1, blob: 2, http: 3 } as const;
const firstWindow = 65_536;

/** One stream, by section 4. What is written is kept until it is consumed; what has come is credited when it is taken. */
export class Stream {
  readonly id: number;
  readonly kind: keyof typeof kinds;
  isOpened = false;
  /** Why it is over, if it is: `finished`, or the number of a RESET. */
  over: 'finished' | number | undefined;
  // sending
  readonly written: number[] = [];
  next = 0;
  consumedByPeer = 0;
  limit = firstWindow;
  isEnded = false;
  isFinSent = false;
  isFinConfirmed = false;
  /** After a resume no more than 32 KiB go beyond this, until a CREDIT from there. */
  unprovenFrom: number | undefined;
  // receiving
  readonly came: number[] = [];
  received = 0;
  taken = 0;
  granted = firstWindow;
  told = 0;
  hasPeerEnded = false;
  isEndTold = false;

  constructor(id: number, kind: keyof typeof kinds) {
    this.id = id;
    this.kind = kind;
  }

  /** What has come since the last time; now it counts as consumed. */
  take(): number[] {
    const bytes = this.came.splice(0);
    this.taken += bytes.length;
    return bytes;
  }

  get mayForget(): boolean {
    return this.over !== undefined || (this.isFinConfirmed && this.hasPeerEnded && this.isEndTold);
  }
}

/** The client's end of a mux: it outlives its sessions. Frames go in by `receive` and come out by `pull`. */
export class Mux {
  readonly id: Bytes;
  readonly streams = new Map<number, Stream>();
  isReady = false;
  readonly pongs: number[] = [];
  /** The reason of a CLOSE. */
  lastWord: number | undefined;
  #attempt = 0;
  #incarnation: Bytes = zeros(8);
  #nextId = 1;
  #control: number[] = [];
  #highestOpened = 0;

  constructor(id: Bytes) {
    this.id = id;
  }

  open(kind: keyof typeof kinds): Stream {
    const stream = new Stream(this.#nextId, kind);
    this.#nextId += 2;
    this.streams.set(stream.id, stream);
    return stream;
  }

  ping(token: number): void {
    this.#control.push(7, ...uint(4, token));
  }

  /** A new session: its first frame. */
  hello(): number[] {
    this.isReady = false;
    this.#control = [];
    const known = [...this.streams.values()].filter(({ isOpened }) => isOpened);
    const states = known.flatMap((stream) => [
      ...uint(4, stream.id),
      ...uint(8, stream.received),
      ...uint(8, Math.max(stream.granted, stream.received)),
      stream.hasPeerEnded ? 1 : 0,
    ]);
    const head = [1, ...this.id, ...uint(4, ++this.#attempt), ...this.#incarnation, ...uint(4, this.#highestOpened)];
    return [...head, ...uint(2, known.length), ...states];
  }

  receive(frames: Bytes): void {
    const reader = new Reader(frames);
    while (reader.left > 0) this.#receiveOne(reader);
  }

  /** The frames of one record, or none. */
  pull(): number[] {
    if (!this.isReady) return [];
    const out = this.#control.splice(0);
    for (const stream of this.streams.values()) {
      if (!stream.isOpened) out.push(2, ...uint(4, stream.id), kinds[stream.kind]);
      stream.isOpened = true;
      out.push(...this.#credit(stream));
    }
    for (const stream of this.streams.values()) out.push(...this.#data(stream, 16_000 - out.length));
    for (const stream of [...this.streams.values()]) if (stream.mayForget) this.#forget(stream);
    return out;
  }

  #credit(stream: Stream): number[] {
    const isAll = stream.hasPeerEnded && stream.taken === stream.received;
    if (stream.isEndTold || (!isAll && stream.taken - stream.told < 4096)) return [];
    stream.told = stream.taken;
    stream.isEndTold = isAll;
    stream.granted = Math.max(stream.granted, stream.taken + firstWindow);
    return [4, ...uint(4, stream.id), ...uint(8, stream.taken), ...uint(8, isAll ? stream.taken : stream.granted)];
  }

  #data(stream: Stream, room: number): number[] {
    const cap = stream.unprovenFrom === undefined ? Infinity : stream.unprovenFrom + 32_768;
    const until = Math.min(stream.limit, stream.consumedByPeer + 262_144, cap, stream.written.length);
    const count = Math.max(0, Math.min(room - 16, until - stream.next));
    const isFin = stream.isEnded && stream.next + count === stream.written.length;
    if (room < 16 || (count === 0 && (!isFin || stream.isFinSent))) return [];
    const bytes = stream.written.slice(stream.next, stream.next + count);
    const frame = [3, ...uint(4, stream.id), ...uint(8, stream.next), isFin ? 1 : 0, ...sized(bytes)];
    stream.next += count;
    stream.isFinSent ||= isFin;
    return frame;
  }

  #receiveOne(reader: Reader): void {
    const type = reader.uint(1);
    if (type === 1) this.#receiveHello(reader);
    else if (type === 9) this.lastWord = reader.uint(2);
    else if (!this.isReady) throw new Error('a frame before HELLO');
    else if (type === 7) this.#control.push(8, ...reader.take(4));
    else if (type === 8) this.pongs.push(reader.uint(4));
    else this.#receiveFor(type, reader);
  }

  #receiveFor(type: number, reader: Reader): void {
    const id = reader.uint(4);
    const stream = this.streams.get(id);
    if (type === 3) {
      const offset = reader.uint(8);
      const isFin = reader.uint(1) === 1;
      const bytes = reader.take(reader.uint(2));
      if (stream) this.#receiveData(stream, offset, bytes, isFin);
    } else if (type === 4) {
      const [consumed, limit] = [reader.uint(8), reader.uint(8)];
      if (stream) this.#receiveCredit(stream, consumed, limit);
    } else if (type === 6) {
      const reason = reader.uint(2);
      if (!stream) return;
      stream.over = reason;
      this.#control.push(6, ...uint(4, id), ...uint(2, reason));
      this.#forget(stream);
    } else if (type !== 5) throw new Error(`frame ${String(type)}`);
  }

  #receiveData(stream: Stream, offset: number, bytes: Bytes, isFin: boolean): void {
    if (offset > stream.received || offset + bytes.length > stream.granted) throw new Error('the device broke the rules of DATA');
    stream.came.push(...bytes.slice(stream.received - offset));
    stream.received = Math.max(stream.received, offset + bytes.length);
    stream.hasPeerEnded ||= isFin;
  }

  #receiveCredit(stream: Stream, consumed: number, limit: number): void {
    stream.consumedByPeer = Math.max(stream.consumedByPeer, consumed);
    stream.limit = Math.max(stream.limit, limit);
    if (stream.unprovenFrom !== undefined && consumed > stream.unprovenFrom) stream.unprovenFrom = undefined;
    stream.isFinConfirmed ||= stream.isFinSent && limit === consumed && consumed === stream.written.length;
  }

  #receiveHello(reader: Reader): void {
    if (this.isReady || !isSame(reader.take(16), this.id) || reader.uint(4) !== this.#attempt) throw new Error('not our HELLO');
    const incarnation = reader.take(8);
    const isOther = this.#incarnation.some((byte) => byte !== 0) && !isSame(incarnation, this.#incarnation);
    this.#incarnation = incarnation;
    if (isOther) for (const stream of [...this.streams.values()]) if (stream.isOpened) this.#lose(stream, 24);
    const highestOpened = reader.uint(4);
    const told = new Map<number, { received: number; limit: number; flags: number }>();
    for (let left = reader.uint(2); left > 0; left--)
      told.set(reader.uint(4), { received: reader.uint(8), limit: reader.uint(8), flags: reader.uint(1) });
    for (const stream of [...this.streams.values()]) {
      const state = told.get(stream.id);
      if (state) this.#resume(stream, state);
      else if (stream.id > highestOpened) this.#openAgain(stream);
      else this.#lose(stream, stream.hasPeerEnded && stream.isEnded ? 'finished' : 41);
    }
    this.isReady = true;
  }

  #resume(stream: Stream, { received, limit, flags }: { received: number; limit: number; flags: number }): void {
    stream.next = received;
    stream.unprovenFrom = received;
    stream.limit = Math.max(stream.limit, limit);
    stream.isFinSent = (flags & 1) !== 0;
    // CREDIT is state: it is said again on the new session
    stream.told = -Infinity;
    stream.isEndTold = false;
  }

  #openAgain(stream: Stream): void {
    stream.isOpened = false;
    stream.next = 0;
    stream.isFinSent = false;
  }

  #lose(stream: Stream, how: 'finished' | number): void {
    stream.over = how;
    this.#forget(stream);
  }

  #forget(stream: Stream): void {
    stream.over ??= 'finished';
    this.streams.delete(stream.id);
  }
}
