import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ModelPull } from '../../src/protocol/chatModels.ts';
import { badgesOf } from '../../src/protocol/chatModels.ts';
import { readModelName } from '../../src/protocol/modelNames.ts';
import { memoryText, pullText } from '../../src/ui/modelWords.ts';
import { paceOf, remainingMs, type PullPace } from '../../src/ui/pullPace.ts';

const GB = 1e9;
const pull = (more: Partial<ModelPull> = {}): ModelPull => ({ name: 'qwen3:8b', state: 'running', step: 'downloading', ...more });

/** The pace after reports of `[ms, completed]`. */
function paced(total: number, ...reports: readonly (readonly [number, number])[]): PullPace {
  let pace: PullPace | undefined;
  for (const [now, completed] of reports) pace = paceOf(pace, pull({ completed, total }), now);
  assert.ok(pace);
  return pace;
}

describe('words of models', () => {
  it('tell what is in memory, where, and until when', () => {
    const loaded = { name: 'm', size: 6 * GB, gpuSize: 6 * GB };
    assert.equal(memoryText(loaded, 0), 'In memory: 6.0 GB, all on the GPU · stays there');
    assert.equal(memoryText({ ...loaded, gpuSize: 0, expiresAt: 61_000 }, 0), 'In memory: 6.0 GB, all on the CPU · unloaded in 2 min');
    assert.equal(
      memoryText({ ...loaded, gpuSize: 4 * GB, expiresAt: 9500 }, 0),
      'In memory: 6.0 GB, 67 % GPU, 33 % CPU · unloaded in 10 s',
    );
    assert.match(memoryText({ ...loaded, gpuSize: 5.999 * GB }, 0), /99 % GPU, 1 % CPU/);
    assert.match(memoryText({ ...loaded, expiresAt: 5 }, 10), /about to be unloaded/);
  });

  it('badge what a model can beyond answering', () => {
    assert.deepEqual(badgesOf({ name: 'm', capabilities: ['completion', 'thinking', 'tools', 'vision', 'insert'] }), [
      'vision',
      'tools',
      'thinking',
    ]);
    assert.deepEqual(badgesOf({ name: 'm' }), []);
  });

  it('tell how far a download is, and leave out what nobody knows', () => {
    assert.equal(pullText(pull({ step: 'manifest' }), undefined), 'Looking it up');
    assert.equal(pullText(pull({ completed: 1.2 * GB, total: 5.2 * GB }), undefined), '1.2 GB of 5.2 GB · 23 %');
    const pace = { at: 0, completed: 1.2 * GB, total: 5.2 * GB, perSecond: 40e6 };
    assert.equal(pullText(pull({ completed: 1.2 * GB, total: 5.2 * GB }), pace), '1.2 GB of 5.2 GB · 23 % · 40 MB/s · 2 min left');
    assert.equal(pullText(pull({ completed: 5199e6, total: 5.2 * GB }), undefined), '5.2 GB of 5.2 GB · 99 %');
    assert.equal(pullText(pull({ step: 'verifying' }), undefined), 'Checking what came');
    assert.equal(pullText(pull({ state: 'done' }), undefined), 'It is there.');
  });
});

describe('the pace of a download', () => {
  it('is measured over a second at least, and follows a change within seconds', () => {
    assert.equal(paced(1000, [0, 0], [900, 500]).perSecond, undefined);
    assert.equal(paced(1000, [0, 0], [1000, 100]).perSecond, 100);
    const slower = paced(10_000, [0, 0], [1000, 1000], ...Array.from({ length: 10 }, (_, i) => [2000 + i * 1000, 1000] as const));
    assert.ok((slower.perSecond ?? 0) < 120);
  });

  it('does not count bytes that a new layer brings along, nor time that the machine slept', () => {
    let pace = paceOf(undefined, pull({ completed: 0, total: 1000 }), 0);
    pace = paceOf(pace, pull({ completed: 100, total: 1000 }), 1000);
    pace = paceOf(pace, pull({ completed: 900_000, total: 1_000_000 }), 2000);
    assert.equal(pace.perSecond, 100);
    pace = paceOf(pace, pull({ completed: 990_000, total: 1_000_000 }), 4_000_000);
    assert.equal(pace.perSecond, 100);
  });

  it('says what is left only where it can, and never less than nothing', () => {
    assert.equal(remainingMs({ at: 0, completed: 0, total: 10 }), undefined);
    assert.equal(remainingMs({ at: 0, completed: 5, total: 10, perSecond: 1 }), 5000);
    const report = fc.tuple(fc.nat(200_000), fc.nat(1000), fc.nat(1000));
    fc.assert(
      fc.property(fc.array(report, { maxLength: 30 }), (reports) => {
        let pace: PullPace | undefined;
        for (const [now, a, b] of reports) pace = paceOf(pace, pull({ completed: Math.min(a, b), total: Math.max(a, b) }), now);
        if (pace) assert.ok((pace.perSecond ?? 0) >= 0 && (remainingMs(pace) ?? 0) >= 0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the name of a model', () => {
  const read = (text: string, libraryOnly = false): string | undefined => {
    const result = readModelName(text, libraryOnly);
    return 'name' in result ? result.name : undefined;
  };

  it('is taken as people have it: alone, in a command, as the address of its page', () => {
    const cases = {
      ...{ ' qwen3:8b ': 'qwen3:8b', 'ollama run gemma3': 'gemma3', 'Ollama pull  a/b:c': 'a/b:c' },
      ...{ 'https://ollama.com/library/qwen3:8b?x=1': 'qwen3:8b', 'ollama.com/ann/tiny/': 'ann/tiny' },
      'https://hf.co/ann/Tiny-GGUF:Q4_K_M': 'hf.co/ann/Tiny-GGUF:Q4_K_M',
    };
    for (const [text, name] of Object.entries(cases)) assert.equal(read(text), name, text);
  });

  it('is checked before it is sent', () => {
    for (const text of ['', '  ', 'a b', 'a/b/c/d', 'a:b:c', ':8b', 'a:', '../x', 'a/../b', 'a\\b', '-x', 'ä', 'x'.repeat(81), 'file:///x'])
      assert.equal(read(text), undefined, text);
  });

  it('holds no host where the device would refuse it', () => {
    for (const text of ['hf.co/ann/tiny', '10.0.0.1/a', 'localhost/a', 'x:80/a/b']) {
      assert.equal(read(text), text);
      assert.equal(read(text, true), undefined, text);
    }
    assert.equal(read('ann/tiny', true), 'ann/tiny');
  });
});
