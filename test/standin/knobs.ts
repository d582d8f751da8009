import type { Script } from './script.ts';

/**
 * What the stand-in can be told to do, beyond answering. `null`, `false` and 0 mean off. A change counts for requests that come after it,
 * except where noted.
 */
export interface FakeOllamaKnobs {
  /** Pause before the first token, ms, after load and prompt. */
  readonly ttftMs: number;
  /** A model's load, ms. */
  readonly loadMs: number;
  /** Reading of the prompt, ms per token (a word is a token). */
  readonly promptMsPerToken: number;
  /** 0: as fast as the reader takes them. */
  readonly tokensPerSec: number;
  /** Up to so much is added to each pause, by the seed. */
  readonly jitterMs: number;
  /** `manual`: each piece of text waits for `release`. Counts at once. */
  readonly gate: 'open' | 'manual';

  readonly script: Script;
  /** Where tool calls stand: in the `done` line, or in a line of their own. */
  readonly toolPlacement: 'final' | 'intermediate';

  /** How lines become writes: n lines in one; pieces of n bytes; a cut inside a multi-byte character; a cut inside `\u003c`. */
  readonly chunking: 'line' | `coalesce:${number}` | `bytes:${number}` | 'splitUtf8' | 'splitEscape';
  /** How writes become HTTP chunks: one each, the whole answer in one, or each with a chunk extension (RFC 9112, section 7.1.1). */
  readonly httpChunking: 'perWrite' | 'oneBig' | 'chunkExtensions';
  /** Length that the `done` line is blown up to, bytes. */
  readonly lineSize: number;

  /** A refusal as the runner gives it, before any header. */
  readonly errorBefore: { readonly status: number; readonly text: string } | null;
  /** An error line after so many pieces, then a clean end. */
  readonly errorAfter: number | null;
  readonly errorText: string;
  /** A clean end after so many pieces, without a `done` line. */
  readonly endWithoutDone: number | null;
  /** The connection dies after so many pieces, before the headers, or while the model loads. */
  readonly resetAfter: number | 'beforeHeaders' | 'duringLoad' | null;
  readonly resetKind: 'rst' | 'fin';
  /** FIN after so many pieces, without the last chunk. */
  readonly truncateChunked: number | null;
  readonly stallAfter: { readonly pieces: number; readonly ms: number | 'forever' } | null;

  /** A line after the first that is no JSON. */
  readonly garbageLine: boolean;
  readonly blankLine: boolean;
  readonly bom: boolean;
  readonly crlf: boolean;
  readonly trailingNoNewline: boolean;
  /** A byte 0xFF inside the first string. */
  readonly invalidUtf8: boolean;

  readonly queueFull: boolean;
  /** Answers 404 to every model, in one of its two wordings. */
  readonly modelMissing: 'single' | 'double' | null;
  /** 403 with an empty body: to requests with an Origin, or to all. */
  readonly forbid: 'origin' | 'host' | null;
  /** Something else has the port. */
  readonly notOllama: 'html' | 'otherJson' | 'tls' | null;
  /** Every path redirects there (307). */
  readonly redirectTo: string | null;
  /** Pause after each piece of a request body, ms. */
  readonly slowBodyReadMs: number;
  /** A longer body gets 413, as from a proxy on the way. */
  readonly maxBody: number | null;
  readonly keepAlive: 'normal' | 'closeEach' | `closeIdle:${number}`;
  /** Nobody listens: connections are refused. Counts at once. */
  readonly refuse: boolean;
  readonly acceptThenSilent: boolean;

  readonly versionString: string;
  /** For models with a cloud name. */
  readonly cloud: 'signedOut' | 'disabled' | null;
  readonly pull: {
    readonly layers: number;
    /** Of each layer. */
    readonly bytes: number;
    /** Between two lines. */
    readonly tickMs: number;
    /** Before which line an error line ends it; it ends without `success`; it falls silent for ever; or its connection dies. */
    readonly failAt: number | null;
    readonly endAt?: number | null;
    readonly stallAt?: number | null;
    readonly cutAt?: number | null;
    readonly failText?: string;
  };
  /** Ollama before it listed capabilities and context lengths: only `/api/show` knows. */
  readonly shortTags: boolean;
  /** Share of a loaded model that is in the graphics card's memory, 0 to 1. */
  readonly gpuShare: number;
  /** Requests that one model answers at once; more wait without a sound. */
  readonly numParallel: number;
  /** Requests that may wait for a load. */
  readonly maxQueue: number;
  /** Which listener is played; only a loopback one checks the Host header. */
  readonly bind: 'loopback' | 'any';
  /** Errors in mid-stream are swallowed on /v1, as Ollama does; `false` sends an error event. */
  readonly faithfulErrors: boolean;
}

export const defaultKnobs: FakeOllamaKnobs = {
  ttftMs: 0,
  loadMs: 0,
  promptMsPerToken: 0,
  tokensPerSec: 0,
  jitterMs: 0,
  gate: 'open',
  script: (view) => `I am the stand-in for Ollama, not a model. You asked: ${view.prompt}`,
  toolPlacement: 'final',
  chunking: 'line',
  httpChunking: 'perWrite',
  lineSize: 0,
  errorBefore: null,
  errorAfter: null,
  errorText: 'an error was encountered while running the model: unexpected EOF',
  endWithoutDone: null,
  resetAfter: null,
  resetKind: 'rst',
  truncateChunked: null,
  stallAfter: null,
  garbageLine: false,
  blankLine: false,
  bom: false,
  crlf: false,
  trailingNoNewline: false,
  invalidUtf8: false,
  queueFull: false,
  modelMissing: null,
  forbid: null,
  notOllama: null,
  redirectTo: null,
  slowBodyReadMs: 0,
  maxBody: null,
  keepAlive: 'normal',
  refuse: false,
  acceptThenSilent: false,
  versionString: '0.33.0',
  cloud: null,
  pull: { layers: 2, bytes: 1000, tickMs: 0, failAt: null },
  shortTags: false,
  gpuShare: 0,
  numParallel: 1,
  maxQueue: 512,
  bind: 'loopback',
  faithfulErrors: true,
};
