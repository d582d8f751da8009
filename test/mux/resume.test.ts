import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Mux } from '../../src/mux/mux.ts';
import type { MuxStream } from '../../src/mux/muxStream.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import { MAX_RECORD_FRAMES_BYTES, PING_INTERVAL_MS } from '../../src/protocol/limits.ts';
import { decodeMuxFrames, type MuxFrame } from '../../src/protocol/muxFrames.ts';
import { VirtualTime } from '../fakes/muxLine.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

type Side = 'client' | 'device';

const other = { client: 'device', device: 'client' } as const satisfies Record<Side, Side>;
/** Frames that a run may carry before it must have come to rest: an honest one needs a few hundred. */
const MAX_FRAMES = 5_000;
const MAX_STREAMS_IN_RUN = 6;

/** What one end of a stream has written and read; every byte tells where it belongs. */
class Talker {
  readonly stream: MuxStream;
  readonly #side: Side;
  readonly #complain: (what: string) => void;
  written = 0;
  read = 0;

  constructor(stream: MuxStream, side: Side, complain: (what: string) => void) {
    this.stream = stream;
    this.#side = side;
    this.#complain = complain;
    stream.onStopRequested(() => {
      stream.end();
    });
  }

  write(count: number): void {
    if (!this.stream.isWritable) return;
    this.stream.write(Uint8Array.from({ length: count }, (_, i) => this.#byteAt(this.#side, this.written + i)));
    this.written += count;
  }

  readPieces(most: number): void {
    for (let left = most; left > 0; left--) {
      const piece = this.stream.read();
      if (!piece) return;
      const wrongAt = piece.findIndex((byte, i) => byte !== this.#byteAt(other[this.#side], this.read + i));
      if (wrongAt >= 0) this.#complain(`stream ${String(this.stream.id)}: byte ${String(this.read + wrongAt)} is another`);
      this.read += piece.length;
    }
  }

  #byteAt(side: Side, offset: number): number {
    return (offset * 167 + (offset >> 8) * 31 + this.stream.id * 59 + (side === 'client' ? 0 : 101)) & 0xff;
  }
}

interface Talk {
  readonly ends: Partial<Record<Side, Talker>>;
  /** How each end heard of its end. */
  readonly outcomes: Partial<Record<Side, ErrorCode | 'finished' | undefined>>;
  /** Why it may be lost. */
  mayLose: Set<ErrorCode>;
}

/** Two muxes and the frames between them, one by one: they can be cut at any, and any that has arrived can arrive again. */
class FrameWorld {
  readonly #time = new VirtualTime();
  readonly #random = new SeededRandom(1);
  readonly #muxId = this.#random.bytes(16);
  readonly #muxes: Record<Side, Mux>;
  readonly #lines: Record<Side, MuxFrame[]> = { client: [], device: [] };
  /** What has arrived at a side since the device's table was made. */
  readonly #history: Record<Side, MuxFrame[]> = { client: [], device: [] };
  readonly #talks = new Map<number, Talk>();
  /** Talks of a device's table that is gone: their ids may come again. */
  readonly #older: Talk[] = [];
  readonly complaints: string[] = [];
  #isUp = false;
  #carried = 0;

  constructor() {
    this.#muxes = { client: new Mux({ role: 'client', muxId: this.#muxId, clock: this.#time }), device: this.#makeDevice() };
    this.#follow('client');
    this.#follow('device');
  }

  attach(): void {
    this.cut();
    this.#isUp = true;
    const carrier = {
      wake: () => undefined,
      onSilent: () => {
        this.cut();
      },
    };
    this.#muxes.device.attach(carrier);
    this.#muxes.client.attach(carrier);
  }

  /** Loses what is under way. */
  cut(): void {
    this.#isUp = false;
    for (const side of ['client', 'device'] as const) {
      this.#lines[side] = [];
      this.#muxes[side].detach();
    }
  }

  restartDevice(): void {
    this.cut();
    this.#muxes.device.dispose('deviceRestarted');
    this.#muxes.device = this.#makeDevice();
    this.#history.client = [];
    this.#history.device = [];
    for (const talk of this.#talks.values()) {
      talk.mayLose.add('deviceRestarted');
      talk.mayLose.add('streamGone');
    }
    for (const [id, talk] of this.#talks) {
      if (id % 2 === 1) continue;
      this.#talks.delete(id);
      this.#older.push(talk);
    }
    this.#follow('device');
  }

  open(side: Side): void {
    if (this.#talks.size >= MAX_STREAMS_IN_RUN) return;
    const stream = this.#muxes[side].openStream('http');
    this.#join(side, stream);
  }

  wait(): void {
    this.#time.run(this.#time.now() + PING_INTERVAL_MS);
  }

  talker(side: Side, number: number): Talker | undefined {
    const present = [...this.#talks.values()].flatMap(({ ends }) => ends[side] ?? []);
    return present[number % Math.max(1, present.length)];
  }

  reset(side: Side, number: number): void {
    const talker = this.talker(side, number);
    if (!talker || talker.stream.outcome) return;
    this.#talks.get(talker.stream.id)?.mayLose.add('cancelled');
    talker.stream.reset('cancelled');
  }

  /** Carries up to `count` frames to `side`. Returns whether anything moved. */
  carryTo(side: Side, count: number): boolean {
    let moved = false;
    for (let left = count; left > 0 && this.#isUp; left--) {
      const line = this.#lines[side];
      if (line.length === 0) {
        const record = this.#muxes[other[side]].pull(MAX_RECORD_FRAMES_BYTES);
        if (record) line.push(...decodeMuxFrames(record.slice()));
      }
      const frame = line.shift();
      if (!frame) return moved;
      moved = true;
      if (++this.#carried > MAX_FRAMES) throw new Error(`more than ${String(MAX_FRAMES)} frames: the muxes never come to rest`);
      if (frame.type !== 'hello') this.#history[side].push(frame);
      this.#give(side, frame);
    }
    return moved;
  }

  /** A frame that `side` has had before arrives again. */
  replayTo(side: Side, number: number): void {
    const history = this.#history[side];
    const frame = history[number % Math.max(1, history.length)];
    if (frame && this.#isUp && this.#muxes[side].isReady) this.#give(side, frame);
  }

  /** Heals the line and lets everything come to its end. @throws when it does not */
  finish(): void {
    this.attach();
    for (const { ends } of this.#talks.values()) for (const talker of Object.values(ends)) talker.stream.end();
    for (let idle = 0; idle < 3;) {
      let moved = this.carryTo('device', 20);
      moved = this.carryTo('client', 20) || moved;
      for (const { ends } of this.#talks.values()) {
        for (const talker of Object.values(ends)) {
          talker.stream.end();
          talker.readPieces(100);
        }
      }
      if (moved) idle = 0;
      else {
        idle++;
        this.wait(); // what only a PING repeats
      }
    }
    assert.deepEqual(this.complaints, []);
    assert.deepEqual([this.#muxes.client.streamCount, this.#muxes.device.streamCount], [0, 0], 'streams that nobody forgets');
    for (const [id, talk] of this.#talks) this.#check(id, talk);
    for (const talk of this.#older) this.#check(0, talk);
  }

  dispose(): void {
    this.#muxes.client.dispose();
    this.#muxes.device.dispose();
  }

  #check(id: number, { ends, outcomes, mayLose }: Talk): void {
    const { client, device } = ends;
    for (const side of ['client', 'device'] as const) {
      const outcome = outcomes[side];
      if (!ends[side]) continue;
      assert.ok(outcome, `stream ${String(id)} has not ended at the ${side}`);
      if (outcome !== 'finished') assert.ok(mayLose.has(outcome), `stream ${String(id)} is lost at the ${side} by ${outcome}`);
    }
    if (outcomes.client !== 'finished' || outcomes.device !== 'finished') return;
    assert.deepEqual([device?.read, client?.read], [client?.written, device?.written], `stream ${String(id)}`);
  }

  #give(side: Side, frame: MuxFrame): void {
    this.#muxes[side].receive([frame]);
  }

  #makeDevice(): Mux {
    return new Mux({ role: 'device', muxId: this.#muxId, incarnation: this.#random.bytes(8), clock: this.#time });
  }

  #follow(side: Side): void {
    this.#muxes[side].onStream((stream) => {
      this.#join(side, stream);
    });
  }

  #join(side: Side, stream: MuxStream): void {
    let talk = this.#talks.get(stream.id);
    if (!talk) {
      talk = { ends: {}, outcomes: {}, mayLose: new Set() };
      this.#talks.set(stream.id, talk);
    }
    const { ends, outcomes } = talk;
    // After a restart a stream whose OPEN had not arrived begins anew at the device, and only then.
    if (ends[side] && !talk.mayLose.has('deviceRestarted')) this.complaints.push(`stream ${String(stream.id)} is opened twice`);
    ends[side] = new Talker(stream, side, (what) => this.complaints.push(what));
    outcomes[side] = undefined;
    stream.onEnd((end) => {
      outcomes[side] = end.kind === 'finished' ? 'finished' : end.code;
    });
  }
}

type Step =
  | { readonly do: 'open' | 'end' | 'stop' | 'reset'; readonly side: Side; readonly n: number }
  | { readonly do: 'write' | 'read' | 'carry' | 'replay'; readonly side: Side; readonly n: number; readonly count: number }
  | { readonly do: 'cut' | 'attach' | 'wait' | 'restart' };

function play(steps: readonly Step[]): void {
  const world = new FrameWorld();
  try {
    world.open('client');
    world.attach();
    for (const step of steps) {
      switch (step.do) {
        case 'open':
          world.open(step.side);
          break;
        case 'write':
          world.talker(step.side, step.n)?.write(step.count * step.count);
          break;
        case 'read':
          world.talker(step.side, step.n)?.readPieces(step.count);
          break;
        case 'end':
          world.talker(step.side, step.n)?.stream.end();
          break;
        case 'stop':
          world.talker(step.side, step.n)?.stream.stop();
          break;
        case 'reset':
          world.reset(step.side, step.n);
          break;
        case 'carry':
          world.carryTo(step.side, step.count);
          break;
        case 'replay':
          world.replayTo(step.side, step.n * 7919 + step.count);
          break;
        case 'cut':
          world.cut();
          break;
        case 'attach':
          world.attach();
          break;
        case 'wait':
          world.wait();
          break;
        case 'restart':
          world.restartDevice();
      }
    }
    world.finish();
  } finally {
    world.dispose();
  }
}

const side = fc.constantFrom<Side>('client', 'device');
const n = fc.nat({ max: 5 });
const count = fc.integer({ min: 1, max: 150 });
const line = (kind: 'cut' | 'attach' | 'wait' | 'restart'): fc.Arbitrary<Step> => fc.constant({ do: kind });
const act = (kind: 'open' | 'end' | 'stop' | 'reset'): fc.Arbitrary<Step> => fc.record({ do: fc.constant(kind), side, n });
const move = (kind: 'write' | 'read' | 'carry' | 'replay'): fc.Arbitrary<Step> => fc.record({ do: fc.constant(kind), side, n, count });
const usual = [
  { weight: 8, arbitrary: move('carry') },
  { weight: 5, arbitrary: move('write') },
  { weight: 5, arbitrary: move('read') },
  { weight: 3, arbitrary: line('attach') },
  { weight: 1, arbitrary: line('cut') },
  { weight: 3, arbitrary: move('replay') },
  { weight: 1, arbitrary: line('wait') },
  { weight: 1, arbitrary: act('open') },
  { weight: 1, arbitrary: act('end') },
];
/** A failure is made smaller for so long, no longer. */
const runs = { numRuns: 150, interruptAfterTimeLimit: 20_000 } as const;

describe('a mux that is cut at any frame, and hears old ones again', () => {
  it('carries every byte once and in order', () => {
    fc.assert(fc.property(fc.array(fc.oneof(...usual), { maxLength: 150, size: 'max' }), play), runs);
  });

  it('says so when a stream is lost by a stop, a reset or a new table at the device, and carries the others', () => {
    const all = [
      ...usual,
      { weight: 1, arbitrary: act('stop') },
      { weight: 1, arbitrary: act('reset') },
      { weight: 1, arbitrary: line('restart') },
    ];
    fc.assert(fc.property(fc.array(fc.oneof(...all), { maxLength: 150, size: 'max' }), play), runs);
  });

  it('tells of a reset even when all was done at this end before it could be said', () => {
    play([
      { do: 'end', side: 'client', n: 0 },
      { do: 'carry', side: 'device', n: 0, count: 1 },
      { do: 'stop', side: 'client', n: 0 },
      { do: 'carry', side: 'client', n: 0, count: 1 },
      { do: 'carry', side: 'device', n: 0, count: 4 },
      { do: 'reset', side: 'client', n: 0 },
      { do: 'carry', side: 'client', n: 0, count: 4 },
    ]);
  });

  it('forgets what it has reset when the peer was done already, and the line was lost in between', () => {
    play([
      { do: 'carry', side: 'device', n: 0, count: 1 },
      { do: 'end', side: 'client', n: 0 },
      { do: 'carry', side: 'client', n: 0, count: 1 },
      { do: 'stop', side: 'client', n: 0 },
      { do: 'carry', side: 'device', n: 0, count: 3 },
      { do: 'carry', side: 'client', n: 0, count: 3 },
      { do: 'carry', side: 'device', n: 0, count: 3 },
      { do: 'reset', side: 'client', n: 0 },
    ]);
  });
});
