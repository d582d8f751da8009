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

  it('sends nothing of a message but role and content', () => {
    const message = { role: 'user', content: 'a', images: ['/etc/hostname'], id: 'secret' } as const;
    assert.equal(
      fromUtf8(encodeChatRequest({ model: 'm', messages: [message] })),
      '{"model":"m","messages":[{"role":"user","content":"a"}],"stream":true}',
    );
  });
});
