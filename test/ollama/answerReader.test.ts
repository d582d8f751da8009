import assert from 'node:assert/strict';
import fc from 'fast-check';
import { utf8 } from '../../src/base/bytes.ts';
import { AnswerReader } from '../../src/ollama/answerReader.ts';
import { TunnelError } from '../../src/protocol/errors.ts';

function read(parts: readonly Uint8Array[], stopAt = Infinity): { heard: string[]; lines: number } {
  const heard: string[] = [];
  let lines = 0;
  const say = (text: string): void => {
    heard.push(text);
    if (heard.length === stopAt) reader.stop();
  };
  const reader = new AnswerReader({
    onLine: () => {
      lines++;
    },
    onText: say,
    onThought: (text) => {
      say(`thought ${text}`);
    },
    onEnd: (stats) => {
      say(`end ${stats.reason}`);
    },
    onError: (error) => {
      say(`error ${error.code} ${error.detail ?? ''}`.trim());
    },
  });
  for (const part of parts) reader.push(part);
  reader.end();
  return { heard, lines };
}

const piece = (content: string): string => `${JSON.stringify({ message: { role: 'assistant', content }, done: false })}\n`;
const done = (content = ''): string => `${JSON.stringify({ message: { role: 'assistant', content }, done: true, done_reason: 'stop' })}\n`;

describe('answer reader', () => {
  it('keeps the text of the last line', () => {
    assert.deepEqual(read([utf8(piece('a') + done('b'))]).heard, ['a', 'b', 'end stop']);
  });

  it('keeps what is thought apart from what is said, also in one line', () => {
    const line = (message: object, isDone = false): string => `${JSON.stringify({ message, done: isDone })}\n`;
    const lines = [
      line({ content: '', thinking: 'hm' }),
      line({ content: 'so', thinking: '!' }),
      line({ content: '', thinking: 'late' }, true),
    ];
    assert.deepEqual(read([utf8(lines.join(''))]).heard, ['thought hm', 'thought !', 'so', 'thought late', 'end stop']);
  });

  it('calls an end without done early', () => {
    assert.deepEqual(read([utf8(piece('a'))]).heard, ['a', 'error ollamaEndedEarly']);
    assert.deepEqual(read([]).heard, ['error ollamaEndedEarly']);
  });

  it('takes a done line without newline', () => {
    assert.deepEqual(read([utf8(piece('a') + done().trim())]).heard, ['a', 'end stop']);
  });

  it('says nothing after the end, nor after an error', () => {
    assert.deepEqual(read([utf8(done() + piece('a') + done()), utf8(piece('b'))]).heard, ['end stop']);
    assert.deepEqual(read([utf8(`${piece('a')}{"error":"boom"}\n${piece('b')}`)]).heard, ['a', 'error ollamaFailed boom']);
  });

  it('hears a model that thinks, line by line', () => {
    const thinking = `${JSON.stringify({ message: { content: '', thinking: 'hm' }, done: false })}\n`;
    const heard = ['thought hm', 'thought hm', 'a', 'end stop'];
    assert.deepEqual(read([utf8(thinking + thinking + piece('a') + done())]), { heard, lines: 4 });
  });

  it('keeps what came before a bad line, and shows nothing of the line', () => {
    assert.deepEqual(read([utf8(`${piece('a')}{"message": secret\n${piece('b')}`)]).heard, ['a', 'error ollamaFailed a line is not JSON']);
    assert.deepEqual(read([utf8(`${piece('a')}{"choices":[]}\n${done()}`)]).heard, ['a', 'error ollamaFailed a line makes no sense']);
  });

  it('stops within a batch when told to', () => {
    assert.deepEqual(read([utf8(piece('a') + piece('b') + piece('c') + done())], 2).heard, ['a', 'b']);
    assert.deepEqual(read([utf8(done('b'))], 1).heard, ['b']);
  });

  it('lets a listener’s own error through', () => {
    const boom = new Error('bug');
    const listener = {
      onLine: () => undefined,
      onText: () => {
        throw boom;
      },
      onThought: () => undefined,
      onEnd: () => undefined,
      onError: () => undefined,
    };
    assert.throws(() => {
      new AnswerReader(listener).push(utf8(piece('a')));
    }, boom);
    assert.ok(!(boom instanceof TunnelError));
  });

  it('puts any text together again, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 })), fc.integer({ min: 1, max: 17 }), (texts, step) => {
        const bytes = utf8(texts.map(piece).join('') + done());
        const parts = Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) => bytes.subarray(i * step, (i + 1) * step));
        assert.deepEqual(read(parts).heard, [...texts, 'end stop']);
      }),
    );
  });
});
