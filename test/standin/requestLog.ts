import type { IncomingMessage } from 'node:http';

/** One request as the stand-in saw it. Times are wall clock, ms. */
export interface RequestRecord {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Request line and headers, in their order and case. */
  readonly head: string;
  readonly headers: IncomingMessage['headers'];
  readonly receivedAt: number;
  /** Port of the client's end: tells connections apart. */
  readonly remotePort: number | undefined;
  body: string;
  /** Pieces of text written so far. */
  pieces: number;
  firstByteAt?: number;
  endedAt?: number;
  closedBy?: 'client' | 'server';
  /** When the client went away before the answer's end. */
  cancelledAt?: number;
}

/** The newest requests are kept, so that a stand-in that is polled for days does not grow. */
const MAX_RECORDS = 20_000;

const generatingPaths = new Set(['/api/chat', '/api/generate', '/v1/chat/completions', '/v1/completions', '/v1/responses', '/v1/messages']);

export function isGenerating(record: RequestRecord): boolean {
  return record.method === 'POST' && generatingPaths.has(record.path);
}

export class RequestLog {
  readonly records: RequestRecord[] = [];

  add(request: IncomingMessage, now: number): RequestRecord {
    const lines = [`${request.method ?? ''} ${request.url ?? ''} HTTP/${request.httpVersion}`];
    for (let i = 0; i < request.rawHeaders.length; i += 2) lines.push(`${request.rawHeaders[i] ?? ''}: ${request.rawHeaders[i + 1] ?? ''}`);
    const record: RequestRecord = {
      method: request.method ?? '',
      path: request.url ?? '',
      head: `${lines.join('\r\n')}\r\n\r\n`,
      headers: request.headers,
      receivedAt: now,
      remotePort: request.socket.remotePort,
      body: '',
      pieces: 0,
    };
    this.records.push(record);
    if (this.records.length > MAX_RECORDS) this.records.shift();
    return record;
  }
}
