import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EventLog } from '../../src/conversation/eventLog.ts';
import { promptMessages } from '../../src/conversation/promptMessages.ts';
import { suggestModel } from '../../src/conversation/suggestModel.ts';
import { piecesOf, wellFormed } from '../../src/conversation/textPieces.ts';
import { titleFrom } from '../../src/conversation/title.ts';
import type { ChatMessage } from '../../src/protocol/chatMessage.ts';
import { MAX_EVENT_LOG_BYTES } from '../../src/protocol/limits.ts';
import { idOf } from './sampleTurns.ts';

describe('title of a conversation', () => {
  it('is the first line that says something, in one line', () => {
    assert.equal(titleFrom('\n  \n  What   is\tthis?  \nMore'), 'What is this?');
    assert.equal(titleFrom(''), '');
  });

  it('ends a long line at a word, within 60 characters, and cuts no character in two', () => {
    const title = titleFrom('word '.repeat(30));
    assert.ok(title.length <= 60 && title.endsWith('word…'), title);
    for (let n = 0; n < 4; n++) {
      const emoji = titleFrom('x'.repeat(n) + '😀'.repeat(60));
      assert.ok(emoji.length <= 60 && wellFormed(emoji) === emoji, emoji);
    }
  });
});

describe('text pieces', () => {
  it('join to the same text, each within its bound and whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 9 }), (text, units) => {
        const pieces = piecesOf(text, units);
        assert.equal(pieces.join(''), text);
        assert.ok(pieces.every((piece) => piece.length <= units && piece !== '' && wellFormed(piece) === piece));
      }),
    );
  });
});

describe('event log', () => {
  const event = (n: number) => ({ type: 'title', title: String(n).padStart(1000, 'x') }) as const;

  it('keeps the newest events within its bound, numbered without a gap', () => {
    const log = new EventLog(7);
    assert.ok(log.covers(7) && !log.covers(6) && !log.covers(8));
    for (let n = 8; n < 1000; n++) log.append(event(n));
    assert.equal(log.last, 999);
    let first = 999;
    while (log.covers(first - 1)) first--;
    assert.ok((999 - first) * 1000 < MAX_EVENT_LOG_BYTES && (999 - first) * 1100 > MAX_EVENT_LOG_BYTES);
    for (let n = first + 1; n <= 999; n++) assert.deepEqual(log.at(n), event(n));
    assert.equal(log.at(first), undefined);
  });

  it('covers no earlier position once it is cleared', () => {
    const log = new EventLog(0);
    log.append(event(1));
    log.clear();
    assert.deepEqual(
      [0, 1, 2, 3].map((n) => log.covers(n)),
      [false, false, true, false],
    );
    log.append(event(3));
    assert.deepEqual(log.at(3), event(3));
  });
});

describe('what the model is given', () => {
  const say = (role: 'user' | 'assistant', text: string): ChatMessage => ({ id: idOf(text), role, text, createdAt: 1 });

  it('keeps the question of an empty answer unless it is asked again', () => {
    const messages = [
      say('user', 'a'),
      say('assistant', ' \n'),
      say('user', 'b'),
      say('assistant', ''),
      say('user', 'b'),
      say('assistant', ''),
    ];
    assert.deepEqual(promptMessages(messages), [
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
    ]);
  });

  it('keeps the same question when it was answered between', () => {
    const messages = [say('user', 'a'), say('assistant', 'x'), say('user', 'a')];
    assert.equal(promptMessages(messages).length, 3);
  });
});

describe('suggested model', () => {
  const chat = { capabilities: ['completion'] };

  it('is the last used, else a loaded one, else the newest', () => {
    const models = [
      { name: 'new', ...chat },
      { name: 'loaded', loaded: true, ...chat },
      { name: 'used', ...chat },
    ];
    assert.equal(suggestModel(models, 'used'), 'used');
    assert.equal(suggestModel(models, 'gone'), 'loaded');
    assert.equal(
      suggestModel(
        models.filter(({ name }) => name !== 'loaded'),
        undefined,
      ),
      'new',
    );
  });

  it('is the one that was set, even one that runs elsewhere, as long as it is there and can chat', () => {
    const models = [
      { name: 'used', ...chat },
      { name: 'qwen3:latest', ...chat },
      { name: 'glm:cloud', cloud: true, ...chat },
      { name: 'embed', capabilities: ['embedding'] },
    ];
    assert.equal(suggestModel(models, 'used', 'qwen3'), 'qwen3:latest');
    assert.equal(suggestModel(models, 'used', 'glm:cloud'), 'glm:cloud');
    for (const preferred of ['', 'gone', 'embed']) assert.equal(suggestModel(models, 'used', preferred), 'used', preferred);
  });

  it('is never an embedding or a cloud model', () => {
    const models = [
      { name: 'embed', capabilities: ['embedding'], loaded: true },
      { name: 'nomic-embed-text:latest' },
      { name: 'glm:cloud', ...chat },
      { name: 'copied', cloud: true, ...chat },
    ];
    assert.equal(suggestModel(models, 'glm:cloud'), undefined);
    assert.equal(suggestModel([...models, { name: 'qwen3:8b' }], undefined), 'qwen3:8b');
  });
});
