import assert from 'node:assert/strict';
import { TunnelError } from '../../src/protocol/errors.ts';
import { parseRelayInvitation } from '../../src/views/relayInvitation.ts';

describe('parseRelayInvitation', () => {
  for (const [text, expected] of [
    ['https://relay.example', { origin: 'https://relay.example' }],
    ['  relay.example ', { origin: 'https://relay.example' }],
    ['https://relay.example/join#anna.1.abc', { origin: 'https://relay.example', invite: 'anna.1.abc' }],
    ['http://127.0.0.1:8787/join#anna.1.a%2Db', { origin: 'http://127.0.0.1:8787', invite: 'anna.1.a-b' }],
    ['https://relay.example/join', { origin: 'https://relay.example' }],
  ] as const)
    it(`reads ${text.trim()}`, () => {
      assert.deepEqual(parseRelayInvitation(text), expected);
    });

  for (const text of ['', 'ftp://relay.example', 'http://relay.example', 'https://relay.example/other', 'https://a:b@relay.example'])
    it(`refuses ${text === '' ? 'nothing' : text}`, () => {
      assert.throws(
        () => parseRelayInvitation(text),
        (error) => error instanceof TunnelError && error.code === 'badRelayUrl',
      );
    });
});
