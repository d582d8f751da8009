import assert from 'node:assert/strict';
import { readKeepAlive } from '../../src/ollama/keepAlive.ts';
import { MAX_KEEP_ALIVE_S } from '../../src/protocol/limits.ts';

describe('how long a model is to stay in memory', () => {
  it('reads seconds and durations, for ever, and not at all', () => {
    const cases = { '300': 300, '10m': 600, '1h30m': 5400, '1.5h': 5400, ' 45S ': 45, '0': 0, '0s': 0, '-1': -1, '-5m': -1 };
    for (const [text, seconds] of Object.entries(cases)) assert.equal(readKeepAlive(text), seconds, text);
    assert.equal(readKeepAlive('9000h'), MAX_KEEP_ALIVE_S);
  });

  it('leaves to Ollama what is not said or makes no sense', () => {
    for (const text of ['', '  ', 'long', '5 m', '5d', 'm', '1h-', '1.2.3h', '--1']) assert.equal(readKeepAlive(text), undefined, text);
  });
});
