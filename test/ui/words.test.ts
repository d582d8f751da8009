import assert from 'node:assert/strict';
import { errorCatalogue } from '../../src/protocol/errors.ts';
import { fileSize } from '../../src/base/figures.ts';
import { countWords, figures, modelDetails, phaseText } from '../../src/ui/words.ts';
import { failureWords, mayTryAgain } from '../../src/web/pairingState.ts';
import { ollamaTrouble } from '../../src/ui/ollamaTrouble.ts';
import { answer } from './talk.ts';

describe('words of the chat', () => {
  const stats = { totalMs: 9000, loadMs: 0, promptTokens: 10, promptMs: 300, answerTokens: 318, answerMs: 6400, reason: 'stop' };

  it('tell what the model is doing, and nothing of short waits', () => {
    assert.equal(phaseText(answer('a1', 'waiting'), 1900, undefined), '');
    assert.equal(phaseText(answer('a1', 'waiting'), 5400, undefined), 'Waiting for qwen3:8b, 5 s');
    assert.equal(phaseText(answer('a1', 'loading'), 14_200, { name: 'qwen3:8b', size: 5.2e9 }), 'Loading qwen3:8b (5.2 GB), 14 s');
    assert.equal(phaseText(answer('a1', 'loading'), 0, undefined), 'Loading qwen3:8b, 0 s');
  });

  it('give figures of an answer only where they mean something', () => {
    assert.deepEqual(figures(stats), ['50 tok/s', 'first token 300 ms', '318 tokens']);
    assert.deepEqual(figures({ ...stats, loadMs: 2400 }), ['50 tok/s', 'first token 2.7 s', '318 tokens', 'load 2.4 s']);
    assert.deepEqual(figures({ ...stats, promptMs: 0, answerMs: 0, answerTokens: 0 }), []);
  });

  it('size files as disks do, and describe models', () => {
    assert.deepEqual(
      [0, 999, 1500, 3.3e9, 41e9].map((bytes) => fileSize(bytes)),
      ['0 B', '999 B', '1.5 kB', '3.3 GB', '41 GB'],
    );
    assert.equal(
      modelDetails({ name: 'm', parameterSize: '8.2B', quantization: 'Q4_K_M', size: 5.2e9, loaded: true }),
      '8.2B · Q4_K_M · 5.2 GB · loaded',
    );
    assert.equal(modelDetails({ name: 'm', cloud: true }), 'runs at Ollama, not here');
  });

  it('count words', () => {
    assert.deepEqual(['', '  ', 'one', ' a  b\nc '].map(countWords), [0, 0, 1, 3]);
  });

  it('name each trouble with Ollama apart, with the address tried, and none while it is well', () => {
    const url = 'http://127.0.0.1:11434';
    const states = ['notInstalled', 'notRunning', 'wrongHost', 'blocked', 'foreign', 'noModels'] as const;
    const troubles = states.map((state) => ollamaTrouble({ state, url }));
    assert.equal(new Set(troubles.map((trouble) => trouble?.title)).size, states.length);
    assert.match(ollamaTrouble({ state: 'notRunning', url })?.text ?? '', /Tried http:\/\/127\.0\.0\.1:11434\./);
    assert.equal(ollamaTrouble({ state: 'ok' }), undefined);
    assert.equal(ollamaTrouble({ state: 'unknown' }), undefined);
  });

  it('say for every way in which pairing can fail what happened and what to do', () => {
    for (const code of Object.keys(errorCatalogue) as (keyof typeof errorCatalogue)[]) {
      const { title, text } = failureWords(code);
      assert.ok(title.length > 5 && text.length > 5, code);
    }
    assert.deepEqual([mayTryAgain('deviceOffline'), mayTryAgain('offerUsed'), mayTryAgain('pairingDenied')], [true, false, false]);
  });
});
