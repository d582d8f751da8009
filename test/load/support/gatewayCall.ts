import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { HeardAnswer } from './heardAnswer.ts';
import type { Question } from './spoken.ts';

interface Line {
  readonly message?: { readonly content?: string };
  readonly done?: boolean;
  readonly error?: string;
}

/** One chat request of a program over a connection of its own: to a gateway by an API key, or to a model itself. */
export class GatewayCall {
  readonly heard: HeardAnswer;
  /** Resolves when nothing more will come. */
  readonly over: Promise<HeardAnswer>;
  readonly #request: ClientRequest;
  #rest = '';

  constructor(url: string, key: string | undefined, question: Question) {
    this.heard = new HeardAnswer(question);
    const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
    this.#request = request(`${url}/api/chat`, { method: 'POST', headers, agent: false });
    this.over = new Promise((resolve) => {
      const finish = (end: string): void => {
        this.heard.end ??= end;
        resolve(this.heard);
      };
      this.#request.on('error', (error: NodeJS.ErrnoException) => {
        finish(error.code ?? error.name);
      });
      this.#request.on('response', (answer) => {
        this.#read(answer, finish);
      });
    });
    this.#request.end(JSON.stringify({ model: 'stand-in:latest', messages: [{ role: 'user', content: this.heard.prompt }] }));
  }

  /** Goes away, as a program does that is ended. */
  abort(): void {
    this.heard.end ??= 'aborted';
    this.#request.destroy();
  }

  #read(answer: IncomingMessage, finish: (end: string) => void): void {
    const { statusCode = 0 } = answer;
    answer.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      if (statusCode === 200) for (const line of lines) this.#take(line);
    });
    answer.on('error', () => undefined);
    answer.on('close', () => {
      finish(statusCode === 200 ? 'endedEarly' : `status ${String(statusCode)}`);
    });
  }

  #take(line: string): void {
    if (line.trim() === '') return;
    const { message, done, error } = JSON.parse(line) as Line;
    this.heard.add(message?.content ?? '');
    if (error !== undefined) this.heard.end ??= `error: ${error}`;
    else if (done === true) this.heard.end ??= 'done';
  }
}
