import type { Clock } from '../../src/base/clock.ts';
import { Mux } from '../../src/mux/mux.ts';
import { decodeMuxFrames } from '../../src/protocol/muxFrames.ts';
import { END_CREDIT_DELAY_MS, MAX_RECORD_FRAMES_BYTES } from '../../src/protocol/limits.ts';
import type { FakeClock } from './fakeClock.ts';
import type { SeededRandom } from './seededRandom.ts';

/** Two muxes and a line between them that carries records one at a time, can be cut with records in flight, and is attached again. */
export class MuxPair {
  readonly client: Mux;
  device: Mux;
  readonly #random: SeededRandom;
  readonly #clock: Clock;
  #toDevice: Uint8Array[] = [];
  #toClient: Uint8Array[] = [];
  #up = false;
  silent = 0;
  /** Records that have gone over the line so far, both ways. */
  records = 0;

  constructor(clock: Clock, random: SeededRandom) {
    this.#clock = clock;
    this.#random = random;
    const muxId = random.bytes(16);
    this.client = new Mux({ role: 'client', muxId, clock });
    this.device = this.#makeDevice(muxId);
  }

  /** The device forgets everything, as after a restart. */
  restartDevice(): void {
    this.cut();
    this.device.dispose();
    this.device = this.#makeDevice(this.client.muxId);
  }

  attach(): void {
    this.#up = true;
    const carrier = { wake: () => undefined, onSilent: () => this.silent++ };
    this.device.attach(carrier);
    this.client.attach(carrier);
  }

  /** Loses what is in flight. */
  cut(): void {
    this.#up = false;
    this.#toDevice = [];
    this.#toClient = [];
    this.client.detach();
    this.device.detach();
  }

  /** Carries one record in one direction, chosen by chance. Returns whether anything moved. */
  step(): boolean {
    if (!this.#up) return false;
    const moves = [
      () => this.#take(this.client, this.#toDevice),
      () => this.#take(this.device, this.#toClient),
      () => this.#give(this.#toDevice, this.device),
      () => this.#give(this.#toClient, this.client),
    ];
    const first = this.#random.int(moves.length);
    for (let i = 0; i < moves.length; i++) if (moves[(first + i) % moves.length]?.()) return true;
    return false;
  }

  /** Carries until nothing moves. @throws when that takes more records than an honest pair ever needs */
  flush(): void {
    let budget = 5_000;
    while (this.step()) if (--budget === 0) throw new Error('the muxes never come to rest');
  }

  /** Carries until nothing moves, and so again once what need not be said at once has been said. */
  async settle(clock: FakeClock): Promise<void> {
    this.flush();
    await clock.advance(END_CREDIT_DELAY_MS);
    this.flush();
    await clock.advance(END_CREDIT_DELAY_MS);
    this.flush();
  }

  #makeDevice(muxId: Uint8Array): Mux {
    return new Mux({ role: 'device', muxId, incarnation: this.#random.bytes(8), clock: this.#clock });
  }

  #take(from: Mux, line: Uint8Array[]): boolean {
    const bytes = from.pull(MAX_RECORD_FRAMES_BYTES);
    if (!bytes) return false;
    if (bytes.length > MAX_RECORD_FRAMES_BYTES) throw new Error('record too long');
    this.records++;
    line.push(bytes.slice()); // a view of what the next pull writes over
    return true;
  }

  #give(line: Uint8Array[], to: Mux): boolean {
    const bytes = line.shift();
    if (!bytes) return false;
    to.receive(decodeMuxFrames(bytes));
    return true;
  }
}
