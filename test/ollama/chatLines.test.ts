import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readChatLine } from '../../src/ollama/chatLines.ts';

const head = '"model":"tiny","created_at":"2026-01-01T00:00:00.000000001Z"';

describe('chat lines', () => {
  it('reads a piece', () => {
    assert.deepEqual(readChatLine(JSON.parse(`{${head},"message":{"role":"assistant","content":" Hi"},"done":false}`)), {
      kind: 'piece',
      text: ' Hi',
      thinking: '',
    });
  });

  it('reads the end, with durations in ms', () => {
    const line = `{${head},"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":5000000,"load_duration":1000000,"prompt_eval_count":5,"prompt_eval_duration":2000000,"eval_count":3,"eval_duration":1500000}`;
    assert.deepEqual(readChatLine(JSON.parse(line)), {
      kind: 'done',
      text: '',
      thinking: '',
      stats: { totalMs: 5, loadMs: 1, promptTokens: 5, promptMs: 2, answerTokens: 3, answerMs: 1.5, reason: 'stop' },
    });
  });

  it('keeps text that comes with the end', () => {
    const line = readChatLine({ message: { content: 'last' }, done: true, done_reason: 'length' });
    assert.equal(line.kind === 'done' && line.text, 'last');
    assert.equal(line.kind === 'done' && line.stats.reason, 'length');
  });

  it('reads counters that were left out as 0', () => {
    const line = readChatLine({ message: { content: '' }, done: true });
    assert.deepEqual(line.kind === 'done' && line.stats, {
      totalMs: 0,
      loadMs: 0,
      promptTokens: 0,
      promptMs: 0,
      answerTokens: 0,
      answerMs: 0,
      reason: 'stop',
    });
  });

  it('reads thinking apart from text, and tool calls as pieces without either', () => {
    assert.deepEqual(readChatLine({ message: { content: '', thinking: 'hm' }, done: false }), { kind: 'piece', text: '', thinking: 'hm' });
    assert.deepEqual(readChatLine({ message: { role: 'assistant', tool_calls: [] }, done: false }), {
      kind: 'piece',
      text: '',
      thinking: '',
    });
  });

  it('reads an error line', () => {
    assert.deepEqual(readChatLine({ error: 'boom' }), { kind: 'error', text: 'boom' });
    assert.deepEqual(readChatLine({ error: { message: 'boom' } }), { kind: 'error', text: '' });
  });

  it('calls other JSON unknown, and never throws', () => {
    for (const value of [null, 1, 'x', [], {}, { done: 'yes' }, { message: 1, done: false }, { message: { content: 1 }, done: false }]) {
      assert.deepEqual(readChatLine(value), { kind: 'unknown' });
    }
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.ok(readChatLine(value));
      }),
    );
  });
});
