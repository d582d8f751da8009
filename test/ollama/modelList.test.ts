import assert from 'node:assert/strict';
import { readDigests, readLoadedModels, readModelList } from '../../src/ollama/modelList.ts';

describe('model list', () => {
  it('joins what is there with what is loaded, in Ollama’s order', () => {
    const details = { family: 'qwen3', parameter_size: '8.2B', quantization_level: 'Q4_K_M' };
    const tags = {
      models: [
        { name: 'new:1b', capabilities: ['completion', 'tools'] },
        { name: 'qwen3:8b', size: 5_200_000_000, details, capabilities: ['completion'] },
      ],
    };
    assert.deepEqual(readModelList(tags, { models: [{ name: 'qwen3:8b' }] }), [
      { name: 'new:1b', loaded: false, capabilities: ['completion', 'tools'] },
      { name: 'qwen3:8b', size: 5_200_000_000, parameterSize: '8.2B', quantization: 'Q4_K_M', loaded: true, capabilities: ['completion'] },
    ]);
  });

  it('marks models that run elsewhere', () => {
    const names = [
      { name: 'gpt-oss:120b-cloud' },
      { name: 'x:cloud' },
      { name: 'a:1b', remote_host: 'https://ollama.com' },
      { name: 'cloudy:1b' },
    ];
    assert.deepEqual(
      readModelList({ models: names }, undefined).map((model) => model.cloud),
      [true, true, true, undefined],
    );
  });

  it('knows an embedding model of an older Ollama by its family', () => {
    assert.deepEqual(readModelList({ models: [{ name: 'all-minilm:latest', details: { family: 'bert' } }] }, undefined)[0]?.capabilities, [
      'embedding',
    ]);
    assert.equal(readModelList({ models: [{ name: 'x:1b', details: { family: 'llama' } }] }, undefined)[0]?.capabilities, undefined);
  });

  it('leaves out entries that cannot be read', () => {
    const models = readModelList({ models: [null, { name: '' }, { name: 'x'.repeat(257) }, { name: 'ok:1b' }] }, 'nonsense');
    assert.deepEqual(
      models.map((model) => model.name),
      ['ok:1b'],
    );
  });

  it('is empty for null and fails for anything else', () => {
    assert.deepEqual(readModelList({ models: null }, undefined), []);
    assert.throws(() => readModelList({ data: [] }, undefined), { code: 'ollamaForeign' });
    assert.throws(() => readModelList(undefined, undefined), { code: 'ollamaForeign' });
  });

  it('tells models of one name apart by their digests, where these can be read', () => {
    const digest = 'a'.repeat(64);
    const models = [{ name: 'a:1b', digest }, { name: 'b:1b', digest: 'short' }, { name: 'c:1b' }, null];
    assert.deepEqual([...readDigests({ models })], [['a:1b', digest]]);
    assert.equal(readDigests({ models: null }).size, 0);
    assert.equal(readDigests('nonsense').size, 0);
  });

  it('tells of loaded models where they lie and how long they stay, and leaves out what makes no sense', () => {
    const now = Date.UTC(2026, 0, 1);
    const soon = new Date(now + 300_000).toISOString();
    const models = [
      { name: 'a:1b', size: 4, size_vram: 9, expires_at: soon, context_length: 8192 },
      { name: 'b:1b', size: -1, expires_at: '2318-01-01T00:00:00Z', context_length: 0 },
      { name: 'c:1b', expires_at: 'never' },
      { name: '' },
    ];
    assert.deepEqual(readLoadedModels({ models }, now), [
      { name: 'a:1b', size: 4, gpuSize: 4, expiresAt: now + 300_000, contextLength: 8192 },
      { name: 'b:1b', size: 0, gpuSize: 0 },
      { name: 'c:1b', size: 0, gpuSize: 0 },
    ]);
    assert.deepEqual(readLoadedModels({ models: null }, now), []);
    assert.throws(() => readLoadedModels({}, now), { code: 'ollamaForeign' });
  });
});
