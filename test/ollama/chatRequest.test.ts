import assert from 'node:assert/strict';
import { fromUtf8 } from '../../src/base/bytes.ts';
import { encodeChatRequest } from '../../src/ollama/chatRequest.ts';

describe('chat request', () => {
  it('is exactly model, messages and stream, each turn once', () => {
    const body = encodeChatRequest({
      model: 'qwen3:8b',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Grüße' },
        { role: 'assistant', content: 'Hallo' },
        { role: 'user', content: 'why "so"?\n' },
      ],
    });
    assert.equal(
      fromUtf8(body),
      '{"model":"qwen3:8b","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Grüße"},{"role":"assistant","content":"Hallo"},{"role":"user","content":"why \\"so\\"?\\n"}],"stream":true}',
    );
  });

  it('adds what was asked for, under Ollama’s names, and nothing else', () => {
    const messages = [{ role: 'user', content: 'a' }] as const;
    const begin = '{"model":"m","messages":[{"role":"user","content":"a"}],"stream":true';
    const body = (more: object): string => fromUtf8(encodeChatRequest({ model: 'm', messages, ...more }));
    assert.equal(body({ temperature: 0 }), `${begin},"options":{"temperature":0}}`);
    assert.equal(body({ think: false }), `${begin},"think":false}`);
    assert.equal(
      body({ temperature: 0.7, contextLength: 8192, keepAliveSeconds: -1, think: 'high' }),
      `${begin},"think":"high","keep_alive":-1,"options":{"temperature":0.7,"num_ctx":8192}}`,
    );
    assert.equal(body({ keepAliveSeconds: 0 }), `${begin},"keep_alive":0}`);
  });

  it('sends nothing of a message but role, content, and images that are images', () => {
    const message = { role: 'user', content: 'a', images: ['/etc/hostname'], id: 'secret' } as const;
    assert.equal(
      fromUtf8(encodeChatRequest({ model: 'm', messages: [message] })),
      '{"model":"m","messages":[{"role":"user","content":"a"}],"stream":true}',
    );
    const seen = { ...message, images: ['/9j/AAAA', 'iVBORw0KGgoAAAAA', 'http://example.test/a.png'] };
    assert.equal(
      fromUtf8(encodeChatRequest({ model: 'm', messages: [seen] })),
      '{"model":"m","messages":[{"role":"user","content":"a","images":["/9j/AAAA","iVBORw0KGgoAAAAA"]}],"stream":true}',
    );
  });
});
