import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { systemClock } from '../../../src/base/clock.ts';
import { nullLogger, type Logger } from '../../../src/base/log.ts';
import { OllamaClient, type OllamaClientOptions } from '../../../src/ollama/node/ollamaClient.ts';
import type { ErrorCode } from '../../../src/protocol/errors.ts';
import { RecordingSink } from '../../contract/recordingSink.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';
import type { FakeOllamaKnobs } from '../../standin/knobs.ts';
import { startFakeOllama, type FakeOllama } from '../../standin/startFakeOllama.ts';
import { until } from '../../standin/until.ts';

describe('Ollama client', () => {
  let server: FakeOllama;
  let client: OllamaClient;
  let sink: RecordingSink;

  const start = (options: Partial<OllamaClientOptions> = {}): void => {
    client = new OllamaClient({
      clock: systemClock,
      log: nullLogger,
      settings: () => ({ url: server.url }),
      hasBinary: () => Promise.resolve(true),
      ...options,
    });
  };
  const ask = (model = 'stand-in:latest') => client.generate({ model, messages: [{ role: 'user', content: 'why?' }] }, sink);
  const over = (): Promise<void> => until(() => sink.isOver);

  beforeEach(async () => {
    server = await startFakeOllama();
    sink = new RecordingSink();
    start();
    await client.check();
  });

  afterEach(async () => {
    client.dispose();
    await until(() => server.openSockets === 0);
    await server.close();
  });

  describe('asking', () => {
    it('keeps a model in memory as the setting says, and as the chat says where it says something', async () => {
      client.dispose();
      start({ settings: () => ({ url: server.url, keepAliveSeconds: 5400 }) });
      ask();
      await over();
      sink = new RecordingSink();
      client.generate({ model: 'stand-in:latest', messages: [{ role: 'user', content: 'why?' }], keepAliveSeconds: 0 }, sink);
      await over();
      assert.deepEqual(
        server.asked.map(({ body }) => (JSON.parse(body) as { keep_alive?: number }).keep_alive),
        [5400, 0],
      );
    });

    it('sends exactly these bytes', async () => {
      ask();
      await over();
      assert.equal(server.asked.length, 1);
      const { head, body } = server.asked[0] ?? assert.fail();
      assert.equal(body, '{"model":"stand-in:latest","messages":[{"role":"user","content":"why?"}],"stream":true}');
      assert.equal(
        head,
        [
          'POST /api/chat HTTP/1.1',
          `Host: 127.0.0.1:${String(server.port)}`,
          'Accept: application/x-ndjson, application/json',
          'User-Agent: CloudToLocalLLM/0.1.0',
          'Content-Type: application/json',
          `Content-Length: ${String(body.length)}`,
          'Connection: close',
          '\r\n',
        ].join('\r\n'),
      );
    });

    it('uses a fresh connection for each answer', async () => {
      for (let i = 0; i < 3; i++) {
        sink = new RecordingSink();
        ask();
        await over();
      }
      assert.equal(new Set(server.requests.map((one) => one.remotePort)).size, server.requests.length);
    });

    it('lets Ollama end the answer itself', async () => {
      ask();
      await over();
      await until(() => server.asked[0]?.endedAt !== undefined);
      assert.equal(server.asked[0]?.closedBy, 'server');
    });

    it('ignores a proxy in the environment', async () => {
      const before = { ...process.env };
      Object.assign(process.env, {
        HTTP_PROXY: 'http://127.0.0.1:9',
        http_proxy: 'http://127.0.0.1:9',
        NO_PROXY: '',
        NODE_USE_ENV_PROXY: '1',
      });
      try {
        ask();
        await over();
        assert.equal(sink.error, undefined);
      } finally {
        process.env = before;
      }
    });

    it('closes the connection at once when stopped, before the first byte and after', async () => {
      for (const stall of [0, 2]) {
        await server.set({ script: ['a', 'b', 'c', 'd'], stallAfter: { pieces: stall, ms: 'forever' } });
        sink = new RecordingSink();
        const generation = ask();
        await until(() => sink.pieces.length === stall && sink.heard.length === stall + 1);
        const stoppedAt = Date.now();
        generation.dispose();
        await until(() => server.asked.at(-1)?.cancelledAt !== undefined);
        assert.ok((server.asked.at(-1)?.cancelledAt ?? Infinity) - stoppedAt < 1_000);
        assert.equal(server.asked.at(-1)?.closedBy, 'client');
      }
    });

    it('hands nothing on after a stop, also of lines that came together', async () => {
      await server.set({ script: ['a', 'b', 'c', 'd'], chunking: 'coalesce:9' });
      const generation = ask();
      sink.onNext = () => {
        if (sink.pieces.length === 2) generation.dispose();
      };
      await until(() => sink.pieces.length >= 2 && server.openSockets === 0);
      assert.deepEqual(sink.pieces, ['a', 'b']);
      assert.ok(!sink.isOver);
    });

    it('follows no redirect', async () => {
      const elsewhere = await startFakeOllama();
      await server.set({ redirectTo: `${elsewhere.url}/api/chat` });
      ask();
      await over();
      assert.equal(sink.error?.code, 'ollamaForeign');
      assert.equal(elsewhere.requests.length, 0);
      await elsewhere.close();
    });

    it('logs codes, never text', async () => {
      const lines: string[] = [];
      const write = (...parts: unknown[]): void => {
        lines.push(JSON.stringify(parts));
      };
      const log: Logger = { debug: write, info: write, warn: write, error: write };
      client.dispose();
      start({ log });
      await server.set({ script: ['canary-answer'], garbageLine: true });
      client.generate({ model: 'stand-in:latest', messages: [{ role: 'user', content: 'canary-question' }] }, sink);
      await over();
      assert.ok(lines.some((line) => line.includes('ollamaFailed')));
      assert.ok(!lines.some((line) => line.includes('canary')));
    });
  });

  describe('faults', () => {
    const pieces = ['Grüße', ' <世界>', ' 🎉'];
    const fine: readonly (readonly [string, Partial<FakeOllamaKnobs>])[] = [
      ['several lines in one write', { chunking: 'coalesce:3' }],
      ['one byte at a time', { chunking: 'bytes:1' }],
      ['lines cut inside an escape', { chunking: 'splitEscape' }],
      ['the whole answer in one chunk', { httpChunking: 'oneBig' }],
      ['chunk extensions', { httpChunking: 'chunkExtensions' }],
      ['blank lines, CRLF and a byte order mark', { blankLine: true, crlf: true, bom: true }],
      ['no newline at the end', { trailingNoNewline: true }],
      ['a last line of a megabyte', { lineSize: 1_000_000 }],
    ];
    for (const [name, knobs] of fine) {
      it(`does not mind ${name}`, async () => {
        await server.set({ script: pieces, ...knobs });
        ask();
        await over();
        assert.equal(sink.error, undefined);
        assert.deepEqual(sink.pieces, pieces);
        assert.ok(sink.end);
      });
    }

    it('reads malformed UTF-8 as U+FFFD', async () => {
      await server.set({ script: pieces, invalidUtf8: true });
      ask();
      await over();
      assert.equal(sink.text, `\ufffd${pieces.join('')}`);
    });

    const broken: readonly (readonly [string, Partial<FakeOllamaKnobs>, ErrorCode, number])[] = [
      ['an error before the first token', { errorBefore: { status: 500, text: 'llama-server process has terminated' } }, 'ollamaFailed', 0],
      [
        'out of memory',
        { errorBefore: { status: 500, text: 'llama-server reported out-of-memory during startup: x' } },
        'ollamaOutOfMemory',
        0,
      ],
      ['an error as the first item', { errorAfter: 0 }, 'ollamaFailed', 0],
      ['an error line', { errorAfter: 2 }, 'ollamaFailed', 2],
      ['a clean end without done', { endWithoutDone: 2 }, 'ollamaEndedEarly', 2],
      ['an empty answer', { endWithoutDone: 0 }, 'ollamaEndedEarly', 0],
      ['a reset in mid-stream', { resetAfter: 2 }, 'ollamaEndedEarly', 2],
      ['a FIN in mid-stream', { truncateChunked: 2 }, 'ollamaEndedEarly', 2],
      ['a reset before the headers', { resetAfter: 'beforeHeaders' }, 'ollamaEndedEarly', 0],
      ['a FIN while the model loads', { resetAfter: 'duringLoad', resetKind: 'fin' }, 'ollamaEndedEarly', 0],
      ['a line that is no JSON', { garbageLine: true }, 'ollamaFailed', 1],
      ['a line of 9 MB', { lineSize: 9_000_000 }, 'ollamaFailed', 3],
      ['a full queue', { queueFull: true }, 'ollamaBusy', 0],
      ['a missing model', { modelMissing: 'single' }, 'ollamaModelMissing', 0],
      ['a missing model, worded otherwise', { modelMissing: 'double' }, 'ollamaModelMissing', 0],
      ['a blocked origin', { forbid: 'host' }, 'ollamaBlocked', 0],
      ['a web page', { notOllama: 'html' }, 'ollamaForeign', 0],
      ['other JSON', { notOllama: 'otherJson' }, 'ollamaFailed', 0],
      ['TLS', { notOllama: 'tls' }, 'ollamaForeign', 0],
      ['a proxy’s limit', { maxBody: 10 }, 'ollamaForeign', 0],
    ];
    for (const [name, knobs, code, kept] of broken) {
      it(`names ${name} ${code}, and keeps what came before`, async () => {
        await server.set({ script: pieces, ...knobs });
        ask();
        await over();
        assert.equal(sink.error?.code, code);
        assert.deepEqual(sink.pieces, pieces.slice(0, kept));
        assert.equal(server.asked.length, 1);
      });
    }
  });

  describe('time limits', () => {
    let clock: FakeClock;

    beforeEach(async () => {
      client.dispose();
      clock = new FakeClock();
      start({ clock, settings: () => ({ url: server.url, firstTokenTimeoutMs: 60_000, idleTimeoutMs: 20_000 }) });
      await client.check();
    });

    afterEach(async () => {
      client.dispose();
      await until(() => clock.pendingTimers === 0);
    });

    it('waits for the first token as long as the setting says', async () => {
      await server.set({ gate: 'manual' });
      ask();
      await until(() => server.asked.length === 1 && sink.heard.length === 1);
      await clock.advance(59_000);
      assert.ok(!sink.isOver);
      await clock.advance(1_000);
      assert.equal(sink.error?.code, 'ollamaFirstTokenTimeout');
      await until(() => server.asked[0]?.cancelledAt !== undefined);
    });

    it('waits between pieces as long as the setting says, and knows no total limit', async () => {
      await server.set({ gate: 'manual', script: Array.from({ length: 50 }, (_, i) => String(i)) });
      ask();
      for (let i = 1; i <= 30; i++) {
        await until(() => server.heldBack === 1);
        server.release();
        await until(() => sink.pieces.length === i);
        await clock.advance(19_000);
      }
      assert.ok(!sink.isOver);
      await clock.advance(1_000);
      assert.equal(sink.error?.code, 'ollamaIdleTimeout');
      assert.equal(sink.pieces.length, 30);
    });

    it('counts thinking as life', async () => {
      await server.set({ gate: 'manual', script: { thinking: 'hm', text: 'so' } });
      ask();
      await until(() => server.heldBack === 1);
      // the thinking line has been sent; it may take a turn or two to be read, and two idle limits are less than one first-token limit
      for (let i = 0; i < 2 && !sink.isOver; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        await clock.advance(20_000);
      }
      assert.equal(sink.error?.code, 'ollamaIdleTimeout');
    });

    it('takes a server that sends pieces but answers no ping for busy', async () => {
      await server.set({ gate: 'manual', script: Array.from({ length: 50 }, (_, i) => String(i)) });
      ask();
      await until(() => server.heldBack === 1);
      await server.set({ acceptThenSilent: true });
      const state = (): string => client.status.state;
      for (let i = 1; i <= 40; i++) {
        server.release();
        await until(() => sink.pieces.length === i && server.heldBack === 1);
        await clock.advance(500);
      }
      assert.equal(state(), 'ok');
      for (let passed = 0; passed < 10_000 && state() === 'ok'; passed += 500) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        await clock.advance(500);
      }
      assert.equal(state(), 'foreign');
    });

    it('uses ten minutes and two by default', async () => {
      client.dispose();
      start({ clock });
      await client.check();
      await server.set({ gate: 'manual' });
      ask();
      await until(() => server.asked.length === 1 && sink.heard.length === 1);
      await clock.advance(599_000);
      assert.ok(!sink.isOver);
      server.release();
      await until(() => sink.pieces.length === 1);
      await clock.advance(119_000);
      assert.ok(!sink.isOver);
      await clock.advance(1_000);
      assert.equal(sink.error?.code, 'ollamaIdleTimeout');
    });
  });

  describe('a port that swallows', () => {
    let silent: Server;
    const sockets = new Set<Socket>();

    beforeEach(async () => {
      silent = createServer((socket) => {
        sockets.add(socket);
        socket.resume();
        socket.on('error', () => undefined);
        socket.once('close', () => sockets.delete(socket));
      }).listen(0, '127.0.0.1');
      await once(silent, 'listening');
    });

    afterEach(async () => {
      client.dispose();
      await until(() => sockets.size === 0);
      silent.close();
    });

    it('is no Ollama', async () => {
      client.dispose();
      const clock = new FakeClock();
      const { port } = silent.address() as { port: number };
      start({ clock, settings: () => ({ url: `127.0.0.1:${String(port)}` }) });
      const looking = client.check();
      await until(() => sockets.size === 1);
      await clock.advance(2_000);
      assert.equal((await looking).state, 'foreign');
      client.dispose();
      await until(() => clock.pendingTimers === 0);
    });
  });

  describe('models', () => {
    it('are listed newest first, with what is loaded', async () => {
      server.setModels([
        'new:1b',
        { name: 'embed:1b', capabilities: ['embedding'] },
        { name: 'big:cloud', remoteHost: 'https://ollama.com' },
      ]);
      ask('new:1b');
      await over();
      const models = await client.listModels();
      assert.deepEqual(
        models.map(({ name, loaded, cloud, capabilities }) => ({ name, loaded, cloud, capabilities })),
        [
          { name: 'new:1b', loaded: true, cloud: undefined, capabilities: ['completion'] },
          { name: 'embed:1b', loaded: false, cloud: undefined, capabilities: ['embedding'] },
          { name: 'big:cloud', loaded: false, cloud: true, capabilities: ['completion'] },
        ],
      );
    });

    it('that are gone change the status', async () => {
      server.setModels([]);
      assert.deepEqual(await client.listModels(), []);
      assert.equal(client.status.state, 'noModels');
      server.setModels(['a']);
      assert.equal((await client.check()).state, 'ok');
    });

    it('cannot be listed where no Ollama is', async () => {
      await server.set({ notOllama: 'otherJson' });
      await assert.rejects(client.listModels(), { code: 'ollamaForeign' });
      await server.set({ notOllama: 'html' });
      await assert.rejects(client.listModels(), { code: 'ollamaForeign' });
    });
  });
});
