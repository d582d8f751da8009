import assert from 'node:assert/strict';
import { startFakeOllama, type FakeOllama, type FakeOllamaOptions } from './startFakeOllama.ts';
import { head, rawRequest } from './rawRequest.ts';
import { until } from './until.ts';

const ask = { model: 'stand-in', messages: [{ role: 'user', content: 'hi <there>' }] };

describe('stand-in', () => {
  let server: FakeOllama;

  const start = async (options: FakeOllamaOptions): Promise<void> => {
    await server.close();
    server = await startFakeOllama(options);
  };
  const call = (path: string, body?: unknown, init: RequestInit = {}): Promise<Response> =>
    fetch(server.url + path, {
      ...(body === undefined ? {} : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...init,
      headers: { Connection: 'close', ...(init.headers as Record<string, string> | undefined) },
    });
  const lines = async (response: Response): Promise<Record<string, unknown>[]> =>
    (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  beforeEach(async () => {
    server = await startFakeOllama();
  });

  afterEach(async () => {
    await server.close();
    assert.equal(server.openSockets, 0);
  });

  describe('answers', () => {
    it('stream lines with the fields in Ollama’s order, escaped as Go does', async () => {
      await server.set({ script: [' Hi', ' <b>'] });
      const response = await call('/api/chat', ask);
      assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
      assert.equal(response.headers.get('content-length'), null);
      const text = (await response.text()).replaceAll(/\d{4}-[^"]*Z/g, 'TIME').replaceAll(/_duration":\d+/g, '_duration":1');
      assert.equal(
        text,
        [
          '{"model":"stand-in","created_at":"TIME","message":{"role":"assistant","content":" Hi"},"done":false}',
          '{"model":"stand-in","created_at":"TIME","message":{"role":"assistant","content":" \\u003cb\\u003e"},"done":false}',
          '{"model":"stand-in","created_at":"TIME","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":1,"load_duration":1,"prompt_eval_count":2,"prompt_eval_duration":1,"eval_count":2,"eval_duration":1}',
          '',
        ].join('\n'),
      );
    });

    it('say that no model is behind them, and repeat the question', async () => {
      const text = (await lines(await call('/api/chat', ask))).map((line) => (line['message'] as { content: string }).content).join('');
      assert.equal(text, 'I am the stand-in for Ollama, not a model. You asked: hi <there>');
    });

    it('come at once when streaming is off', async () => {
      const response = await call('/api/chat', { ...ask, stream: false });
      assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
      const body = (await response.json()) as Record<string, unknown>;
      assert.equal(body['done'], true);
      assert.ok((body['message'] as { content: string }).content.endsWith('<there>'));
    });

    it('to generate have a response and a context', async () => {
      await server.set({ script: (view) => [view.prompt] });
      const [first, last] = await lines(await call('/api/generate', { model: 'stand-in', prompt: 'x' }));
      assert.equal(first?.['response'], 'x');
      assert.deepEqual([last?.['response'], last?.['context'], last?.['message']], ['', [1, 2, 3], undefined]);
    });

    it('only load the model when nothing is asked, and unload it', async () => {
      const load = async (keep_alive?: number): Promise<unknown> =>
        ((await (await call('/api/chat', { model: 'stand-in', messages: [], keep_alive })).json()) as { done_reason: unknown }).done_reason;
      const loaded = async (): Promise<number> => ((await (await call('/api/ps')).json()) as { models: unknown[] }).models.length;
      assert.equal(await load(), 'load');
      assert.equal(await loaded(), 1);
      assert.equal(await load(0), 'unload');
      assert.equal(await loaded(), 0);
    });

    it('hold tool calls and thinking', async () => {
      server.setModels([{ name: 'smart', capabilities: ['completion', 'tools', 'thinking'] }]);
      await server.set({ script: { thinking: 'hm', text: 'so', toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] } });
      const got = await lines(await call('/api/chat', { ...ask, model: 'smart', think: true, tools: [{}] }));
      assert.deepEqual(
        got.map((line) => line['message']),
        [
          { role: 'assistant', content: '', thinking: 'hm' },
          { role: 'assistant', content: 'so' },
          {
            role: 'assistant',
            content: '',
            tool_calls: [{ id: 'call_00000000', function: { index: 0, name: 'get_weather', arguments: { city: 'Paris' } } }],
          },
        ],
      );
      await server.set({ toolPlacement: 'intermediate' });
      assert.equal((await lines(await call('/api/chat', { ...ask, model: 'smart' }))).length, 4);
    });

    it('end with length at num_predict', async () => {
      await server.set({ script: { text: 'la ', repeat: 10 } });
      const got = await lines(await call('/api/chat', { ...ask, options: { num_predict: 3 } }));
      assert.equal(got.length, 4);
      assert.equal(got.at(-1)?.['done_reason'], 'length');
    });
  });

  describe('refuses', () => {
    const cases: readonly (readonly [string, unknown, number, string])[] = [
      ['/api/chat', '', 400, 'missing request body'],
      ['/api/chat', 'x', 400, "invalid character 'x' looking for beginning of value"],
      ['/api/chat', {}, 400, 'model is required'],
      ['/api/generate', {}, 404, "model '' not found"],
      ['/api/chat', { ...ask, model: 'no:1b' }, 404, "model 'no:1b' not found"],
      ['/api/chat', { ...ask, top_logprobs: 21 }, 400, 'top_logprobs must be between 0 and 20'],
      ['/api/chat', { ...ask, tools: [{}] }, 400, 'registry.ollama.ai/library/stand-in:latest does not support tools'],
      ['/api/chat', { ...ask, think: true }, 400, '"stand-in" does not support thinking'],
      ['/api/embed', { model: 'no', input: 'x' }, 404, 'model "no" not found, try pulling it first'],
      ['/api/embed', { model: 'stand-in', input: [1] }, 400, 'invalid input type'],
      ['/api/show', {}, 400, 'model is required'],
      ['/api/copy', {}, 400, 'source "" is invalid'],
      ['/api/copy', { source: 'no', destination: 'b' }, 404, 'model "no" not found'],
    ];
    for (const [path, body, status, error] of cases) {
      it(`${path} ${JSON.stringify(body).slice(0, 50)} with ${String(status)}`, async () => {
        const response = await call(path, body);
        assert.equal(response.status, status);
        assert.deepEqual(await response.json(), { error });
      });
    }

    it('unknown paths and methods in plain text', async () => {
      const missing = await call('/api/signin');
      assert.deepEqual(
        [missing.status, await missing.text(), missing.headers.get('content-type')],
        [404, '404 page not found', 'text/plain'],
      );
      const wrong = await call('/api/chat');
      assert.deepEqual([wrong.status, await wrong.text()], [405, '405 method not allowed']);
      assert.equal((await call('/api/tags/', undefined, { redirect: 'manual' })).status, 301);
    });

    it('models in the cloud as its knob says', async () => {
      await server.set({ cloud: 'signedOut' });
      assert.equal((await call('/api/chat', { ...ask, model: 'x:cloud' })).status, 401);
      await server.set({ cloud: 'disabled' });
      assert.equal((await call('/api/chat', { ...ask, model: 'x-cloud' })).status, 403);
    });

    it('a Host that is not local, and foreign origins, with an empty 403', async () => {
      const status = async (headers: Record<string, string>): Promise<string> =>
        (await rawRequest(server.port, head('GET', '/', headers))).whole.slice(9, 12);
      for (const Host of ['127.0.0.1:1', '10.1.2.3', 'localhost', 'a.local', 'x.internal:80', '[::1]:11434', '[fd00::1]:1'])
        assert.equal(await status({ Host }), '200', Host);
      for (const Host of ['evil.example', '8.8.8.8', '[::1]', '[2001:db8::1]:1', 'localhost.evil.example'])
        assert.equal(await status({ Host }), '403', Host);
      for (const Origin of ['http://localhost:3000', 'https://127.0.0.1', 'vscode-webview://abc', 'http://127.0.0.1:11434'])
        assert.equal(await status({ Origin }), '200', Origin);
      for (const Origin of ['null', 'https://evil.example', 'chrome-extension://abc'])
        assert.equal(await status({ Origin }), '403', Origin);
      await server.set({ bind: 'any' });
      assert.equal(await status({ Host: 'evil.example' }), '200');
    });
  });

  describe('management', () => {
    it('answers HEAD, copies, deletes, embeds and takes blobs', async () => {
      const probe = await call('/api/version', undefined, { method: 'HEAD' });
      assert.deepEqual([probe.status, await probe.text()], [200, '']);
      const copied = await call('/api/copy', { source: 'stand-in', destination: 'copy' });
      assert.deepEqual([copied.status, await copied.text()], [200, '']);
      assert.equal((await call('/api/delete', undefined, { method: 'DELETE', body: '{"model":"stand-in"}' })).status, 200);
      const names = ((await (await call('/api/tags')).json()) as { models: { name: string }[] }).models.map((model) => model.name);
      assert.deepEqual(names, ['copy:latest']);
      const { embeddings } = (await (await call('/api/embed', { model: 'copy', input: ['a', 'b'] })).json()) as { embeddings: number[][] };
      assert.ok(embeddings.every((one) => Math.abs(Math.hypot(...one) - 1) < 1e-9));
      assert.deepEqual(await (await call('/api/embeddings', { model: 'copy', prompt: '' })).json(), { embedding: [] });
      assert.ok(JSON.stringify(await (await call('/api/show', { model: 'copy' })).json()).includes('/home/someone/'));
      const digest = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
      const blob = async (method: string, body?: string): Promise<number> =>
        (await call(`/api/blobs/${digest}`, undefined, { method, ...(body === undefined ? {} : { body }) })).status;
      assert.deepEqual(
        [await blob('HEAD'), await blob('POST', 'nope'), await blob('POST', 'hello'), await blob('HEAD'), await blob('POST', 'hello')],
        [404, 400, 201, 200, 200],
      );
      assert.equal((await call('/api/blobs/sha256:zz', '')).status, 400);
      assert.equal((await call('/api/me', {})).status, 401);
      assert.equal((await call('/api/status')).status, 200);
    });

    it('pulls with progress, or fails on the way', async () => {
      const statuses = async (): Promise<unknown[]> =>
        (await lines(await call('/api/pull', { model: 'new' }))).map((line) => line['status'] ?? line['error']);
      await server.set({ pull: { layers: 1, bytes: 10, tickMs: 0, failAt: 3 } });
      assert.deepEqual((await statuses()).at(-1), 'pull model manifest: file does not exist');
      await server.set({ pull: { layers: 1, bytes: 10, tickMs: 0, failAt: null } });
      assert.deepEqual(
        (await statuses()).filter((status) => !String(status).startsWith('pulling ')),
        ['verifying sha256 digest', 'writing manifest', 'success'],
      );
      assert.equal((await call('/api/chat', { ...ask, model: 'new' })).status, 200);
      assert.deepEqual(await (await call('/api/pull', { model: 'new', stream: false })).json(), { status: 'success' });
    });

    it('sends a length for short answers and chunks for long ones', async () => {
      assert.ok((await call('/api/tags')).headers.get('content-length') !== null);
      server.setModels(Array.from({ length: 20 }, (_, i) => `m${String(i)}`));
      const response = await call('/api/tags');
      assert.equal(response.headers.get('content-length'), null);
      assert.equal(((await response.json()) as { models: unknown[] }).models.length, 20);
    });
  });

  describe('scheduling', () => {
    it('answers one request at a time and holds the others without a sound', async () => {
      await server.set({ gate: 'manual', script: ['x'] });
      const first = call('/api/chat', ask);
      await until(() => server.heldBack === 1);
      const second = call('/api/chat', ask);
      await until(() => server.asked.length === 2);
      server.release(1);
      await (await first).text();
      await until(() => server.heldBack === 1);
      assert.equal(server.asked[1]?.firstByteAt, undefined);
      server.release(1);
      await (await second).text();
    });

    it('frees the slot of a client that has gone', async () => {
      await server.set({ gate: 'manual', script: ['x'] });
      const abort = new AbortController();
      const gone = call('/api/chat', ask, { signal: abort.signal });
      await until(() => server.heldBack === 1);
      abort.abort();
      await assert.rejects(gone);
      await until(() => server.asked[0]?.closedBy === 'client' && server.heldBack === 0);
      const next = call('/api/chat', ask);
      await until(() => server.heldBack === 1);
      server.release(1);
      assert.equal((await next).status, 200);
      await (await next).text();
    });

    it('loads one model at a time, refuses beyond the queue, and gives a load up with its client', async () => {
      server.setModels(['a', 'b', 'c']);
      await server.set({ loadMs: 60_000, maxQueue: 1 });
      const abort = new AbortController();
      const loading = call('/api/chat', { ...ask, model: 'a' }, { signal: abort.signal });
      await until(() => server.asked.length === 1 && server.asked[0]?.body !== '');
      const waiting = call('/api/chat', { ...ask, model: 'b' }, { signal: abort.signal });
      await until(() => server.asked.length === 2 && server.asked[1]?.body !== '');
      const refused = await call('/api/chat', { ...ask, model: 'c' });
      assert.equal(refused.status, 503);
      assert.deepEqual(await refused.json(), { error: 'server busy, please try again.  maximum pending requests exceeded' });
      abort.abort();
      await Promise.all([assert.rejects(loading), assert.rejects(waiting)]);
      await until(() => server.asked[0]?.cancelledAt !== undefined && server.asked[1]?.cancelledAt !== undefined);
      assert.deepEqual(await (await call('/api/ps')).json(), { models: [] });
    });

    it('takes the time its knobs say', async () => {
      await server.set({ script: ['a', 'b', 'c'], ttftMs: 40, tokensPerSec: 50, jitterMs: 1, promptMsPerToken: 5 });
      const startedAt = performance.now();
      const got = await lines(await call('/api/chat', ask));
      assert.ok(performance.now() - startedAt >= 85);
      assert.ok(Number(got.at(-1)?.['eval_duration']) >= 39e6);
    });
  });

  describe('OpenAI’s shape', () => {
    const v1 = { model: 'stand-in', messages: [{ role: 'user', content: 'x' }] };
    const events = async (body: object): Promise<unknown[]> =>
      (await (await call('/v1/chat/completions', body)).text())
        .split('\n\n')
        .filter((event) => event.trim() !== '')
        .map((event) => event.trim().replace(/^data: /, ''))
        .map((data) => (data === '[DONE]' ? data : (JSON.parse(data) as unknown)));

    it('streams chunks, a finish, usage and [DONE]', async () => {
      await server.set({ script: ['a', 'b'] });
      const got = (await events({ ...v1, stream: true, stream_options: { include_usage: true } })) as {
        choices?: object[];
        usage?: object;
      }[];
      assert.equal(got.at(-1), '[DONE]');
      assert.deepEqual(got[0]?.choices, [{ index: 0, delta: { role: 'assistant', content: 'a' }, finish_reason: null }]);
      assert.deepEqual(got[2]?.choices, [{ index: 0, delta: {}, finish_reason: 'stop' }]);
      assert.deepEqual(got[3]?.usage, { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 });
    });

    it('does not stream by default', async () => {
      const body = (await (await call('/v1/chat/completions', v1)).json()) as { choices: { message: { content: string } }[] };
      assert.ok(body.choices[0]?.message.content.endsWith('x'));
    });

    it('swallows an error in mid-stream, as Ollama does', async () => {
      await server.set({ script: ['a', 'b'], errorAfter: 1 });
      const got = (await events({ ...v1, stream: true })) as { model: string; choices: object[] }[];
      assert.equal(got.length, 2);
      assert.equal(got[1]?.model, '');
      assert.deepEqual(got[1].choices, [{ index: 0, delta: { content: '' }, finish_reason: null }]);
      await server.set({ faithfulErrors: false });
      assert.ok(JSON.stringify((await events({ ...v1, stream: true }))[1]).includes('api_error'));
    });

    it('words its refusals in its own way', async () => {
      const missing = await call('/v1/chat/completions', { ...v1, model: 'no' });
      assert.deepEqual(
        [missing.status, await missing.json()],
        [404, { error: { message: "model 'no' not found", type: 'not_found_error', param: null, code: null } }],
      );
      assert.equal((await call('/v1/chat/completions', { ...v1, messages: [] })).status, 400);
      assert.equal(((await (await call('/v1/models')).json()) as { data: unknown[] }).data.length, 1);
      server.setModels([]);
      assert.equal(((await (await call('/v1/models')).json()) as { data: unknown }).data, null);
    });
  });

  describe('transport', () => {
    const body = JSON.stringify(ask);
    const raw = (): ReturnType<typeof rawRequest> => rawRequest(server.port, head('POST', '/api/chat', {}, body));

    it('writes one HTTP chunk a line', async () => {
      await server.set({ script: ['a', 'b'] });
      const { whole } = await raw();
      const chunks = whole.slice(whole.indexOf('\r\n\r\n') + 4).split('\r\n');
      assert.equal(chunks.filter((chunk) => chunk.startsWith('{')).length, 3);
      assert.ok(whole.endsWith('0\r\n\r\n'));
    });

    it('writes the whole answer in one chunk, or with extensions, when told', async () => {
      await server.set({ script: ['a', 'b'], httpChunking: 'oneBig' });
      assert.equal((await raw()).whole.split('\r\n').filter((line) => line.startsWith('{')).length, 1);
      await server.set({ httpChunking: 'chunkExtensions' });
      assert.match((await raw()).whole, /;piece="1"\r\n\{[^]*0;last=1\r\n\r\n$/);
    });

    it('cuts inside characters and escapes when told', async () => {
      await server.set({ script: ['é<'], chunking: 'splitUtf8' });
      assert.ok((await raw()).pieces.some((piece) => piece.includes('\xc3\r\n') && !piece.includes('\xa9')));
      await server.set({ chunking: 'splitEscape' });
      assert.ok((await raw()).pieces.some((piece) => piece.includes('\\u00\r\n')));
    });

    it('leaves out the last chunk, or resets, when told', async () => {
      await server.set({ script: ['a', 'b'], truncateChunked: 1 });
      const cut = await raw();
      assert.ok(cut.whole.includes('"a"') && !cut.whole.endsWith('0\r\n\r\n'));
      assert.equal(cut.error, undefined);
      await server.set({ truncateChunked: null, resetAfter: 1 });
      assert.equal((await raw()).error, 'ECONNRESET');
      assert.equal(server.asked.at(-1)?.closedBy, 'server');
    });

    it('blows the last line up to the size told', async () => {
      await server.set({ lineSize: 100_000 });
      const text = await (await call('/api/chat', ask)).text();
      const last = text.trim().split('\n').at(-1) ?? '';
      assert.ok(last.length >= 100_000 && last.length < 100_100);
      JSON.parse(last);
    });

    it('refuses a body that a proxy would refuse, and reads slowly when told', async () => {
      await server.set({ maxBody: 10 });
      assert.equal((await call('/api/chat', ask)).status, 413);
      await server.set({ maxBody: null, slowBodyReadMs: 20 });
      assert.equal((await call('/api/chat', ask)).status, 200);
    });

    it('closes connections as its knob says', async () => {
      await server.set({ keepAlive: 'closeEach' });
      assert.match((await rawRequest(server.port, 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')).whole, /Connection: close/);
      await server.set({ keepAlive: 'closeIdle:20' });
      assert.match((await rawRequest(server.port, 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')).whole, /Ollama is running$/);
    });

    it('comes back at the same port after a restart, with nothing loaded', async () => {
      await (await call('/api/chat', ask)).text();
      await server.restart(5);
      assert.deepEqual(await (await call('/api/ps')).json(), { models: [] });
    });

    it('refuses from the start when told', async () => {
      await start({ refuse: true });
      await assert.rejects(call('/'));
      await server.set({ refuse: false });
      assert.equal((await call('/')).status, 200);
    });

    it('leaves nothing behind when closed in the middle of everything', async () => {
      await server.set({ gate: 'manual' });
      const asked = call('/api/chat', ask);
      await until(() => server.heldBack === 1);
      await Promise.all([assert.rejects(asked), server.close()]);
      await until(() => server.heldBack === 0);
    });
  });

  it('logs what was asked, byte for byte, and bounded', async () => {
    await rawRequest(server.port, head('POST', '/api/chat?x=1', { 'X-Odd-CASE': '1' }, JSON.stringify(ask)));
    const [record] = server.requests;
    assert.match(record?.head ?? '', /^POST \/api\/chat\?x=1 HTTP\/1\.1\r\nHost: 127\.0\.0\.1:11434\r\nX-Odd-CASE: 1\r\n/);
    assert.equal(record?.body, JSON.stringify(ask));
    assert.ok(record.endedAt !== undefined && record.endedAt >= record.receivedAt && record.closedBy === 'server');
  });
});
