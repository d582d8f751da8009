import assert from 'node:assert/strict';
import { connectionError, connectionFailure, safeDetail, statusError, textError } from '../../src/ollama/errors.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';

const json = (error: string): string => JSON.stringify({ error });

describe('Ollama’s errors', () => {
  const refusals: readonly (readonly [number, string, ErrorCode, string | undefined])[] = [
    [404, json("model 'x' not found"), 'ollamaModelMissing', undefined],
    [404, json('model "x" not found, try pulling it first'), 'ollamaModelMissing', undefined],
    [404, json("model '' not found"), 'ollamaModelMissing', undefined],
    [400, json('model is required'), 'ollamaFailed', 'model is required'],
    [400, json('invalid model name'), 'ollamaFailed', 'invalid model name'],
    [400, json('"x" does not support chat'), 'ollamaFailed', '"x" does not support chat'],
    [
      400,
      json('registry.ollama.ai/library/x:latest does not support tools'),
      'ollamaFailed',
      'registry.ollama.ai/library/x:latest does not support tools',
    ],
    [503, json('server busy, please try again.  maximum pending requests exceeded'), 'ollamaBusy', undefined],
    [503, '', 'ollamaBusy', undefined],
    [
      400,
      json('the prompt is longer than the context length currently available to the model; shorten the prompt'),
      'ollamaFailed',
      'the prompt is longer than the context length currently available to the model; shorten the prompt',
    ],
    [500, json('llama-server process has terminated: exit status 1'), 'ollamaFailed', 'llama-server process has terminated: exit status 1'],
    [
      500,
      json('timed out waiting for llama-server to start - progress 0.00'),
      'ollamaFailed',
      'timed out waiting for llama-server to start - progress 0.00',
    ],
    [500, json('llama-server reported out-of-memory during startup: cudaMalloc failed'), 'ollamaOutOfMemory', undefined],
    [500, json('model requires more system memory (5.6 GiB) than is available (2.3 GiB)'), 'ollamaOutOfMemory', undefined],
    [
      500,
      json(
        'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details',
      ),
      'ollamaFailed',
      'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details',
    ],
    [
      500,
      json('invalid format: "x"; expected "json" or a valid JSON Schema object'),
      'ollamaFailed',
      'invalid format: "x"; expected "json" or a valid JSON Schema object',
    ],
    [403, json('ollama cloud is disabled'), 'ollamaFailed', 'ollama cloud is disabled'],
    [401, JSON.stringify({ error: 'unauthorized', signin_url: 'https://ollama.com/connect?key=k' }), 'ollamaFailed', 'sign in to Ollama'],
    [502, json('bad gateway'), 'ollamaFailed', 'bad gateway'],
    [499, json('request canceled'), 'ollamaFailed', 'request canceled'],
    [403, '', 'ollamaBlocked', undefined],
    [404, '404 page not found', 'ollamaForeign', 'HTTP 404'],
    [405, '405 method not allowed', 'ollamaForeign', 'HTTP 405'],
    [413, '<html>413</html>', 'ollamaForeign', 'HTTP 413'],
    [307, '', 'ollamaForeign', 'HTTP 307'],
    [500, '{"other":1}', 'ollamaForeign', 'HTTP 500'],
  ];
  for (const [status, body, code, detail] of refusals) {
    it(`reads ${String(status)} ${body.slice(0, 60)} as ${code}`, () => {
      const error = statusError(status, body);
      assert.equal(error.code, code);
      assert.equal(error.detail, detail);
    });
  }

  it('reads texts in mid-stream', () => {
    assert.equal(textError('an error was encountered while running the model: unexpected EOF').code, 'ollamaFailed');
    assert.equal(textError('an error was encountered while running the model: CUDA error: out of memory').code, 'ollamaOutOfMemory');
    assert.equal(textError('').detail, undefined);
  });

  it('sorts connection errors', () => {
    const codes: readonly (readonly [string, ErrorCode])[] = [
      ['ECONNREFUSED', 'ollamaNotRunning'],
      ['ENOTFOUND', 'ollamaWrongHost'],
      ['EHOSTUNREACH', 'ollamaWrongHost'],
      ['ENETUNREACH', 'ollamaWrongHost'],
      ['ETIMEDOUT', 'ollamaWrongHost'],
      ['ECONNRESET', 'ollamaEndedEarly'],
      ['EPIPE', 'ollamaEndedEarly'],
      ['HPE_INVALID_CONSTANT', 'ollamaForeign'],
      ['EPROTO', 'ollamaForeign'],
    ];
    for (const [code, expected] of codes) assert.equal(connectionError(connectionFailure(code)).code, expected, code);
    assert.equal(connectionFailure(undefined), 'protocol');
  });

  it('shows no path and no address', () => {
    const leaks: readonly (readonly [string, string])[] = [
      ['error loading model /home/ann/.ollama/models/blobs/sha256-1', 'error loading model …'],
      ['open "/Users/Ann Smith/.ollama/x": denied', 'open "…'],
      ['open C:\\Users\\Ann Smith\\.ollama\\x: denied', 'open …'],
      ['open c:/Users/Ann: denied', 'open …'],
      ['share \\\\server\\ann failed', 'share …'],
      ['path=/home/ann', 'path=…'],
      ['read ~/ann', 'read …'],
      ['Get "http://ann:pw@10.0.0.1:1234/completion": EOF', 'Get "…'],
      ['stat:/home/ann', 'stat:…'],
    ];
    for (const [text, shown] of leaks) assert.equal(safeDetail(text), shown);
  });

  it('keeps a detail short and on one line', () => {
    assert.equal(safeDetail('a\nb\u202ec'), 'a b c');
    assert.equal(safeDetail('x'.repeat(500))?.length, 200);
    assert.equal(safeDetail('/home'), '…');
    assert.equal(safeDetail(' \n'), undefined);
  });
});
