import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DecodeError, fromUtf8, utf8 } from '../../src/base/bytes.ts';
import { acceptHead, rebuildRequest, refusalBody, type CleanRequest, type HttpRefusal } from '../../src/policy/httpPolicy.ts';
import { httpRoutes } from '../../src/policy/httpRoutes.ts';
import { decodeHttpRequestHead } from '../../src/protocol/http.ts';
import { MAX_HTTP_BODY_BYTES } from '../../src/protocol/limits.ts';
import type { Scope } from '../../src/protocol/pairingFrames.ts';
import { smugglingInputs } from './smugglingInputs.ts';

const scopes: readonly Scope[] = ['chat', 'models', 'api'];
const methods = ['GET', 'HEAD', 'POST', 'DELETE'] as const;

/** Everything that Ollama serves (`server/routes.go`), and some that nobody does. */
const paths = [
  '/',
  '/api/version',
  '/api/status',
  '/api/tags',
  '/api/ps',
  '/api/show',
  '/api/chat',
  '/api/generate',
  '/api/embed',
  '/api/embeddings',
  '/api/pull',
  '/api/push',
  '/api/create',
  '/api/copy',
  '/api/delete',
  '/api/blobs/sha256:00',
  '/api/me',
  '/api/signout',
  '/api/user/keys/k',
  '/api/experimental/web_search',
  '/api/experimental/web_fetch',
  '/api/experimental/model-recommendations',
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/models',
  '/v1/models/a:latest',
  '/v1/models/hf.co/b/c:Q4',
  '/v1/responses',
  '/v1/responses/compact',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1/audio/transcriptions',
  '/debug/pprof',
  '/unknown',
];

const forAll = [
  'GET /',
  'HEAD /',
  'GET /api/version',
  'HEAD /api/version',
  'GET /api/tags',
  'HEAD /api/tags',
  'GET /api/ps',
  'POST /api/show',
  'POST /api/chat',
  'POST /v1/chat/completions',
  'POST /v1/responses',
  'POST /v1/messages',
  'GET /v1/models',
  'GET /v1/models/a:latest',
  'GET /v1/models/hf.co/b/c:Q4',
];
const forKeys = ['POST /api/generate', 'POST /api/embed', 'POST /api/embeddings', 'POST /v1/completions', 'POST /v1/embeddings'];
const expected: Readonly<Record<Scope, readonly string[]>> = { chat: forAll, models: forAll, api: [...forAll, ...forKeys] };

function rebuild(path: string, body: unknown): CleanRequest | HttpRefusal {
  const accepted = acceptHead({ scope: 'api' }, { method: 'POST', path });
  assert.equal(accepted.kind, 'accepted');
  return rebuildRequest({ scope: 'api' }, accepted, utf8(typeof body === 'string' ? body : JSON.stringify(body)));
}

/** What Ollama would get. */
function sent(path: string, body: unknown): unknown {
  const result = rebuild(path, body);
  assert.equal(result.kind, 'clean', JSON.stringify(result));
  return JSON.parse(fromUtf8(result.body ?? new Uint8Array()));
}

const user = (content: string): { role: string; content: string } => ({ role: 'user', content });

describe('http policy', () => {
  for (const scope of scopes)
    it(`lets a client of scope ${scope} ask exactly what its row of the table says`, () => {
      const allowed = paths.flatMap((path) =>
        methods.filter((method) => acceptHead({ scope }, { method, path }).kind === 'accepted').map((method) => `${method} ${path}`),
      );
      assert.deepEqual([...allowed].sort(), [...expected[scope]].sort());
    });

  it('has no line in its table that the test does not know', () => {
    const known = new Set(Object.values(expected).flat());
    for (const { method, path } of httpRoutes)
      assert.ok(known.has(`${method} ${path.replace('{model}', 'a:latest')}`), `${method} ${path}`);
  });

  it('answers what is withheld with 403, another method with 405, anything else with 404', () => {
    const status = (method: (typeof methods)[number], path: string, scope: Scope = 'api'): number => {
      const answer = acceptHead({ scope }, { method, path });
      return answer.kind === 'refused' ? answer.status : 0;
    };
    assert.equal(status('POST', '/api/pull'), 403);
    assert.equal(status('POST', '/api/generate', 'chat'), 403);
    assert.equal(status('DELETE', '/api/tags'), 405);
    assert.equal(status('GET', '/nowhere'), 404);
  });

  it(`answers each of ${String(smugglingInputs.length)} smuggling inputs itself`, () => {
    assert.ok(smugglingInputs.length >= 300);
    for (const { what, head, body, status } of smugglingInputs) {
      let got: number | undefined;
      try {
        const accepted = acceptHead({ scope: 'api' }, decodeHttpRequestHead(utf8(typeof head === 'string' ? head : JSON.stringify(head))));
        const bytes = typeof body === 'string' ? utf8(body) : (body ?? new Uint8Array());
        const result = accepted.kind === 'accepted' ? rebuildRequest({ scope: 'api' }, accepted, bytes) : accepted;
        got = result.kind === 'refused' ? result.status : undefined;
        if (result.kind === 'refused') assert.ok(fromUtf8(refusalBody(result)).length < 500, what);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        got = 400;
      }
      assert.equal(got, status, what);
    }
  });

  it('never says more of a body in a refusal than where it is wrong', () => {
    for (const body of [
      { model: 'canary', messages: [{ role: 'canary-role', content: 'x' }] },
      { model: 'canary model', messages: [] },
      { model: 'a', think: 'canary' },
      { model: 'a', options: { temperature: 'canary' } },
      { model: 'a', messages: [{ role: 'user', images: ['canary'] }] },
      { model: 'a', keep_alive: 'canary' },
      { model: 'a', format: 'canary' },
      '{"model": canary}',
    ]) {
      const result = rebuild('/api/chat', body);
      assert.equal(result.kind, 'refused');
      assert.ok(!fromUtf8(refusalBody(result)).includes('canary'), result.text);
    }
  });

  it('sends on what it knows and drops what it does not', () => {
    assert.deepEqual(
      sent('/api/chat', {
        model: 'a',
        messages: [{ ...user('hi'), extra: 1 }],
        stream: false,
        shift: true,
        template: '{{ . }}',
        _debug_render_only: true,
        unknown: 1,
        options: {
          temperature: 0.5,
          seed: 7,
          num_gpu: 99,
          num_thread: 1,
          main_gpu: 1,
          use_mmap: false,
          num_batch: 1,
          draft_num_predict: 1,
          numa: true,
        },
      }),
      { model: 'a', stream: false, options: { temperature: 0.5, seed: 7 }, messages: [user('hi')] },
    );
    assert.deepEqual(
      sent('/api/generate', { model: 'a', prompt: 'x', template: 't', raw: true, context: [1, 2], suffix: 's', system: 'y' }),
      {
        model: 'a',
        prompt: 'x',
        suffix: 's',
        system: 'y',
        raw: true,
        context: [1, 2],
      },
    );
    assert.deepEqual(sent('/api/show', { name: 'a', verbose: true, template: 't', options: {} }), { model: 'a' });
  });

  it('brings options into their range', () => {
    const { options } = sent('/api/chat', {
      model: 'a',
      options: { temperature: 99, top_p: -1, num_predict: 1e9, num_ctx: 1_000_000, repeat_penalty: 99, top_k: 40, min_p: 2 },
    }) as { options: unknown };
    assert.deepEqual(options, { temperature: 5, top_k: 40, top_p: 0, min_p: 1, num_predict: 32_768, num_ctx: 32_768, repeat_penalty: 5 });
  });

  it('brings the context down to what the owner has set for those from elsewhere', () => {
    const accepted = acceptHead({ scope: 'api' }, { method: 'POST', path: '/api/embed' });
    assert.equal(accepted.kind, 'accepted');
    const context = (maxContextLength: number, num_ctx: number): unknown => {
      const body = utf8(JSON.stringify({ model: 'a', input: 'x', options: { num_ctx, seed: 1 } }));
      const clean = rebuildRequest({ scope: 'api', maxContextLength }, accepted, body);
      assert.ok(clean.kind === 'clean' && clean.body);
      return (JSON.parse(fromUtf8(clean.body)) as { options: unknown }).options;
    };
    assert.deepEqual(context(4096, 4097), { seed: 1, num_ctx: 4096 });
    assert.deepEqual(context(4096, 4000), { seed: 1, num_ctx: 4000 });
    assert.deepEqual(context(200_000, 100_000), { seed: 1, num_ctx: 100_000 });
  });

  it('takes cloud-backed models where the owner has said so', () => {
    const asker = { scope: 'api', cloudModels: true } as const;
    const accepted = acceptHead(asker, { method: 'POST', path: '/api/chat' });
    assert.equal(accepted.kind, 'accepted');
    const body = utf8(JSON.stringify({ model: 'glm-4.6:cloud' }));
    assert.equal(rebuildRequest(asker, accepted, body).kind, 'clean');
    assert.equal(rebuildRequest({ scope: 'api' }, accepted, body).kind, 'refused');
    const head = { method: 'GET', path: '/v1/models/glm-4.6:cloud' } as const;
    assert.deepEqual([acceptHead(asker, head).kind, acceptHead({ scope: 'api' }, head).kind], ['accepted', 'refused']);
  });

  it('keeps a model loaded for half an hour at most', () => {
    const kept = (keep_alive: unknown): unknown => (sent('/api/chat', { model: 'a', keep_alive }) as { keep_alive: unknown }).keep_alive;
    assert.deepEqual(
      [0, 60, -1, 1e9, '5m', '1h30m', '-1s', '-1', '90', '500ms', '1.5m'].map(kept),
      [0, 60, 1800, 1800, 300, 1800, 1800, 1800, 90, 0.5, 90],
    );
  });

  it('takes null for a field that is not set', () => {
    assert.equal(
      rebuild('/api/chat', { model: 'a', messages: null, stream: null, format: null, tools: null, options: null, think: null }).kind,
      'clean',
    );
  });

  it('lets images and tools through as they are', () => {
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const jpeg = '/9j/4AAQSkZJRgABAQEASABIAAD/';
    const webp = 'UklGRiIAAABXRUJQVlA4IBYAAAAw';
    const tools = [
      {
        type: 'function',
        function: { name: 'f', description: 'd', parameters: { type: 'object', properties: { a: { type: 'string', enum: [null, 'x'] } } } },
      },
    ];
    const call = { role: 'assistant', content: '', tool_calls: [{ id: 'call_1', function: { name: 'f', arguments: { a: 'x' } } }] };
    const body = {
      model: 'a',
      messages: [{ ...user('see'), images: [png, jpeg, webp] }, call, { role: 'tool', content: '1', tool_name: 'f' }],
      tools,
    };
    assert.deepEqual(sent('/api/chat', body), body);
    const openAi = {
      model: 'a',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
          ],
        },
      ],
      stream: true,
      stream_options: { include_usage: true },
      tools,
    };
    assert.deepEqual(sent('/v1/chat/completions', { ...openAi, user: 'me', n: 3, tool_choice: 'auto' }), openAi);
  });

  it('knows how an answer will come from the path and what the caller says of streaming', () => {
    const form = (path: string, body: object): unknown => {
      const result = rebuild(path, { model: 'a', messages: [user('x')], input: 'x', prompt: 'x', ...body });
      return result.kind === 'clean' ? result.form : result;
    };
    assert.deepEqual(
      ['/api/chat', '/api/generate', '/api/embed', '/v1/chat/completions', '/v1/completions', '/v1/responses', '/v1/messages'].map(
        (path) => [form(path, {}), form(path, { stream: null }), form(path, { stream: true }), form(path, { stream: false })],
      ),
      [
        ['lines', 'lines', 'lines', 'whole'],
        ['lines', 'lines', 'lines', 'whole'],
        ['whole', 'whole', 'whole', 'whole'],
        ['whole', 'whole', 'completionEvents', 'whole'],
        ['whole', 'whole', 'completionEvents', 'whole'],
        ['whole', 'whole', 'responseEvents', 'whole'],
        ['whole', 'whole', 'messageEvents', 'whole'],
      ],
    );
  });

  it('lets an agent’s items, blocks and tools through as they are, and nothing that Ollama would fetch or run itself', () => {
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const responses = {
      model: 'a',
      input: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'see' }] },
        { type: 'message', role: 'user', content: [{ type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${png}` }] },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 't' }], encrypted_content: 't' },
        { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_1', output: '1' },
      ],
      instructions: 'be brief',
      reasoning: { effort: 'low' },
      text: { format: { type: 'json_schema', name: 'n', schema, strict: true } },
      tools: [{ type: 'function', name: 'f', description: null, strict: null, parameters: schema }],
      stream: true,
    };
    assert.deepEqual(sent('/v1/responses', { ...responses, store: true, metadata: {}, previous_response_id: 'r', user: 'me' }), responses);
    assert.deepEqual(sent('/v1/responses', { model: 'a', input: [{ role: 'user', content: 'hi' }] }), {
      model: 'a',
      input: [{ role: 'user', content: 'hi', type: 'message' }],
    });
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } };
    const messages = {
      model: 'a',
      max_tokens: 100,
      messages: [
        user('hi'),
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 't', signature: '' },
            { type: 'text', text: 'so' },
            { type: 'tool_use', id: 'toolu_1', name: 'f', input: { city: 'Paris' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: '1' }, image] }, image] },
      ],
      system: [{ type: 'text', text: 'be brief' }],
      stop_sequences: ['x'],
      tools: [{ name: 'f', description: 'd', input_schema: schema }],
      tool_choice: { type: 'auto' },
      thinking: { type: 'enabled', budget_tokens: 1024 },
    };
    const cached = {
      ...messages,
      system: [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } }],
      metadata: { user_id: 'me' },
    };
    assert.deepEqual(sent('/v1/messages', cached), messages);

    const refusedFor = (path: string, body: object): string => {
      const result = rebuild(path, { model: 'a', max_tokens: 1, messages: [user('x')], input: 'x', ...body });
      assert.equal(result.kind, 'refused', JSON.stringify(body));
      return result.status === 400 ? result.text : String(result.status);
    };
    for (const [path, body, text] of [
      ['/v1/responses', { tools: [{ type: 'web_search' }] }, 'tools.[].type: only function tools are taken'],
      ['/v1/messages', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools.[].type: only custom tools are taken'],
      ['/v1/responses', { input: [{ type: 'web_search_call' }] }, 'input: an item of this type is not taken'],
      [
        '/v1/messages',
        { messages: [{ role: 'user', content: [{ type: 'document' }] }] },
        'messages.[].content: wrong type, expected a text or blocks',
      ],
    ] as const)
      assert.equal(refusedFor(path, body), text);
    for (const source of [
      { type: 'url', url: 'https://example.org/x.png' },
      { type: 'base64', data: 'no image at all' },
    ])
      refusedFor('/v1/messages', { messages: [{ role: 'user', content: [{ type: 'image', source }] }] });
    refusedFor('/v1/responses', { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://example.org/x.png' }] }] });
    refusedFor('/v1/responses', { input: [{ role: 'user', content: [{ type: 'input_file', file_data: 'x' }] }] });
    refusedFor('/v1/messages', { messages: [{ role: 'user', content: Array(9).fill(image) }] });
  });

  it('words a refusal as the API of its path does', () => {
    const body = (path: string): unknown => {
      const result = rebuild(path, {});
      return result.kind === 'refused' ? JSON.parse(fromUtf8(refusalBody(result))) : result;
    };
    const message = 'model is required';
    assert.deepEqual(body('/api/chat'), { error: message });
    assert.deepEqual(body('/v1/responses'), { error: { message, type: 'invalid_request_error', param: null, code: null } });
    assert.deepEqual(body('/v1/messages'), { type: 'error', error: { type: 'invalid_request_error', message } });
  });

  it('sends nothing on that it would not take again, and takes that unchanged', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const body = fc.record(
      {
        model: fc.constantFrom('a', 'b:latest', 'x/y:z', 'c:cloud'),
        messages: fc.oneof(
          json,
          fc.array(
            fc.record(
              { role: fc.constantFrom('user', 'assistant', 'root'), content: fc.string(), images: json },
              { requiredKeys: ['role'] },
            ),
          ),
        ),
        options: fc.oneof(
          json,
          fc.record(
            { temperature: fc.double(), seed: fc.integer(), stop: fc.array(fc.string()), num_ctx: fc.integer(), num_gpu: fc.integer() },
            { requiredKeys: [] },
          ),
        ),
        format: json,
        keep_alive: fc.oneof(fc.integer(), json),
        extra: json,
      },
      { requiredKeys: ['model'] },
    );
    fc.assert(
      fc.property(body, (value) => {
        const first = rebuild('/api/chat', value);
        if (first.kind === 'refused') return first.status >= 400;
        const text = fromUtf8(first.body ?? new Uint8Array());
        const second = rebuild('/api/chat', text);
        return (
          second.kind === 'clean' &&
          fromUtf8(second.body ?? new Uint8Array()) === text &&
          !text.includes('num_gpu') &&
          !text.includes('"extra"')
        );
      }),
      { numRuns: 500 },
    );
  });

  it('takes any bytes for a body without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...httpRoutes), (bytes, route) => {
        const result = rebuildRequest({ scope: 'api' }, { kind: 'accepted', route }, bytes);
        return result.kind === 'refused' || bytes.length === 0;
      }),
    );
  });

  it('rebuilds the path from the table and the model that it names', () => {
    const accepted = acceptHead({ scope: 'api' }, { method: 'GET', path: '/v1/models/hf.co/b/c:Q4' });
    assert.equal(accepted.kind, 'accepted');
    assert.deepEqual(rebuildRequest({ scope: 'api' }, accepted, new Uint8Array()), {
      kind: 'clean',
      method: 'GET',
      path: '/v1/models/hf.co/b/c:Q4',
      form: 'whole',
      model: 'hf.co/b/c:Q4',
    });
  });

  it('bounds every body by what the wire carries', () => {
    for (const { maxBodyBytes, schema } of httpRoutes) {
      assert.ok(maxBodyBytes <= MAX_HTTP_BODY_BYTES);
      assert.equal(maxBodyBytes > 0, schema !== undefined);
    }
  });
});
