import { utf8 } from '../base/bytes.ts';
import { errorBody, errorValue, type HttpDialect } from './dialects.ts';

/** How the answer of a model comes: one JSON value, or a stream of Ollama's lines or of the events of one of the three APIs under `/v1`. */
export type AnswerForm = 'whole' | 'lines' | 'completionEvents' | 'responseEvents' | 'messageEvents';

/**
 * Silence of a model after which an answer says that it is still coming, and again each time as long, ms. Proxies on the way give up after
 * 30 to 100 s without a byte.
 */
export const QUIET_MS = 10_000;

/** What may be said in an answer beside what Ollama says. */
export interface FormWords {
  readonly contentType: string;
  /** Silence before the first byte after which the answer begins all the same, as a success, ms. */
  readonly patienceMs: number;
  /** Says that we are still here, and nothing to whoever reads the answer. Only before its first byte and between two lines or events. */
  readonly beat: Uint8Array;
  /** What a line begins with that ends a stream in good order, or with an error of Ollama's own. Absent where a reader sees that by himself. */
  readonly lastLine?: RegExp;
  /** An error under a status that is out already. @param events how many have gone before */
  failure(dialect: HttpDialect, status: number, text: string, events: number): Uint8Array;
}

/** White space may stand before any JSON value (RFC 8259, section 2). A line of its own would break Ollama's clients. */
const space = utf8(' ');
const eventStream = { contentType: 'text/event-stream', patienceMs: QUIET_MS, beat: utf8(': still waiting\n\n') };

export const formWords: Readonly<Record<AnswerForm, FormWords>> = {
  whole: {
    contentType: 'application/json',
    // who reads one value looks for errors in the status, so that is kept as long as a proxy that gives up after a minute allows
    patienceMs: 40_000,
    beat: space,
    failure: errorBody,
  },
  lines: {
    contentType: 'application/x-ndjson',
    patienceMs: QUIET_MS,
    beat: space,
    failure: (dialect, status, text) => utf8(`${JSON.stringify(errorValue(dialect, status, text))}\n`),
  },
  completionEvents: {
    ...eventStream,
    lastLine: /^data: (?:\[DONE\]|\{"error")/,
    failure: (dialect, status, text) => utf8(`data: ${JSON.stringify(errorValue(dialect, status, text))}\n\n`),
  },
  responseEvents: {
    ...eventStream,
    lastLine: /^event: (?:response\.(?:completed|incomplete|failed)|error)\b/,
    failure: (_dialect, _status, message, events) => {
      const value = { type: 'error', code: 'server_error', message, param: null, sequence_number: events };
      return utf8(`event: error\ndata: ${JSON.stringify(value)}\n\n`);
    },
  },
  messageEvents: {
    ...eventStream,
    lastLine: /^event: (?:message_stop|error)\b/,
    failure: (dialect, status, text) => utf8(`event: error\ndata: ${JSON.stringify(errorValue(dialect, status, text))}\n\n`),
  },
};
