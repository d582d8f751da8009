import type { Clock } from '../base/clock.ts';
import { MAX_RECORD_FRAMES_BYTES, MAX_SOCKET_BACKLOG_BYTES, MAX_TURN_BYTES } from '../protocol/limits.ts';

/** Something that has records to send, one at a time. */
export interface RecordSource {
  /** Sends one record if there is anything to say; returns how many bytes were in it, 0 when there was nothing. */
  sendOne(): number;
}

/**
 * Moves records from many sources into one socket, in turn, keeping the socket's own queue short. What is written in one turn of the event
 * loop leaves together: a wake only asks for a run at the turn's end. A run that has sent its share goes on in another turn, so that reading
 * and timers come between: on a fast line the socket's queue alone would never stop it.
 */
export class RecordPump {
  readonly #clock: Clock;
  readonly #backlogBytes: () => number;
  /** In the order of their turns. */
  readonly #waiting = new Set<RecordSource>();
  /** Sent since the last wake or the last pause. */
  #sentBytes = 0;
  /** A run will come: at the end of this turn, or in the next one. */
  #planned: 'no' | 'thisTurn' | 'nextTurn' = 'no';

  constructor(clock: Clock, backlogBytes: () => number) {
    this.#clock = clock;
    this.#backlogBytes = backlogBytes;
  }

  /** `source` has something to say. */
  wake(source: RecordSource): void {
    this.#waiting.add(source);
    if (this.#planned !== 'no') return;
    this.#planned = 'thisTurn';
    this.#clock.defer(this.#begin);
  }

  remove(source: RecordSource): void {
    this.#waiting.delete(source);
  }

  /** Sends while there is room; called again when the socket has drained. */
  run(): void {
    if (this.#planned !== 'no') return;
    for (const source of this.#waiting) {
      if (this.#backlogBytes() >= MAX_SOCKET_BACKLOG_BYTES) return;
      if (this.#sentBytes + MAX_RECORD_FRAMES_BYTES > MAX_TURN_BYTES) {
        this.#planned = 'nextTurn';
        this.#clock.nextTurn(this.#begin);
        return;
      }
      this.#waiting.delete(source);
      const bytes = source.sendOne();
      this.#sentBytes += bytes;
      if (bytes > 0) this.#waiting.add(source); // behind the others: this loop comes to it again
    }
  }

  readonly #begin = (): void => {
    this.#planned = 'no';
    this.#sentBytes = 0;
    this.run();
  };
}
