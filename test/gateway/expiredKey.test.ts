import assert from 'node:assert/strict';
import { refusalBody, refusalOf } from '../../src/gateway/refusal.ts';

describe('an API key whose time is over, at a gateway', () => {
  it('is answered 401, in words that say so, in both dialects', () => {
    const refusal = refusalOf('keyExpired');
    assert.deepEqual([refusal.status, refusal.retryAfter], [401, undefined]);
    assert.match(refusalBody('/api/chat', refusal), /^\{"error":"This API key has expired\. Make a new one at the computer\."\}$/);
    assert.match(refusalBody('/v1/chat/completions', refusal), /has expired.*"authentication_error".*"keyExpired"/);
  });
});
