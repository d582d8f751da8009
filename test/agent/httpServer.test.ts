import assert from 'node:assert/strict';
import { TunnelError } from '../../src/protocol/errors.ts';
import { HTTP_HOLD_MS, MAX_HTTP_BODIES_BYTES, MAX_HTTP_BODY_BYTES, MAX_HTTP_RUNS_PER_CLIENT } from '../../src/protocol/limits.ts';
import type { HttpCaller } from '../fakes/httpCaller.ts';
import { fakeModel as model, HttpServerWorld, helloQuestion as question } from '../fakes/httpServerWorld.ts';

describe('http server of a device', () => {
  let world: HttpServerWorld;
  beforeEach(() => {
    world = new HttpServerWorld();
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

  it('counts the lines of a model’s answer as tokens, and none of a list', async () => {
    await world.ask('POST', '/api/chat', question);
    world.upstream.last.head({ status: 200 });
    world.upstream.last.body('{"a":1}\n{"b":');
    world.upstream.last.body('2}\n');
    world.upstream.last.end();
    assert.equal(world.tokens, 2);
    await world.ask('POST', '/v1/chat/completions', { ...question, stream: true });
    world.upstream.last.head({ status: 200 });
    world.upstream.last.body('data: {}\n\ndata: {}\n\ndata: [DONE]\n\n');
    world.upstream.last.end();
    assert.equal(world.tokens, 5);
    await world.ask('GET', '/api/version');
    world.upstream.last.head({ status: 200 });
    world.upstream.last.body('{"version":"1"}\n');
    world.upstream.last.end();
    await world.settle();
    assert.equal(world.tokens, 5);
  });

  it('pauses Ollama while the caller does not read, and loses nothing when it reads again', async () => {
    const caller = await world.ask('POST', '/api/generate', { model, prompt: 'much' });
    const flow = world.upstream.last;
    flow.head({ status: 200 });
    caller.hold();
    const sent: number[] = [];
    const fill = (): void => {
      while (!flow.isPaused && sent.length < 100) {
        sent.push(sent.length);
        flow.body(new Uint8Array(16 * 1024).fill(sent.length));
        world.pair.flush();
      }
    };
    fill();
    assert.ok(flow.isPaused, 'Ollama is held back');
    assert.ok(sent.length * 16 <= 640, `${String(sent.length * 16)} KiB were taken for a caller that reads nothing`);
    const before = sent.length;
    await world.settle();
    fill();
    assert.equal(sent.length, before);
    caller.release();
    while (sent.length < 100) {
      await world.settle();
      assert.ok(!flow.isPaused, 'it goes on');
      fill();
    }
    flow.end();
    await world.settle();
    assert.ok(caller.isEnded);
    assert.equal(caller.body.length, 100 * 16 * 1024);
    assert.ok(caller.body.every((byte, i) => byte === Math.floor(i / (16 * 1024)) + 1));
  });

  it('stops Ollama when the caller resets its stream, asks it to stop, or goes', async () => {
    for (const leave of [
      (caller: HttpCaller) => {
        caller.stream.reset('cancelled');
      },
      (caller: HttpCaller) => {
        caller.stream.stop();
      },
      () => {
        world.pair.device.dispose();
      },
    ]) {
      const caller = await world.ask('POST', '/api/chat', question);
      const flow = world.upstream.last;
      flow.head({ status: 200 });
      flow.body('x');
      assert.equal(world.server.running, 1);
      leave(caller);
      await world.settle();
      assert.ok(flow.isDisposed);
      assert.equal(world.server.running, 0);
    }
    assert.equal(world.upstream.flows.length, 3);
    assert.deepEqual(world.lines.at(-1)?.['error'], 'closed');
  });

  it('holds a request for a minute when the tunnel is lost, then ends it', async () => {
    const caller = await world.ask('POST', '/api/chat', question);
    const flow = world.upstream.last;
    flow.head({ status: 200 });
    world.pair.cut();
    await world.clock.advance(HTTP_HOLD_MS - 1);
    assert.ok(!flow.isDisposed);
    flow.body('meanwhile');
    await world.clock.advance(1);
    assert.ok(flow.isDisposed);
    world.pair.attach();
    await world.settle();
    assert.deepEqual(caller.outcome, { kind: 'reset', code: 'streamGone' });
  });

  it('goes on where it was when the tunnel is back within the minute', async () => {
    const caller = await world.ask('POST', '/api/chat', question);
    const flow = world.upstream.last;
    flow.head({ status: 200 });
    flow.body('one ');
    world.pair.cut();
    flow.body('two ');
    await world.clock.advance(HTTP_HOLD_MS - 1);
    world.pair.attach();
    await world.settle();
    await world.clock.advance(HTTP_HOLD_MS);
    flow.body('three');
    flow.end();
    await world.settle();
    assert.equal(caller.text, 'one two three');
    assert.equal(world.upstream.flows.length, 1);
  });

  it('answers a failure before the first byte with a status in the words of the API that was asked', async () => {
    const native = await world.ask('POST', '/api/chat', question);
    world.upstream.last.fail(new TunnelError('ollamaNotRunning'));
    const openAi = await world.ask('POST', '/v1/chat/completions', question);
    world.upstream.last.fail(new TunnelError('ollamaFirstTokenTimeout'));
    await world.settle();
    assert.equal(native.head?.status, 503);
    assert.ok((native.head.retryAfter ?? 0) > 0);
    assert.match((native.json as { error: string }).error, /^Ollama is not running/);
    assert.equal(openAi.head?.status, 504);
    assert.deepEqual(openAi.json, {
      error: { message: new TunnelError('ollamaFirstTokenTimeout').words, type: 'api_error', param: null, code: null },
    });
  });

  it('resets the stream when Ollama breaks off in the middle, after what it said', async () => {
    const caller = await world.ask('POST', '/api/chat', question);
    const flow = world.upstream.last;
    flow.head({ status: 200 });
    flow.body('the beginning');
    flow.fail(new TunnelError('ollamaEndedEarly'));
    await world.settle();
    assert.deepEqual(caller.outcome, { kind: 'reset', code: 'ollamaEndedEarly' });
    assert.equal(caller.text, 'the beginning');
    assert.equal(caller.isEnded, false);
  });

  it('passes an error of Ollama on without what names the machine or its user', async () => {
    const caller = await world.ask('POST', '/api/chat', question);
    world.upstream.last.answer(500, {
      error: 'llama-server process has terminated: open /home/alice/.ollama/models/blobs/x: no such file',
    });
    await world.settle();
    assert.equal(caller.head?.status, 500);
    assert.deepEqual(caller.json, { error: 'llama-server process has terminated: open …' });
  });

  it('takes a redirect and a refused Host for what they are', async () => {
    for (const status of [307, 403]) {
      const caller = await world.ask('POST', '/api/chat', question);
      world.upstream.last.answer(status, '');
      await world.settle();
      assert.equal(caller.head?.status, 502);
    }
  });

  it('hides cloud-backed models from lists, and trims what a model tells of its owner', async () => {
    const tags = await world.ask('GET', '/api/tags');
    world.upstream.last.answer(200, {
      models: [{ name: 'a:latest', size: 1 }, { name: 'b:120b-cloud' }, { name: 'c:latest', remote_host: 'https://ollama.com' }],
    });
    world.models.models = [{ name: 'a:latest' }, { name: 'c:latest', cloud: true }];
    const models = await world.ask('GET', '/v1/models');
    world.upstream.last.answer(200, { object: 'list', data: [{ id: 'a:latest' }, { id: 'c:latest' }, { id: 'd:cloud' }] });
    const show = await world.ask('POST', '/api/show', { model: 'a', verbose: true, system: 'mine' });
    assert.deepEqual(world.upstream.last.json, { model: 'a' });
    world.upstream.last.answer(200, {
      modelfile: 'FROM /home/alice/x',
      system: 's',
      template: 't',
      license: 'l',
      capabilities: ['completion'],
    });
    await world.settle();
    assert.deepEqual(tags.json, { models: [{ name: 'a:latest', size: 1 }] });
    assert.deepEqual(models.json, { object: 'list', data: [{ id: 'a:latest' }] });
    assert.deepEqual(show.json, { capabilities: ['completion'] });
  });

  it('writes a list that is longer than a stream takes at once', async () => {
    const caller = await world.ask('GET', '/api/tags');
    const many = Array.from({ length: 5_000 }, (_, i) => ({ name: `model-${String(i)}:latest`, digest: 'f'.repeat(64) }));
    world.upstream.last.answer(200, { models: many });
    for (let i = 0; i < 50 && !caller.isEnded; i++) await world.settle();
    assert.deepEqual(caller.json, { models: many });
  });

  it('refuses a cloud-backed model and one that is not there, without asking Ollama', async () => {
    world.models.models = [{ name: 'plain:latest', cloud: true }, { name: model }];
    const statuses: (number | undefined)[] = [];
    for (const name of ['plain', 'library/plain:latest', 'registry.ollama.ai/library/plain', 'x:cloud', 'nowhere'])
      statuses.push((await world.ask('POST', '/api/chat', { ...question, model: name })).head?.status);
    assert.deepEqual(statuses, [403, 403, 403, 403, 404]);
    assert.equal(world.upstream.flows.length, 0);
    await world.ask('POST', '/api/chat', { ...question, model: 'FAKE' });
    assert.equal(world.upstream.flows.length, 1);
  });

  it('asks Ollama in the turn in which a request came, once its model is known', async () => {
    await world.ask('POST', '/api/chat', question);
    world.caller().ask('POST', '/api/chat', question);
    world.pair.flush();
    assert.equal(world.upstream.flows.length, 2);
    await world.clock.advance(30_000);
    world.caller().ask('POST', '/api/chat', question);
    world.pair.flush();
    assert.equal(world.upstream.flows.length, 2, 'an old list does not count');
    await world.settle();
    assert.equal(world.upstream.flows.length, 3);
  });

  it('looks up a model that was pulled a moment ago', async () => {
    assert.equal((await world.ask('POST', '/api/chat', { ...question, model: 'new' })).head?.status, 404);
    world.models.models = [{ name: 'new:latest' }];
    await world.clock.advance(1_000);
    await world.ask('POST', '/api/chat', { ...question, model: 'new' });
    assert.equal(world.upstream.flows.length, 1);
  });

  it('refuses bytes that are no head, heads that are no request, and bodies where none belongs', async () => {
    const heads = [
      '',
      'GET / HTTP/1.1',
      '[]',
      '{"method":"GET"}',
      { method: 'GET', path: '/', host: 'evil' },
      { method: 'get', path: '/' },
    ];
    for (const head of heads) {
      const caller = world.caller().sendHead(head);
      caller.stream.end();
      await world.settle();
      assert.equal(caller.head?.status, 400, JSON.stringify(head));
    }
    const empty = world.caller();
    empty.stream.end();
    await world.settle();
    assert.equal(empty.head?.status, 400);
    assert.equal((await world.ask('GET', '/api/tags', 'body')).head?.status, 400);
    assert.equal(world.upstream.flows.length, 0);
    assert.equal(world.pair.device.streamCount, 0, 'streams are left');
  });

  it('refuses a head that announces more than a head may be', async () => {
    const caller = world.caller();
    caller.stream.write(new Uint8Array([0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
    await world.settle();
    assert.equal(caller.head?.status, 400);
  });

  it('refuses a body by its announced length before it comes, and by its own when it does', async () => {
    const announced = world.caller().sendHead({ method: 'POST', path: '/api/chat', contentLength: MAX_HTTP_BODY_BYTES + 1 });
    await world.settle();
    assert.equal(announced.head?.status, 413);
    const own = world.caller().sendHead({ method: 'POST', path: '/api/show' });
    own.sendBody(new Uint8Array(60_000)).sendBody(new Uint8Array(6_000));
    own.stream.end();
    await world.settle();
    assert.equal(own.head?.status, 413);
    assert.equal(world.upstream.flows.length, 0);
  });

  it('holds only so many bodies at once, and gives their room back', async () => {
    const part = 60_000;
    const perCaller = Math.floor(MAX_HTTP_BODY_BYTES / part);
    const callers = [1, 2, 3].map(() => world.caller().sendHead({ method: 'POST', path: '/api/chat' }));
    for (let i = 0; i < perCaller; i++) {
      for (const caller of callers) if (!caller.head && caller.stream.isWritable) caller.sendBody(new Uint8Array(part));
      world.pair.flush();
    }
    assert.ok(3 * perCaller * part > MAX_HTTP_BODIES_BYTES);
    assert.deepEqual(
      callers.map(({ head }) => head?.status).filter((status) => status !== undefined),
      [503],
    );
    for (const caller of callers) caller.stream.reset('cancelled');
    await world.settle();
    const next = await world.ask('POST', '/api/chat', question);
    assert.equal(next.head, undefined);
    assert.equal(world.upstream.flows.length, 1);
  });

  it('ends a request whose body does not come', async () => {
    const caller = world.caller().sendHead({ method: 'POST', path: '/api/chat' });
    world.pair.flush();
    await world.clock.advance(HTTP_HOLD_MS - 1);
    caller.sendBody('{');
    world.pair.flush();
    await world.clock.advance(HTTP_HOLD_MS - 1);
    assert.equal(caller.outcome, undefined);
    await world.clock.advance(1);
    world.pair.flush();
    assert.deepEqual(caller.outcome, { kind: 'reset', code: 'cancelled' });
    const refused = world.caller().sendHead({ method: 'POST', path: '/nowhere' });
    world.pair.flush();
    assert.equal(refused.head?.status, 404);
    await world.clock.advance(HTTP_HOLD_MS);
    world.pair.flush();
    assert.deepEqual(refused.outcome, { kind: 'reset', code: 'cancelled' });
  });

  it('counts requests that are with Ollama, and reports each change', async () => {
    const first = await world.ask('POST', '/api/chat', question);
    await world.ask('GET', '/api/version');
    assert.equal(world.server.running, 2);
    world.upstream.last.answer(200, { version: '0' });
    first.stream.reset('cancelled');
    await world.settle();
    assert.deepEqual(world.running, [1, 2, 1, 0]);
  });

  it('writes one audit line for each request, without a word of what was said', async () => {
    const answered = await world.ask('POST', '/api/chat', { model, messages: [{ role: 'user', content: 'canary-question' }] });
    world.upstream.last.head({ status: 200 });
    world.upstream.last.body('canary-answer');
    await world.clock.advance(70);
    world.upstream.last.end();
    await world.ask('POST', '/api/pull', { model: 'canary-model' });
    await world.settle();
    assert.ok(answered.isEnded);
    assert.deepEqual(world.lines, [
      {
        client: 'client',
        request: 'POST /api/chat',
        model,
        status: 200,
        error: undefined,
        requestBytes: 80,
        answerBytes: 13,
        ms: 80,
      },
      {
        client: 'client',
        request: 'refused',
        model: undefined,
        status: 403,
        error: undefined,
        requestBytes: 0,
        answerBytes: 0,
        ms: 0,
      },
    ]);
  });

  it('answers 502 when a list is too long or is none', async () => {
    const none = await world.ask('GET', '/api/tags');
    world.upstream.last.answer(200, '<html>');
    const long = await world.ask('GET', '/api/tags');
    const flow = world.upstream.last;
    flow.head({ status: 200 });
    for (let i = 0; i < 9 && !flow.isDisposed; i++) flow.body(new Uint8Array(1024 * 1024));
    assert.ok(flow.isDisposed);
    await world.settle();
    assert.deepEqual([none.head?.status, long.head?.status], [502, 502]);
  });

  it('answers 503 when the list of models cannot be had', async () => {
    world.models.listModels = () => Promise.reject(new TunnelError('ollamaNotRunning'));
    const caller = await world.ask('POST', '/api/chat', question);
    assert.equal(caller.head?.status, 503);
    assert.equal(world.upstream.flows.length, 0);
  });
});

describe('http server of a device, its limits', () => {
  it('lets a browser run a few models at once and an API key many, and gives places back', async () => {
    const world = new HttpServerWorld({ runsPerKey: 6, runs: 7 });
    world.client = { id: 'page', scope: 'chat' };
    const pages: HttpCaller[] = [];
    for (let i = 0; i <= MAX_HTTP_RUNS_PER_CLIENT; i++) pages.push(await world.ask('POST', '/api/chat', question));
    assert.deepEqual(
      pages.map(({ head }) => head?.status),
      [undefined, undefined, undefined, undefined, 429],
    );
    assert.ok((pages.at(-1)?.head?.retryAfter ?? 0) > 0);
    assert.equal((await world.ask('GET', '/api/version')).head, undefined, 'what runs no model is not counted');
    world.client = { id: 'key', scope: 'api' };
    const keys: HttpCaller[] = [];
    for (let i = 0; i < 4; i++) keys.push(await world.ask('POST', '/api/chat', question));
    assert.deepEqual(
      keys.map(({ head }) => head?.status),
      [undefined, undefined, undefined, 503],
    );
    for (const caller of [...pages, ...keys]) caller.stream.reset('cancelled');
    await world.settle();
    assert.equal((await world.ask('POST', '/api/chat', question)).head, undefined);
    world.dispose();
  });
});
