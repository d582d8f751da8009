import type { Disposable } from '../../base/disposable.ts';

/** What a subject has brought. */
export interface LineMessage {
  readonly subject: string;
  /** A view of what came in; nobody changes it. */
  readonly data: Uint8Array;
  /** Where an answer is waited for. */
  readonly reply: string | undefined;
  /** This came instead of an answer: nobody listens where it was published. */
  readonly isNobody: boolean;
}

/**
 * One connection to what carries messages between the nodes of a relay: at most once, and what one line publishes to one subject arrives in that
 * order. A line heals by itself; what was under way when it broke is lost.
 */
export interface ClusterLine extends Disposable {
  readonly isUp: boolean;
  /** Dropped while the line is down. Own subscriptions do not hear it. @param reply a subject that is told when nobody listens */
  publish(subject: string, data: Uint8Array, reply?: string): void;
  /** Hears a subject, or all below it where it ends with `.*`; again after each outage. Called from a turn of its own. */
  subscribe(subject: string, heard: (message: LineMessage) => void): Disposable;
  /** Hears each end and each return. When it says that the line is up, all subscriptions are in force. */
  onChange(listener: (isUp: boolean) => void): Disposable;
}
