import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Turns } from '../base/turns.ts';
import { MAX_RECORD_FRAMES_BYTES, MAX_SOCKET_BACKLOG_BYTES, MAX_TURN_BYTES } from '../protocol/limits.ts';

/** A word of a fast model takes less, so that several leave as one record, ms. */
const PACE_MS = 100;

/** Something that has records to send, one at a time. */
export interface RecordSource {
  /** Sends one record if there is anything to say; returns how many bytes were in it, 0 when there was nothing. */
  sendOne(): number;
}

/**
 * Moves records from many sources into one socket, in turn, keeping the socket's own queue short. A wake only asks for a run behind what is
 * being read, so that what one read brings leaves as one record. The first run is not held back; what the same turn of the event loop
 * brings from other sockets leaves together when it ends, which with 256 answers at once is a fifth less work for device and relay. A run
 * that has sent its share goes on in another turn, so that reading and timers come between: on a fast line the socket's queue alone would
 * never stop it.
 */
export class RecordPump {
  readonly #clock: Clock;
  readonly #backlogBytes: () => number;
  readonly #isPaced: () => boolean;
  readonly #waiting = new Turns<RecordSource>();
  /** Of a run that waits for its step. */
  #step: Disposable | undefined;
  /** A run will come: behind what is being read, or when this turn is over. */
  #planned: 'no' | 'soon' | 'nextTurn' = 'no';

  /** @param isPaced whether what is said leaves in steps of {@link PACE_MS} */
  constructor(clock: Clock, backlogBytes: () => number, isPaced: () => boolean = () => false) {
    this.#clock = clock;
    this.#isPaced = isPaced;
    this.#backlogBytes = backlogBytes;
  }

  /** `source` has something to say. */
  wake(source: RecordSource): void {
    this.#waiting.add(source);
    if (this.#planned !== 'no') return;
    this.#planned = 'soon';
    // on a grid of the clock's own, so that neither the first word nor a pause shows when it was written
    if (this.#isPaced()) this.#step = this.#clock.after(PACE_MS - (this.#clock.monotonic() % PACE_MS), this.#begin);
    else this.#clock.defer(this.#begin);
  }

  remove(source: RecordSource): void {
    this.#waiting.delete(source);
    if (!this.#step || this.#waiting.size > 0) return;
    this.#step.dispose();
    this.#step = undefined;
    this.#planned = 'no';
  }

  /** Sends while there is room, unless a run is to come anyway; called again when the socket has drained. */
  run(): void {
    if (this.#planned !== 'no') return;
    let sentBytes = 0;
    while (this.#backlogBytes() < MAX_SOCKET_BACKLOG_BYTES && sentBytes + MAX_RECORD_FRAMES_BYTES <= MAX_TURN_BYTES) {
      const source = this.#waiting.next();
      if (!source) break;
      const bytes = source.sendOne();
      sentBytes += bytes;
      if (bytes > 0) this.#waiting.add(source); // behind the others: this loop comes to it again
    }
    // what is said from now on waits for the next step; a long answer that has begun goes on
    if (sentBytes === 0 || (this.#waiting.size === 0 && this.#isPaced())) return;
    this.#planned = 'nextTurn';
    this.#clock.nextTurn(this.#begin);
  }

  readonly #begin = (): void => {
    this.#planned = 'no';
    this.#step = undefined;
    this.run();
  };
}
