import assert from 'node:assert/strict';
import { systemClock } from '../../../src/base/clock.ts';
import { nullLogger } from '../../../src/base/log.ts';
import type { PullProgress } from '../../../src/conversation/ports.ts';
import { OllamaClient } from '../../../src/ollama/node/ollamaClient.ts';
import type { TunnelError } from '../../../src/protocol/errors.ts';
import { RecordingSink } from '../../contract/recordingSink.ts';
import { startFakeOllama, type FakeOllama } from '../../standin/startFakeOllama.ts';
import { until } from '../../standin/until.ts';

interface SeenPull {
  readonly progress: PullProgress[];
  end?: 'done' | TunnelError;
}

describe('models of Ollama', () => {
  let server: FakeOllama;
  let client: OllamaClient;

  beforeEach(async () => {
    server = await startFakeOllama({
      models: ['stand-in', { name: 'see:4b', capabilities: ['completion', 'vision', 'thinking'], contextLength: 8192 }],
    });
    client = new OllamaClient({
      clock: systemClock,
      log: nullLogger,
      settings: () => ({ url: server.url }),
      hasBinary: () => Promise.resolve(true),
    });
    await client.check();
  });
  afterEach(async () => {
    client.dispose();
    await until(() => server.openSockets === 0);
    await server.close();
  });

  it('streams what a model thinks, and says how much context the answer had and when it is nearly full', async () => {
    await server.set({ script: { thinking: 'let me see', text: 'one two three' }, gate: 'manual' });
    const sink = new RecordingSink();
    const messages = [{ role: 'user', content: 'word '.repeat(440).trim() }] as const;
    client.generate({ model: 'see:4b', messages, contextLength: 512, think: true, temperature: 0 }, sink);
    await until(
      () => sink.thoughts.length === 3 && server.requests.some(({ path, endedAt }) => path === '/api/ps' && endedAt !== undefined),
    );
    server.release(3);
    await until(() => sink.isOver);
    assert.deepEqual([sink.thoughts.join(''), sink.text], ['let me see', 'one two three']);
    assert.deepEqual([sink.end?.contextLength, sink.end?.contextNearlyFull, sink.end?.promptTokens], [512, true, 440]);
    assert.match(server.asked[0]?.body ?? '', /"think":true,"options":\{"temperature":0,"num_ctx":512\}\}$/);
  });

  it('is refused by a model that cannot think, in its own words', async () => {
    const sink = new RecordingSink();
    client.generate({ model: 'stand-in', messages: [{ role: 'user', content: 'hi' }], think: 'high' }, sink);
    await until(() => sink.isOver);
    assert.deepEqual([sink.error?.code, sink.error?.detail], ['ollamaFailed', '"stand-in" does not support thinking']);
  });

  const shown = (): number => server.requests.filter(({ path }) => path === '/api/show').length;
  async function say(model: string): Promise<void> {
    const sink = new RecordingSink();
    client.generate({ model, messages: [{ role: 'user', content: 'hi' }] }, sink);
    await until(() => sink.isOver);
  }
  function pull(model: string): { readonly seen: SeenPull; readonly stop: () => void } {
    const seen: SeenPull = { progress: [] };
    const flow = client.pull(model, {
      onProgress: (progress) => seen.progress.push(progress),
      onDone: () => (seen.end = 'done'),
      onError: (error) => (seen.end = error),
    });
    return {
      seen,
      stop: () => {
        flow.dispose();
      },
    };
  }

  for (const shortTags of [false, true])
    it(`knows what each model can do and how much it takes, from ${shortTags ? 'an older' : 'a newer'} Ollama`, async () => {
      await server.set({ shortTags });
      const models = await client.listModels();
      assert.deepEqual(
        models.map(({ name, capabilities, contextLength, quantization, size }) => [name, capabilities, contextLength, quantization, size]),
        [
          ['stand-in:latest', ['completion'], 4096, 'F16', 4_000_000],
          ['see:4b', ['completion', 'vision', 'thinking'], 8192, 'F16', 4_000_000],
        ],
      );
      assert.equal(shown(), 2);
      assert.deepEqual(await client.listModels(), models);
      assert.equal(shown(), 2, 'asked once for each digest');
    });

  it('tells what is loaded, where and until when, and frees the memory', async () => {
    await server.set({ gpuShare: 0.75 });
    assert.deepEqual(await client.listLoaded(), []);
    await say('stand-in');
    const [loaded, ...others] = await client.listLoaded();
    assert.deepEqual(others, []);
    assert.equal(loaded?.name, 'stand-in:latest');
    assert.deepEqual([loaded.size, loaded.gpuSize, loaded.contextLength], [4_000_000, 3_000_000, 4096]);
    assert.ok(Math.abs((loaded.expiresAt ?? 0) - Date.now() - 5 * 60_000) < 20_000);
    assert.equal((await client.listModels())[0]?.loaded, true);
    await client.unload('stand-in:latest');
    assert.deepEqual(await client.listLoaded(), []);
    assert.equal(server.asked.at(-1)?.body, '{"model":"stand-in:latest","keep_alive":0,"stream":false}');
  });

  it('deletes a model, and says when there is none', async () => {
    await client.deleteModel('see:4b');
    assert.deepEqual(
      (await client.listModels()).map(({ name }) => name),
      ['stand-in:latest'],
    );
    await assert.rejects(client.deleteModel('see:4b'), { code: 'ollamaModelMissing' });
    await assert.rejects(client.unload('see:4b'), { code: 'ollamaModelMissing' });
  });

  it('downloads a model', async () => {
    const { seen } = pull('new:1b');
    await until(() => seen.end !== undefined);
    assert.equal(seen.end, 'done');
    assert.deepEqual(seen.progress.at(-1), { step: 'finishing', completed: 2000, total: 2000 });
    assert.ok((await client.listModels()).some(({ name }) => name === 'new:1b'));
  });

  const faults = [
    ['an error line in the middle', { failAt: 3, failText: 'max retries exceeded: EOF' }, 'max retries exceeded: EOF'],
    ['an end without success', { endAt: 4 }, 'it broke off'],
    ['a connection that dies', { cutAt: 4 }, 'it broke off'],
  ] as const;
  for (const [what, fault, detail] of faults)
    it(`calls a download failed after ${what}`, async () => {
      await server.set({ pull: { layers: 2, bytes: 1000, tickMs: 0, failAt: null, ...fault } });
      const { seen } = pull('new:1b');
      await until(() => seen.end !== undefined);
      assert.ok(seen.end !== 'done' && seen.end !== undefined);
      assert.deepEqual([seen.end.code, seen.end.detail], ['ollamaPullFailed', detail]);
      assert.ok(seen.progress.length > 0);
      assert.ok(!(await client.listModels()).some(({ name }) => name === 'new:1b'));
    });

  it('ends a download at Ollama when it is cancelled', async () => {
    await server.set({ pull: { layers: 2, bytes: 1000, tickMs: 0, failAt: null, stallAt: 3 } });
    const { seen, stop } = pull('new:1b');
    await until(() => seen.progress.length === 3);
    stop();
    await until(() => server.requests.some(({ path, cancelledAt }) => path === '/api/pull' && cancelledAt !== undefined));
    assert.equal(seen.end, undefined);
  });
});
