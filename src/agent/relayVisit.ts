import type { Disposable } from '../base/disposable.ts';

/** What a relay's address answered to one GET. */
export interface RelayAnswer {
  readonly status: number;
  /** Cut at a few KiB: a relay says one word. */
  readonly body: string;
  /** The `Date` header, wall clock of the answering server, ms. */
  readonly date?: number;
}

/**
 * One GET, stage by stage. Each stage that is not reached rejects with the TunnelError of the one that failed, whose detail says what was
 * in the way. Disposing ends the request.
 */
export interface RelayVisit extends Disposable {
  /** There is a name, and somebody took the connection. */
  readonly connected: Promise<unknown>;
  /** TLS stands, with a certificate that is valid for the name; with plain http as `connected`. */
  readonly secured: Promise<unknown>;
  readonly answered: Promise<RelayAnswer>;
}

/** Begins a visit; follows no redirect. Adapter: `agent/node`. */
export type VisitRelay = (url: string) => RelayVisit;
