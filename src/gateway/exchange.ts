import type { Refusal } from './refusal.ts';

/** What is answered before the body. */
export interface AnswerHead {
  readonly status: number;
  readonly contentType: string | undefined;
  /** Seconds. */
  readonly retryAfter: number | undefined;
}

/** One HTTP request at a server, whatever server it is, and the way to answer it. The gateway's only view of HTTP. */
export interface Exchange {
  readonly method: string;
  /** Path and query, as in the request line. */
  readonly target: string;
  /** By its name in lower case. */
  header(name: string): string | undefined;
  /** Who asks, for limits; undefined when limits by address do not apply. */
  readonly address: string | undefined;
  /** Lets the request's body come. Before the first call none comes; after `onBody` said `false` none until the next. */
  resumeBody(): void;
  /** Sends the head. Then `write`s and `end`. */
  begin(head: AnswerHead): void;
  /** Sends a piece at once. @returns whether more may follow now; else `onWritable` says when */
  write(bytes: Uint8Array): boolean;
  end(): void;
  /** Answers with a refusal, whole; instead of `begin`. */
  refuse(refusal: Refusal): void;
  /** Breaks the answer off, so that nobody takes it for whole. */
  cut(): void;
}

/** What the server tells of an exchange. */
export interface ExchangeHandlers {
  /** @param bytes stay as they are. @returns whether more may come now */
  onBody(bytes: Uint8Array): boolean;
  /** The request is whole. */
  onBodyEnd(): void;
  onWritable(): void;
  /** The answer is out, or who asked has gone. Called once and last. */
  onClosed(): void;
}

const ignore = (): void => undefined;
/** Of an exchange that has had its answer. */
export const deafHandlers: ExchangeHandlers = { onBody: () => true, onBodyEnd: ignore, onWritable: ignore, onClosed: ignore };
