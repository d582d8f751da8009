import assert from 'node:assert/strict';
import { DecodeError } from '../../src/base/bytes.ts';
import { closeCodeFor, closeCodeMeaning, linkCloseCodes } from '../../src/protocol/closeCodes.ts';
import {
  errorCatalogue,
  errorCodeOf,
  errorNumber,
  isErrorCode,
  TunnelError,
  wordsInTwo,
  wordsOf,
  type ErrorCode,
} from '../../src/protocol/errors.ts';

const codes = Object.keys(errorCatalogue) as ErrorCode[];

describe('the error catalogue', () => {
  it('gives every code a number of its own that fits the wire, and words that say what happened and what comes next', () => {
    assert.equal(new Set(codes.map(errorNumber)).size, codes.length);
    for (const code of codes) {
      assert.ok(errorNumber(code) > 0 && errorNumber(code) <= 0xffff);
      assert.match(errorCatalogue[code].words, /^[A-Z][^.]+\. [A-Z].*\.$/);
      assert.equal(wordsOf(code), errorCatalogue[code].words);
      assert.equal(errorCodeOf(errorNumber(code)), code);
    }
  });

  it('reads an unknown number as a reset, and knows its own codes', () => {
    assert.equal(errorCodeOf(65_000), 'streamReset');
    assert.ok(isErrorCode('revoked'));
    for (const other of ['toString', '', undefined, 5]) assert.ok(!isErrorCode(other));
  });

  it('puts a detail behind what happened, before what comes next', () => {
    assert.deepEqual(wordsInTwo('badRelayUrl', 'a path is not supported.'), {
      happened: 'This is not a relay address: a path is not supported',
      next: 'It looks like https://relay.example.',
    });
    assert.equal(new TunnelError('ollamaFailed', 'boom').words, 'Ollama reported an error: boom. Try again.');
  });

  it('normalises whatever was thrown and keeps it as the cause', () => {
    const own = new TunnelError('busy', 'detail');
    assert.equal(TunnelError.from(own), own);
    assert.equal(TunnelError.from(new DecodeError('x')).code, 'relayProtocol');
    const cause = new Error('x');
    const wrapped = TunnelError.from(cause, 'storeFailed');
    assert.deepEqual([wrapped.code, wrapped.cause, wrapped.hop, wrapped.isRetryable], ['storeFailed', cause, 'device', false]);
    assert.match(own.message, /^\[busy\] .*\(detail\)$/);
  });
});

describe('close codes', () => {
  it('tell stop (44xx), retry (45xx) and replaced (46xx) apart as the catalogue does', () => {
    for (const [code, meaning] of linkCloseCodes) {
      const { retry } = errorCatalogue[meaning];
      if (String(code).startsWith('45')) assert.ok(retry, String(code));
      else if (meaning !== 'relayProtocol') assert.ok(!retry, String(code));
      assert.equal(closeCodeMeaning(code), meaning);
      assert.equal(closeCodeFor(meaning), code);
    }
  });

  it('read any other code as a relay that cannot be reached', () => {
    for (const code of [1000, 1001, 1006, 1009, 4999]) assert.equal(closeCodeMeaning(code), 'relayUnreachable');
    assert.equal(closeCodeFor('cancelled'), 4400);
  });
});
