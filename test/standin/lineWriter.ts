import type { Clock } from '../../src/base/clock.ts';
import type { Exchange } from './exchange.ts';
import { Gone } from './gate.ts';
import { pause } from './pause.ts';

/** Pieces of one line are kept apart so long, so that the reader gets them apart, ms. */
const APART_MS = 2;

/** Writes the lines of a streamed answer, one write and flush each unless a knob says otherwise. */
export class LineWriter {
  readonly #exchange: Exchange;
  readonly #clock: Clock;
  readonly #contentType: string;
  #held: Buffer[] = [];
  #lines = 0;
  #began = false;

  constructor(exchange: Exchange, clock: Clock, contentType: string) {
    this.#exchange = exchange;
    this.#clock = clock;
    this.#contentType = contentType;
  }

  /** @param line without its newline; @param isLast it is the last one */
  async line(line: string, isLast = false): Promise<void> {
    const { knobs } = this.#exchange;
    const newline = isLast && knobs.trailingNoNewline ? '' : knobs.crlf ? '\r\n' : '\n';
    const parts: Buffer[] = [Buffer.from(line + newline)];
    if (this.#lines === 0 && knobs.invalidUtf8) parts[0] = spoil(parts[0] ?? Buffer.alloc(0));
    if (this.#lines === 0 && knobs.bom) parts.unshift(Buffer.from('\ufeff'));
    if (knobs.blankLine) parts.unshift(Buffer.from('\n'));
    if (this.#lines === 1 && knobs.garbageLine) parts.unshift(Buffer.from('{"model": this is no JSON\n'));
    this.#lines++;
    this.#held.push(Buffer.concat(parts));
    if (knobs.httpChunking === 'oneBig') return;
    const coalesce = /^coalesce:(\d+)$/.exec(knobs.chunking);
    if (!isLast && coalesce && this.#held.length < Number(coalesce[1])) return;
    await this.#flush();
  }

  /** Writes what is held back, e.g. before a fault. */
  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#held);
    this.#held = [];
    const pieces = cut(bytes, this.#exchange.knobs.chunking);
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) await pause(this.#clock, pieces.length > 2 ? 0 : APART_MS, this.#exchange.signal);
      await this.#write(piece);
    }
  }

  async end(): Promise<void> {
    if (this.#held.length > 0) await this.#flush();
    if (!this.#began) this.#begin();
    if (this.#exchange.knobs.httpChunking === 'chunkExtensions') await this.#raw(Buffer.from('0;last=1\r\n\r\n'), true);
    else this.#exchange.res.end();
  }

  /** Sends what is held, then cuts the connection. */
  async break(kind: 'rst' | 'fin'): Promise<void> {
    if (this.#held.length > 0) await this.#flush();
    await pause(this.#clock, APART_MS, this.#exchange.signal); // so that the client has read what came before
    this.#exchange.kill(kind);
    throw new Gone();
  }

  #begin(): void {
    this.#began = true;
    if (this.#exchange.knobs.httpChunking === 'chunkExtensions') {
      const head = `HTTP/1.1 200 OK\r\nContent-Type: ${this.#contentType}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
      this.#exchange.res.socket?.write(head);
      this.#exchange.record.firstByteAt ??= this.#clock.now();
    } else this.#exchange.begin(200, this.#contentType);
  }

  async #write(bytes: Buffer): Promise<void> {
    if (!this.#began) this.#begin();
    if (this.#exchange.knobs.httpChunking !== 'chunkExtensions') await this.#exchange.write(bytes);
    else await this.#raw(Buffer.concat([Buffer.from(`${bytes.length.toString(16)};piece="1"\r\n`), bytes, Buffer.from('\r\n')]), false);
  }

  /** Beside Node's own framing, which knows no extensions. */
  async #raw(bytes: Buffer, isLast: boolean): Promise<void> {
    const { res, record, signal } = this.#exchange;
    if (signal.aborted) throw new Gone();
    if (isLast) record.closedBy = 'server';
    if (isLast) res.socket?.end(bytes);
    else res.socket?.write(bytes);
    await pause(this.#clock, 0, signal);
  }
}

/** Puts a byte that is no UTF-8 into the line's `content`, or at its end. */
function spoil(line: Buffer): Buffer {
  const marker = Buffer.from('"content":"');
  const at = line.indexOf(marker);
  const split = at < 0 ? line.length : at + marker.length;
  return Buffer.concat([line.subarray(0, split), Buffer.from([0xff]), line.subarray(split)]);
}

function cut(bytes: Buffer, chunking: string): Buffer[] {
  const size = /^bytes:(\d+)$/.exec(chunking);
  if (size) {
    const step = Math.max(1, Number(size[1]));
    return Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) => bytes.subarray(i * step, (i + 1) * step));
  }
  const at = chunking === 'splitUtf8' ? insideCharacter(bytes) : chunking === 'splitEscape' ? insideEscape(bytes) : -1;
  return at > 0 ? [bytes.subarray(0, at), bytes.subarray(at)] : [bytes];
}

function insideCharacter(bytes: Buffer): number {
  const at = bytes.findIndex((byte) => (byte & 0xc0) === 0x80);
  return at < 0 ? bytes.length >> 1 : at;
}

function insideEscape(bytes: Buffer): number {
  const at = bytes.indexOf('\\u');
  return at < 0 ? bytes.length >> 1 : at + 4;
}
