import assert from 'node:assert/strict';
import { askedHost, hostsOf } from '../../src/protocol/askedHost.ts';

describe('the host that a request asks for', () => {
  const ask = (hosts: readonly string[], url = '/', httpVersion = '1.1'): string | undefined =>
    askedHost({ url, httpVersion, rawHeaders: ['Accept', 'host', ...hosts.flatMap((host) => ['hOsT', host])] });

  it('is the one Host, in lower case', () => {
    for (const host of ['relay.example', 'relay.example:81', '127.0.0.1:1', '[::1]:8787', 'a_b-c.example.', 'x:', ''])
      assert.equal(ask([host.toUpperCase()]), host);
  });

  it('is none where there are two, or none, or what is no host', () => {
    for (const hosts of [['a', 'a'], ['a', 'b'], [], ['a@b'], ['a b'], ['a/b'], ['a,b'], ['::1'], ['[::1'], ['a:b'], ['ä']])
      assert.equal(ask(hosts), undefined, hosts.join(' and '));
    assert.equal(ask([], '/', '1.0'), '');
  });

  it('is none where the target is no path', () => {
    for (const url of ['http://relay.example/', 'relay.example:443', '*', '']) assert.equal(ask(['relay.example'], url), undefined, url);
  });

  it('may have the port of its scheme', () => {
    assert.deepEqual(
      [...hostsOf(['https://a.example', 'http://127.0.0.1', 'http://[::1]:81'])],
      ['a.example', 'a.example:443', '127.0.0.1', '127.0.0.1:80', '[::1]:81'],
    );
  });
});
