import assert from 'node:assert/strict';
import type { HttpClient, HttpLimits } from '../../src/agent/httpLedger.ts';
import { HttpServer } from '../../src/agent/httpServer.ts';
import { nullLogger, type LogFields, type Logger } from '../../src/base/log.ts';
import { FakeClock } from './fakeClock.ts';
import { FakeModelClient } from './fakeModelClient.ts';
import { FakeUpstream } from './fakeUpstream.ts';
import { HttpCaller } from './httpCaller.ts';
import { MuxPair } from './muxPair.ts';
import { SeededRandom } from './seededRandom.ts';

export const fakeModel = 'fake:latest';
export const helloQuestion = { model: fakeModel, messages: [{ role: 'user', content: 'Hello' }] };

/** A device's server for `http` streams on a mux, with an Ollama that the test plays. */
export class HttpServerWorld {
  readonly clock = new FakeClock();
  readonly pair = new MuxPair(this.clock, new SeededRandom(5));
  readonly upstream = new FakeUpstream();
  readonly models = new FakeModelClient({ clock: this.clock });
  readonly lines: LogFields[] = [];
  readonly running: number[] = [];
  tokens = 0;
  readonly server: HttpServer;
  client: HttpClient = { id: 'client', scope: 'api' };

  constructor(limits?: HttpLimits) {
    const log: Logger = { ...nullLogger, info: (_message, fields) => this.lines.push(fields ?? {}) };
    const { clock, upstream, models } = this;
    const onTokens = (count: number): number => (this.tokens += count);
    this.server = new HttpServer({ clock, log, upstream, models, onTokens, ...(limits ? { limits } : {}) });
    this.server.onDidChangeRunning((count) => this.running.push(count));
    this.pair.device.onStream((stream) => this.server.serve(stream, this.pair.device, this.client));
    this.pair.attach();
    this.pair.flush();
  }

  caller(): HttpCaller {
    return new HttpCaller(this.pair.client.openStream('http'));
  }

  /** Lets what was written arrive, and lists be fetched. */
  async settle(): Promise<void> {
    this.pair.flush();
    await this.clock.advance(10);
    this.pair.flush();
  }

  async ask(method: string, path: string, body?: unknown): Promise<HttpCaller> {
    const caller = this.caller().ask(method, path, body);
    await this.settle();
    return caller;
  }

  dispose(): void {
    this.pair.client.dispose();
    this.pair.device.dispose();
    this.server.dispose();
    this.models.dispose();
    assert.equal(this.clock.pendingTimers, 0, 'timers left behind');
  }
}
