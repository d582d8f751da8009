/** What an answer comes into. */
export interface AnswerSink {
  /** Bytes of the NDJSON body; the receiver may keep a view. */
  onBytes(bytes: Uint8Array): void;
  /** Text of the message, where the carrier is a `chat` stream. */
  onText(text: string): void;
  /** The answer has ended; `finished` when the carrier says so by itself, without a last line. */
  onEnd(error: string | undefined, finished: boolean): void;
}

/** A question under way. */
export interface Question {
  /** Stops reading (false) or goes on (true), as a reader does that cannot keep up. */
  setReading(reading: boolean): void;
  /** Gives up the answer. */
  abort(): void;
}

/** How this client reaches the model: the only thing in which the paths differ at this end. */
export interface Transport {
  /** Has what so many answers at once need. */
  prepare(streams: number): Promise<void>;
  /** Asks. With `cold` on a connection of its own, made now and closed afterwards. `index` of the answer within its run. */
  ask(prompt: string, sink: AnswerSink, options: { readonly cold: boolean; readonly index: number }): Question;
  dispose(): void;
}
