import assert from 'node:assert/strict';
import { HttpServer, type HttpClient, type HttpLimits } from '../../src/agent/httpServer.ts';
import type { LogFields, Logger } from '../../src/base/log.ts';
import { nullLogger } from '../../src/base/log.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { FakeModelClient } from '../fakes/fakeModelClient.ts';
import { FakeUpstream } from '../fakes/fakeUpstream.ts';
import { HttpCaller } from '../fakes/httpCaller.ts';
import { MuxPair } from '../fakes/muxPair.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

const model = 'fake:latest';
const question = { model, messages: [{ role: 'user', content: 'Hello' }] };

class World {
  readonly clock = new FakeClock();
  readonly pair = new MuxPair(this.clock, new SeededRandom(5));
  readonly upstream = new FakeUpstream();
  readonly models = new FakeModelClient({ clock: this.clock });
  readonly lines: LogFields[] = [];
  readonly running: number[] = [];
  readonly server: HttpServer;
  client: HttpClient = { id: 'client', scope: 'api' };

  constructor(limits?: HttpLimits) {
    const log: Logger = { ...nullLogger, info: (_message, fields) => this.lines.push(fields ?? {}) };
    const { clock, upstream, models } = this;
    this.server = new HttpServer({ clock, log, upstream, models, ...(limits ? { limits } : {}) });
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

describe('http server of a device', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => {
    world.dispose();
  });

  it('carries a request to Ollama once and its answer back byte for byte', async () => {
    const caller = await world.ask('POST', '/api/chat', question);
    assert.equal(world.upstream.flows.length, 1);
    const flow = world.upstream.last;
    assert.deepEqual([flow.request.method, flow.request.path, flow.json], ['POST', '/api/chat', question]);
    flow.head({ status: 200, contentType: 'application/x-ndjson' });
    flow.body('{"message":{"content":"H');
    await world.settle();
    assert.deepEqual(caller.head, { status: 200, contentType: 'application/x-ndjson' });
    assert.equal(caller.text, '{"message":{"content":"H');
    flow.body(new Uint8Array([0xff, 0x00, 0x0a]));
    flow.end();
    await world.settle();
    assert.deepEqual([...caller.body].slice(-3), [0xff, 0x00, 0x0a]);
    assert.ok(caller.isEnded);
    assert.deepEqual(caller.outcome, { kind: 'finished' });
    assert.equal(world.upstream.flows.length, 1);
  });
});
