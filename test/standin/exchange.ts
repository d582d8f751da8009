import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../src/base/clock.ts';
import { Gone } from './gate.ts';
import { goJson } from './goJson.ts';
import type { FakeOllamaKnobs } from './knobs.ts';
import { Refusal } from './refusal.ts';
import type { RequestRecord } from './requestLog.ts';

/** net/http sends a Content-Length for answers that fit its buffer, and chunks above. */
const CONTENT_LENGTH_BELOW = 2048;

/** One request and its answer. */
export class Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly record: RequestRecord;
  /** As they were when the request came. */
  readonly knobs: FakeOllamaKnobs;
  readonly url: URL;
  /** Aborted as soon as the client has gone. */
  readonly signal: AbortSignal;
  readonly #clock: Clock;

  constructor(req: IncomingMessage, res: ServerResponse, record: RequestRecord, knobs: FakeOllamaKnobs, clock: Clock) {
    this.req = req;
    this.res = res;
    this.record = record;
    this.knobs = knobs;
    this.#clock = clock;
    this.url = new URL(req.url ?? '/', 'http://stand-in');
    const gone = new AbortController();
    this.signal = gone.signal;
    res.once('close', () => {
      record.endedAt = clock.now();
      if (record.closedBy === undefined) {
        record.closedBy = 'client';
        record.cancelledAt = record.endedAt;
      }
      gone.abort();
    });
    // who ends first is decided when the last byte is handed over, not when it has left
    res.once('prefinish', () => {
      record.closedBy ??= 'server';
    });
    res.on('error', () => undefined);
  }

  /** The body as JSON. @throws Refusal as Gin's binding words it */
  json(): Record<string, unknown> {
    if (this.record.body === '') throw Refusal.json(400, 'missing request body');
    let value: unknown;
    try {
      value = JSON.parse(this.record.body);
    } catch {
      throw Refusal.json(400, `invalid character '${this.record.body.trim().charAt(0)}' looking for beginning of value`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw Refusal.json(400, 'json: cannot unmarshal array into Go value of type api.ChatRequest');
    return value as Record<string, unknown>;
  }

  sendJson(status: number, body: unknown, contentType = 'application/json; charset=utf-8'): void {
    this.#send(status, goJson(body), contentType);
  }

  sendText(status: number, body: string, contentType = 'text/plain; charset=utf-8'): void {
    this.#send(status, body, contentType);
  }

  /** A success without a body. */
  sendEmpty(status: number): void {
    this.res.writeHead(status, { 'Content-Length': '0' }).end();
    this.record.firstByteAt ??= this.#clock.now();
  }

  refuse(refusal: Refusal): void {
    if (refusal.body === '') this.sendEmpty(refusal.status);
    else if (typeof refusal.body === 'string') this.sendText(refusal.status, refusal.body, refusal.contentType);
    else this.sendJson(refusal.status, refusal.body, refusal.contentType);
  }

  /** Begins a chunked answer; what follows goes through {@link write}. */
  begin(status: number, contentType: string, headers: Record<string, string> = {}): void {
    this.res.socket?.setNoDelay(true);
    this.res.writeHead(status, { 'Content-Type': contentType, ...headers });
    this.record.firstByteAt ??= this.#clock.now();
  }

  /** Writes and waits while the client does not read. @throws Gone */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.signal.aborted) throw new Gone();
    if (this.res.write(bytes)) return;
    try {
      await once(this.res, 'drain', { signal: this.signal });
    } catch {
      throw new Gone();
    }
  }

  /** Ends the connection hard; the answer stays as it is. */
  kill(kind: 'rst' | 'fin'): void {
    this.record.closedBy = 'server';
    const socket = this.res.socket;
    if (kind === 'rst') socket?.resetAndDestroy();
    else socket?.destroySoon();
  }

  #send(status: number, body: string, contentType: string): void {
    this.record.firstByteAt ??= this.#clock.now();
    const bytes = Buffer.from(body);
    const head: Record<string, string> = { 'Content-Type': contentType };
    if (bytes.length < CONTENT_LENGTH_BELOW) head['Content-Length'] = String(bytes.length);
    this.res.writeHead(status, head);
    if (this.req.method === 'HEAD') this.res.end();
    else {
      this.res.write(bytes);
      this.res.end();
    }
  }
}
