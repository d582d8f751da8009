import type { ConversationEvent } from '../protocol/chat.ts';
import { MAX_EVENT_LOG_BYTES } from '../protocol/limits.ts';
import { jsonBytes } from './textsAhead.ts';

interface Entry {
  readonly event: ConversationEvent;
  readonly bytes: number;
  /** Bytes of all events up to this one. */
  readonly end: number;
}

/** The last events of one conversation, for viewers that are behind. What falls out costs them a snapshot. */
export class EventLog {
  readonly #entries = new Map<number, Entry>();
  #first: number;
  #last: number;
  #bytes = 0;
  #end = 0;

  /** @param start the number before the first event's */
  constructor(start: number) {
    this.#last = start;
    this.#first = start + 1;
  }

  /** Number of the last event, or the one before the first. */
  get last(): number {
    return this.#last;
  }

  /** Bytes of all events ever appended. */
  get end(): number {
    return this.#end;
  }

  append(event: ConversationEvent): void {
    const bytes = jsonBytes(event);
    this.#bytes += bytes;
    this.#end += bytes;
    this.#entries.set(++this.#last, { event, bytes, end: this.#end });
    while (this.#bytes > MAX_EVENT_LOG_BYTES) this.#dropFirst();
  }

  /** Can somebody who has seen everything up to `sequence` go on from here? */
  covers(sequence: number): boolean {
    return sequence >= this.#first - 1 && sequence <= this.#last;
  }

  at(sequence: number): ConversationEvent | undefined {
    return this.#entries.get(sequence)?.event;
  }

  /** {@link end} as it was after event `sequence`, while that is in the log. */
  endAt(sequence: number): number | undefined {
    return this.#entries.get(sequence)?.end;
  }

  /** Forgets everything; nobody can go on from before. */
  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
    this.#first = ++this.#last + 1;
  }

  #dropFirst(): void {
    this.#bytes -= this.#entries.get(this.#first)?.bytes ?? 0;
    this.#entries.delete(this.#first++);
  }
}
