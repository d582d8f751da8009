// The model of the benchmark: as much of Ollama's API as the device's policy looks at, on bare `net`, one write per line, on an absolute
// schedule that never waits for a reader. Prints its port.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { endWithParent, say } from '../lib/childEnd.ts';
import { nowUs } from '../lib/monotonic.ts';
import { lastLine, MODEL, readAsked, tokenLine, type Asked } from '../lib/tokenLine.ts';
import { RequestReader, type UpstreamRequest } from './requestReader.ts';
import { Schedule } from './schedule.ts';

/** Lines that a flat-out answer writes before it lets the others speak. */
const GREEDY_LINES = 32;
/** Of what the kernel has not taken yet; a flat-out answer alone waits for its reader, or it would fill this process. */
const GREEDY_BACKLOG_BYTES = 1024 * 1024;

const details = { format: 'gguf', family: 'llama', families: ['llama'], parameter_size: '1B', quantization_level: 'Q4_0' };
const model = { name: MODEL, model: MODEL, modified_at: '2026-01-01T00:00:00Z', size: 1_000_000, digest: '0'.repeat(64), details };

const plain: Readonly<Record<string, unknown>> = {
  '/api/version': { version: '0.12.0' },
  '/api/tags': { models: [model] },
  '/api/ps': { models: [] },
  '/api/show': { details, model_info: {}, capabilities: ['completion'] },
};

const schedule = new Schedule();

/** One answer: header, `count` tokens, the last line. */
class Answer {
  readonly #socket: Socket;
  readonly #asked: Asked;
  readonly #startUs = nowUs();
  readonly #onDone: () => void;
  #next = 0;
  #isOver = false;

  constructor(socket: Socket, asked: Asked, onDone: () => void) {
    this.#socket = socket;
    this.#asked = asked;
    this.#onDone = onDone;
    socket.once('close', this.#stop);
    if (asked.rate === 0) this.#flatOut();
    else this.#paced();
  }

  readonly #stop = (): void => {
    this.#isOver = true;
  };

  readonly #flatOut = (): void => {
    for (let line = 0; line < GREEDY_LINES; line++) {
      if (this.#isOver) return;
      this.#write(nowUs());
    }
    if (this.#isOver) return;
    if (this.#socket.writableLength > GREEDY_BACKLOG_BYTES) this.#socket.once('drain', this.#flatOut);
    else setImmediate(this.#flatOut);
  };

  readonly #paced = (): void => {
    const interval = 1e6 / this.#asked.rate;
    for (;;) {
      if (this.#isOver) return;
      const due = this.#startUs + this.#next * interval;
      if (due > nowUs() && this.#next > 0) {
        schedule.at(due, this.#paced);
        return;
      }
      this.#write(due);
    }
  };

  #write(dueUs: number): void {
    const { count } = this.#asked;
    const head = this.#next === 0 ? 'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n' : '';
    if (this.#next < count) {
      const now = nowUs();
      this.#socket.write(head + chunk(tokenLine(this.#next, now, now - dueUs)), 'latin1');
      this.#next++;
      return;
    }
    this.#isOver = true;
    this.#socket.removeListener('close', this.#stop);
    this.#socket.write(`${head}${chunk(lastLine(count))}0\r\n\r\n`, 'latin1');
    this.#onDone();
  }
}

function chunk(line: string): string {
  return `${line.length.toString(16)}\r\n${line}\r\n`;
}

function answerPlainly(socket: Socket, { method, path }: UpstreamRequest): void {
  const body = path === '/' ? 'Ollama is running' : plain[path] === undefined ? undefined : JSON.stringify(plain[path]);
  const text = body ?? '404 page not found';
  const type = path === '/' || body === undefined ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  const head = `HTTP/1.1 ${body === undefined ? '404 Not Found' : '200 OK'}\r\nContent-Type: ${type}\r\nContent-Length: ${String(text.length)}\r\n\r\n`;
  socket.write(method === 'HEAD' ? head : head + text, 'latin1');
}

const server = createServer((socket) => {
  socket.setNoDelay(true);
  const reader = new RequestReader((request, next) => {
    const asked = request.method === 'POST' && /^\/api\/(?:chat|generate)$/.test(request.path) ? readAsked(request.body) : undefined;
    if (asked) new Answer(socket, asked, next);
    else {
      answerPlainly(socket, request);
      next();
    }
  });
  socket.on('data', (piece) => {
    reader.push(piece);
  });
  socket.on('error', () => undefined);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  say({ type: 'listening', port: (server.address() as AddressInfo).port });
});
endWithParent();
