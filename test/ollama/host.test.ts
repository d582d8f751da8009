import assert from 'node:assert/strict';
import { addressUrl, authority, connectAddress, isLoopbackAddress, ollamaCandidates, parseOllamaHost } from '../../src/ollama/host.ts';

function written(text: string): string | undefined {
  const address = parseOllamaHost(text);
  return address && `${address.scheme} ${address.host} ${String(address.port)} ${address.prefix}`.trim();
}

describe('OLLAMA_HOST', () => {
  // what envconfig/config.go makes of it
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['', 'http 127.0.0.1 11434'],
    ['   ', 'http 127.0.0.1 11434'],
    ['1.2.3.4', 'http 1.2.3.4 11434'],
    ['1.2.3.4:1234', 'http 1.2.3.4 1234'],
    [':8080', 'http  8080'],
    ['0.0.0.0', 'http 0.0.0.0 11434'],
    ['box', 'http box 11434'],
    ['box:', 'http box 11434'],
    ['box:0', 'http box 0'],
    ['box:65535', 'http box 65535'],
    ['box:65536', 'http box 11434'],
    ['box:-1', 'http box 11434'],
    ['box:http', 'http box 11434'],
    ['http://box', 'http box 80'],
    ['http://box:11434', 'http box 11434'],
    ['https://box', 'https box 443'],
    ['https://box:99999', 'https box 443'],
    ['https://box/ollama', 'https box 443 /ollama'],
    ['http://box:81/a/b/', 'http box 81 /a/b'],
    ['box/path', 'http box 11434 /path'],
    ['http://box/', 'http box 80'],
    ['ollama.com', 'https ollama.com 443'],
    ['http://ollama.com', 'http ollama.com 80'],
    ['[::1]', 'http ::1 11434'],
    ['::1', 'http ::1 11434'],
    ['[::1]:8080', 'http ::1 8080'],
    ['[::]', 'http :: 11434'],
    ['"box:1"', 'http box 1'],
    [" ' box ' ", 'http  box  11434'],
    ['ftp://box', undefined],
    ['file:///etc/passwd', undefined],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.equal(written(text), expected);
    });
  }

  it('connects to what listens everywhere by its loopback', () => {
    const host = (text: string): string | undefined => {
      const address = parseOllamaHost(text);
      return address && connectAddress(address).host;
    };
    assert.equal(host('0.0.0.0'), '127.0.0.1');
    assert.equal(host(':8080'), '127.0.0.1');
    assert.equal(host('[::]:8080'), '::1');
    assert.equal(host('localhost:1'), '127.0.0.1');
    assert.equal(host('https://localhost'), 'localhost');
    assert.equal(host('box'), 'box');
  });

  it('names the authority and the address', () => {
    const both = (text: string): string[] => {
      const address = parseOllamaHost(text);
      return address ? [authority(address), addressUrl(address)] : [];
    };
    assert.deepEqual(both('127.0.0.1'), ['127.0.0.1:11434', 'http://127.0.0.1:11434']);
    assert.deepEqual(both('http://box'), ['box', 'http://box']);
    assert.deepEqual(both('https://box/x'), ['box', 'https://box/x']);
    // without its port, Ollama's Host check fails to parse a literal
    assert.deepEqual(both('http://[::1]:80'), ['[::1]:80', 'http://[::1]:80']);
    assert.equal(both('http://ann@box:11434')[1], 'http://box:11434');
  });

  it('knows loopback', () => {
    for (const [host, expected] of [
      ['127.0.0.1', true],
      ['127.9.9.9', true],
      ['::1', true],
      ['10.0.0.1', false],
      ['box', false],
    ] as const) {
      assert.equal(isLoopbackAddress({ scheme: 'http', host, port: 1, prefix: '' }), expected, host);
    }
  });
});

describe('candidates', () => {
  const urls = (from: Parameters<typeof ollamaCandidates>[0]): string[] =>
    ollamaCandidates(from).map((one) => addressUrl(one.address) + (one.onlyIfRefused ? ' if refused' : ''));

  it('are this machine by default, never localhost', () => {
    assert.deepEqual(urls({}), ['http://127.0.0.1:11434', 'http://[::1]:11434 if refused']);
    assert.deepEqual(urls({ setting: ' ', environment: '' }), ['http://127.0.0.1:11434', 'http://[::1]:11434 if refused']);
  });

  it('begin with OLLAMA_HOST', () => {
    assert.deepEqual(urls({ environment: 'box:1' }), ['http://box:1', 'http://127.0.0.1:11434', 'http://[::1]:11434 if refused']);
  });

  it('are each there once', () => {
    assert.deepEqual(urls({ environment: '0.0.0.0' }), ['http://127.0.0.1:11434', 'http://[::1]:11434 if refused']);
    assert.deepEqual(urls({ environment: '[::1]' }), ['http://[::1]:11434', 'http://127.0.0.1:11434']);
  });

  it('are the setting alone when there is one', () => {
    assert.deepEqual(urls({ setting: 'http://127.0.0.1:9', environment: 'box' }), ['http://127.0.0.1:9']);
    assert.deepEqual(urls({ setting: 'ftp://x', environment: 'box' }), []);
  });

  it('leave out an OLLAMA_HOST that is none', () => {
    assert.equal(urls({ environment: 'unix:///run/x' })[0], 'http://127.0.0.1:11434');
  });
});
