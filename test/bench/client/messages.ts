import type { EncodedHistogram } from '../lib/histogram.ts';
import type { HttpTarget } from './httpTransport.ts';

/** How a client process reaches the model; the first message to it. */
export type ClientWay =
  | { readonly kind: 'http'; readonly target: HttpTarget }
  /** Pages and chats ask for pairing links as they need them. `origin` is where this client dials the relay. */
  | { readonly kind: 'page'; readonly origin: string }
  | { readonly kind: 'chat'; readonly origin: string }
  /** A hub in the client's own process, as the editor has it. */
  | { readonly kind: 'panel'; readonly stateFolder: string; readonly ollama: string };

/** Answers of one kind within a run. */
export interface Group {
  readonly name: string;
  readonly streams: number;
  /** Tokens a second of each; 0 is flat out. */
  readonly rate: number;
  readonly count: number;
  /** The streams begin spread over this long. */
  readonly rampMs: number;
  /** Given up when the other groups are done. */
  readonly isBackground?: boolean;
  /** After so many tokens nobody reads for so long. */
  readonly stall?: { readonly afterTokens: number; readonly forMs: number };
}

export type RunSpec =
  /** One answer after the other, each of one token. */
  | { readonly kind: 'firstToken'; readonly requests: number; readonly gapMs: number; readonly cold: boolean }
  | {
      readonly kind: 'streams';
      readonly groups: readonly Group[];
      /** Between the last beginning and the window in which latency and CPU are taken. */
      readonly settleMs: number;
    };

export interface GroupResult {
  readonly name: string;
  readonly tokens: number;
  /** Tokens a second between the first and the last of them. */
  readonly rate: number;
  /** From the question to the first token, of every stream. */
  readonly firstToken: EncodedHistogram;
  /** Write to read, in the window. */
  readonly latency: EncodedHistogram;
  /** Intended time to read, in the window: without coordinated omission. */
  readonly intended: EncodedHistogram;
  /** The longest time without a token of any stream, after the first, ms. */
  readonly longestGapMs: number;
}

export type ToClient =
  | { readonly type: 'way'; readonly way: ClientWay }
  | { readonly type: 'link'; readonly link: string }
  | { readonly type: 'prepare'; readonly streams: number }
  | { readonly type: 'run'; readonly spec: RunSpec; readonly limitMs: number };

export type FromClient =
  | { readonly type: 'needLink' }
  | { readonly type: 'prepared' }
  /** The window opens or closes; `tokens` of all groups so far. */
  | { readonly type: 'window'; readonly edge: 'begin' | 'end'; readonly tokens: number }
  /** Nobody reads from here on, or somebody does again. */
  | { readonly type: 'stall'; readonly edge: 'begin' | 'end' }
  | { readonly type: 'result'; readonly groups: readonly GroupResult[]; readonly faults: readonly string[] }
  | { readonly type: 'failed'; readonly error: string };
