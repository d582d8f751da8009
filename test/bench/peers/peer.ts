import type { ClientWay } from '../client/messages.ts';

/** A process on the way of the tokens, whose processor time is counted. */
export interface Hop {
  readonly name: string;
  readonly pid: number;
}

/** A path that is up. */
export interface RunningPath {
  readonly way: ClientWay;
  /** Those between client and model, as they are now. */
  hops(): readonly Hop[];
  /** A fresh pairing link, where the client needs one. */
  link?(): Promise<string>;
  stop(): Promise<void>;
}

/** What a path is built from. */
export interface PathSite {
  /** An empty folder of its own. */
  readonly folder: string;
  readonly upstreamPort: number;
  /** The built application: folder that holds `cli.mjs`. */
  readonly app: string;
  /** Whether a link of its own lies between device and relay. */
  readonly isLinked: boolean;
  /** Between the machine of the model and the public server: what listens on `port` there is dialled here. */
  readonly linkTo: (port: number) => Promise<number>;
  /** Flags for our own Node processes: profiles. */
  readonly nodeFlags: (name: string) => readonly string[];
}

/** A way from client to model that is measured beside the others. */
export interface Path {
  readonly name: string;
  /** For the table. */
  readonly words: string;
  readonly start: (site: PathSite) => Promise<RunningPath>;
}

/** The peer is not installed here. */
export class PeerMissing extends Error {}
