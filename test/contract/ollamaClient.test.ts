import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { nullLogger } from '../../src/base/log.ts';
import { OllamaClient } from '../../src/ollama/node/ollamaClient.ts';
import type { FakeOllamaKnobs } from '../standin/knobs.ts';
import { startFakeOllama } from '../standin/startFakeOllama.ts';
import { until } from '../standin/until.ts';
import { describeModelClient, type ModelClientHarness, type SeenRequest } from './modelClientConformance.ts';

async function makeHarness(knobs: Partial<FakeOllamaKnobs>): Promise<ModelClientHarness> {
  const server = await startFakeOllama(knobs);
  const client = new OllamaClient({
    clock: systemClock,
    log: nullLogger,
    settings: () => ({ url: server.url }),
    hasBinary: () => Promise.resolve(true),
  });
  return {
    client,
    model: 'stand-in:latest',
    failureCode: 'ollamaFailed',
    plan({ pieces, end = 'done' }) {
      const after = pieces.length;
      void server.set({ script: pieces, errorAfter: end === 'failure' ? after : null, endWithoutDone: end === 'early' ? after : null });
    },
    hold() {
      void server.set({ gate: 'manual' });
    },
    release(count) {
      server.release(count);
    },
    get seen() {
      return server.asked
        .filter((one) => one.body !== '')
        .map((one) => ({ ...(JSON.parse(one.body) as Pick<SeenRequest, 'model' | 'messages'>), aborted: one.cancelledAt !== undefined }));
    },
    until,
    stopServer: () => server.set({ refuse: true }),
    async end() {
      client.dispose();
      await until(() => server.openSockets === 0);
      await server.close();
      assert.equal(server.openSockets, 0);
    },
  };
}

describeModelClient('Ollama over HTTP', () => makeHarness({}));
describeModelClient('Ollama over HTTP, bytes in pieces of 31', () => makeHarness({ chunking: 'bytes:31' }));
describeModelClient('Ollama over HTTP, lines cut inside characters', () =>
  makeHarness({ chunking: 'splitUtf8', crlf: true, blankLine: true }),
);
describeModelClient('Ollama over HTTP, with chunk extensions', () => makeHarness({ httpChunking: 'chunkExtensions' }));
