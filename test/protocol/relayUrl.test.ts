import assert from 'node:assert/strict';
import { TunnelError } from '../../src/protocol/errors.ts';
import { linkUrl, parseRelayUrl } from '../../src/protocol/relayUrl.ts';

describe('a relay’s address', () => {
  const read: readonly (readonly [string, string])[] = [
    ['https://relay.example', 'https://relay.example'],
    ['  relay.example  ', 'https://relay.example'],
    ['relay.example:8443', 'https://relay.example:8443'],
    ['wss://relay.example/', 'https://relay.example'],
    ['HTTPS://Relay.Example:443', 'https://relay.example'],
    ['127.0.0.1:8787', 'http://127.0.0.1:8787'],
    ['localhost', 'http://localhost'],
    ['http://[::1]:8787', 'http://[::1]:8787'],
    ['https://relay.example/#fragment', 'https://relay.example'],
  ];
  for (const [text, origin] of read)
    it(`${text.trim()} reads as ${origin}`, () => {
      assert.equal(parseRelayUrl(text), origin);
    });

  for (const text of [
    '',
    'http://relay.example',
    'https://user:pass@relay.example',
    'https://relay.example/path',
    'https://relay.example/?q',
    'ftp://relay.example',
    'not an address',
    'https://',
    'javascript:alert(1)',
  ])
    it(`${text === '' ? 'nothing' : text} is refused`, () => {
      assert.throws(
        () => parseRelayUrl(text),
        (error: unknown) => error instanceof TunnelError && error.code === 'badRelayUrl',
      );
    });

  it('gives each role its path', () => {
    assert.equal(linkUrl('https://relay.example', 'device'), 'wss://relay.example/v1/device');
    assert.equal(linkUrl('http://127.0.0.1:8787', 'client'), 'ws://127.0.0.1:8787/v1/dial');
  });
});
