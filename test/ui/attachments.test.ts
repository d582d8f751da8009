import assert from 'node:assert/strict';
import fc from 'fast-check';
import { attachmentLabel, joinQuestion, splitQuestion, type Attachment } from '../../src/ui/attachments.ts';

const attachment: fc.Arbitrary<Attachment> = fc.record(
  {
    path: fc.stringMatching(/^[\w ./é-]{1,40}$/),
    language: fc.constantFrom('', 'ts', 'typescript'),
    lines: fc.tuple(fc.integer({ min: 1, max: 99 }), fc.nat(9)).map(([first, more]) => ({ first, last: first + more })),
    text: fc.oneof(fc.string(), fc.constantFrom('```', '\n\nFrom `x`:\n\n```\ny\n```', 'a\n````\nb', '')),
  },
  { requiredKeys: ['path', 'language', 'text'], noNullPrototype: true },
);

describe('what goes with a question', () => {
  it('is fenced behind it under its path and lines', () => {
    const text = joinQuestion({
      text: 'What is wrong?',
      attachments: [
        { path: 'src/a.ts', language: 'typescript', lines: { first: 3, last: 4 }, text: 'a\nb' },
        { path: 'README.md', language: 'markdown', text: '```\nx\n```' },
      ],
    });
    assert.equal(
      text,
      'What is wrong?\n\nFrom `src/a.ts`, lines 3–4:\n\n```typescript\na\nb\n```\n\nFrom `README.md`:\n\n````markdown\n```\nx\n```\n````',
    );
  });

  it('is named by its path and lines', () => {
    assert.equal(attachmentLabel({ path: 'a', language: '', text: '' }), 'a');
    assert.equal(attachmentLabel({ path: 'a', language: '', text: '', lines: { first: 3, last: 3 } }), 'a:3');
    assert.equal(attachmentLabel({ path: 'a', language: '', text: '', lines: { first: 3, last: 9 } }), 'a:3–9');
  });

  it('comes apart as it was joined', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z ?\n]{0,60}$/), fc.array(attachment, { maxLength: 4 }), (text, attachments) => {
        assert.deepEqual(splitQuestion(joinQuestion({ text, attachments })), { text, attachments });
      }),
      { numRuns: 300 },
    );
  });

  it('never changes a text by taking it apart and joining it, whatever it holds', () => {
    const piece = fc.constantFrom('\n\nFrom `a`', ', lines 3–4', ', line 007', ':\n\n', '```', '````', 'ts\n', '\n', 'x', '`');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const text = pieces.join('');
        assert.equal(joinQuestion(splitQuestion(text)), text);
      }),
      { numRuns: 500 },
    );
  });
});
