import type { Clock } from '../base/clock.ts';
import { MAX_SOCKET_BACKLOG_BYTES } from '../protocol/limits.ts';

/** Something that has records to send, one at a time. */
export interface RecordSource {
  /** Sends one record if there is anything to say; returns whether it did. */
  sendOne(): boolean;
}

/**
 * Moves records from many sources into one socket, in turn, keeping the socket's own queue short. What is written in one turn of the event
 * loop leaves together: a wake only asks for a run at the turn's end.
 */
export class RecordPump {
  readonly #clock: Clock;
  readonly #backlogBytes: () => number;
  #waiting = new Set<RecordSource>();
  #isDeferred = false;

  constructor(clock: Clock, backlogBytes: () => number) {
    this.#clock = clock;
    this.#backlogBytes = backlogBytes;
  }

  /** `source` has something to say. */
  wake(source: RecordSource): void {
    this.#waiting.add(source);
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.#clock.defer(() => {
      this.#isDeferred = false;
      this.run();
    });
  }

  remove(source: RecordSource): void {
    this.#waiting.delete(source);
  }

  /** Sends while there is room; called again when the socket has drained. */
  run(): void {
    while (this.#waiting.size > 0) {
      for (const source of [...this.#waiting]) {
        if (this.#backlogBytes() >= MAX_SOCKET_BACKLOG_BYTES) return;
        if (this.#waiting.has(source) && !source.sendOne()) this.#waiting.delete(source);
      }
    }
  }
}
