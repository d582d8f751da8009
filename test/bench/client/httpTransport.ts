import { connect, type Socket } from 'node:net';
import { MODEL } from '../lib/tokenLine.ts';
import { HttpAnswer } from './httpAnswer.ts';
import type { AnswerSink, Question, Transport } from './transport.ts';

/** Where an Ollama-shaped HTTP API is to be had. */
export interface HttpTarget {
  readonly port: number;
  /** Keys of the gateway, each good for so many answers at once. */
  readonly keys?: readonly string[];
}

/** Answers at once of one key: MAX_HTTP_RUNS_PER_KEY. */
const STREAMS_PER_KEY = 256;
/** A server may close what has been idle for longer, just when it is asked again. */
const MAX_IDLE_MS = 2_000;

export function chatBody(prompt: string): string {
  return JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: prompt }], stream: true });
}

/** A connection that is kept and used again. */
interface Line {
  readonly socket: Socket;
  answer: HttpAnswer | undefined;
  idleSince: number;
}

/** HTTP/1.1 over bare sockets, one answer at a time on each, kept alive. */
export class HttpTransport implements Transport {
  readonly #target: HttpTarget;
  #idle: Line[] = [];
  readonly #lines = new Set<Line>();

  constructor(target: HttpTarget) {
    this.#target = target;
  }

  async prepare(streams: number): Promise<void> {
    for (const line of this.#idle) if (performance.now() - line.idleSince > MAX_IDLE_MS) line.socket.destroy();
    this.#idle = this.#idle.filter(({ socket }) => !socket.destroyed);
    // In groups: no listener here has to take a thousand connections at once.
    while (this.#idle.length < streams) {
      const group = Array.from({ length: Math.min(64, streams - this.#idle.length) }, () => this.#open());
      this.#idle.push(...(await Promise.all(group)));
    }
  }

  ask(prompt: string, sink: AnswerSink, { cold, index }: { readonly cold: boolean; readonly index: number }): Question {
    const line = (cold ? undefined : this.#idle.pop()) ?? this.#make();
    const body = chatBody(prompt);
    const answer = new HttpAnswer({
      onBody: (bytes) => {
        sink.onBytes(bytes);
      },
      onEnd: (error) => {
        line.answer = undefined;
        if (cold || error !== undefined || line.socket.destroyed) line.socket.destroy();
        else {
          line.idleSince = performance.now();
          this.#idle.push(line);
        }
        sink.onEnd(error, false);
      },
    });
    line.answer = answer;
    line.socket.write(this.#head(body.length, index) + body, 'latin1');
    return {
      setReading: (reading) => {
        if (reading) line.socket.resume();
        else line.socket.pause();
      },
      abort: () => {
        line.answer = undefined;
        line.socket.destroy();
      },
    };
  }

  dispose(): void {
    for (const { socket } of this.#lines) socket.destroy();
  }

  #head(length: number, index: number): string {
    const { port, keys } = this.#target;
    const bearer = keys?.[Math.floor(index / STREAMS_PER_KEY)];
    const key = bearer === undefined ? '' : `Authorization: Bearer ${bearer}\r\n`;
    return `POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1:${String(port)}\r\n${key}Content-Type: application/json\r\nContent-Length: ${String(length)}\r\n\r\n`;
  }

  async #open(): Promise<Line> {
    const line = this.#make();
    await new Promise<void>((resolve, reject) => {
      line.socket.once('connect', resolve);
      line.socket.once('error', reject);
    });
    return line;
  }

  #make(): Line {
    const socket = connect({ port: this.#target.port, host: '127.0.0.1', noDelay: true });
    const line: Line = { socket, answer: undefined, idleSince: performance.now() };
    this.#lines.add(line);
    socket.on('data', (bytes) => {
      line.answer?.push(bytes);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#lines.delete(line);
      const at = this.#idle.indexOf(line);
      if (at >= 0) this.#idle.splice(at, 1);
      line.answer?.close();
    });
    return line;
  }
}
