import assert from 'node:assert/strict';
import type { AnswerStats } from '../../src/protocol/chatMessage.ts';
import type { ChatSettings } from '../../src/protocol/chatSettings.ts';
import { contextUse, percentOf } from '../../src/ui/contextUse.ts';
import { View } from './modelView.ts';
import { answer, epoch, question, snapshot } from './talk.ts';

const stats = (more: Partial<AnswerStats> = {}): AnswerStats => ({
  ...{ totalMs: 9, loadMs: 0, promptTokens: 3000, promptMs: 1, answerTokens: 1000, answerMs: 5, reason: 'stop', contextLength: 8192 },
  ...more,
});

function viewOf(counters: AnswerStats | undefined, settings?: ChatSettings): View {
  const last = answer('a1', 'done', 'text', counters ? { stats: counters } : {});
  return new View().hear(
    { type: 'models', items: [{ name: 'qwen3:8b', contextLength: 16_384 }, { name: 'gemma3:4b' }], suggested: 'gemma3:4b' },
    snapshot(0, [question('q1'), last], settings ? { settings } : {}),
  );
}
const useOf = (counters: AnswerStats | undefined, settings?: ChatSettings) => contextUse(viewOf(counters, settings).model);

describe('context meter', () => {
  it('counts prompt and answer against what Ollama gave the model', () => {
    const use = useOf(stats());
    assert.deepEqual([use?.used, use?.size, use?.isNearlyFull, use && percentOf(use)], [4000, 8192, false, 49]);
  });

  it('warns from four fifths on, and never says more than all', () => {
    assert.equal(useOf(stats({ contextLength: 5000 }))?.isNearlyFull, true);
    assert.equal(useOf(stats({ contextLength: 5001 }))?.isNearlyFull, false);
    const use = useOf(stats({ contextLength: 3900 }));
    assert.equal(use && percentOf(use), 100);
  });

  it('measures against what is asked for from the next question on, as far as the model goes', () => {
    assert.equal(useOf(stats(), { contextLength: 4096 })?.size, 4096);
    assert.deepEqual(useOf(stats(), { contextLength: 65_536 })?.size, 16_384);
    assert.equal(useOf(stats(), { contextLength: 65_536 })?.mayGrow, false);
    assert.equal(useOf(stats(), { contextLength: 4096 })?.mayGrow, true);
  });

  it('offers from a browser no more than the device would give', () => {
    const view = viewOf(stats({ contextLength: 32_768 })).hear({
      ...{ type: 'models', items: [{ name: 'qwen3:8b', contextLength: 131_072 }] },
    });
    assert.equal(contextUse(view.model)?.mayGrow, true);
    view.hear({ type: 'welcome', version: 1, hubEpoch: epoch, deviceName: 'Desk', scope: 'chat' });
    assert.equal(contextUse(view.model)?.mayGrow, false);
  });

  it('says nothing where nothing is known: no counters, no size, a cached prompt, another model', () => {
    assert.equal(useOf(undefined), undefined);
    const { contextLength: _, ...without } = stats();
    assert.equal(useOf(without), undefined);
    assert.equal(useOf(stats({ promptTokens: 0 })), undefined);
    assert.equal(contextUse(viewOf(stats()).do({ type: 'chooseModel', model: 'gemma3:4b' }).model), undefined);
    assert.equal(contextUse(new View().model), undefined);
  });

  it('keeps the figures of the last answer while another is written', () => {
    const view = viewOf(stats());
    view.hear(
      snapshot(5, [question('q1'), answer('a1', 'done', 'text', { stats: stats() }), question('q2'), answer('a2', 'streaming', 'x')]),
    );
    assert.equal(contextUse(view.model)?.used, 4000);
    view.hear(
      snapshot(6, [question('q1'), answer('a1', 'done', 'text', { stats: stats() }), question('q2'), answer('a2', 'stopped', 'x')]),
    );
    assert.equal(contextUse(view.model), undefined);
  });
});
