import assert from 'node:assert/strict';
import { DecodeError } from '../../src/base/bytes.ts';
import { closeCodeFor, closeCodeMeaning, linkCloseCodes } from '../../src/protocol/closeCodes.ts';
import { errorCatalogue, errorCodeOf, errorNumber, isErrorCode, TunnelError, type ErrorCode } from '../../src/protocol/errors.ts';

const codes = Object.keys(errorCatalogue) as ErrorCode[];

describe('the error catalogue', () => {
  it('gives every code a number of its own that fits the wire, and words that end a sentence', () => {
    assert.equal(new Set(codes.map(errorNumber)).size, codes.length);
    for (const code of codes) {
      assert.ok(errorNumber(code) > 0 && errorNumber(code) <= 0xffff);
      assert.match(errorCatalogue[code].words, /^[A-Z].*\.$/);
      assert.equal(errorCodeOf(errorNumber(code)), code);
    }
  });

  it('reads an unknown number as a reset, and knows its own codes', () => {
    assert.equal(errorCodeOf(65_000), 'streamReset');
    assert.ok(isErrorCode('revoked'));
    for (const other of ['toString', '', undefined, 5]) assert.ok(!isErrorCode(other));
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
    for (const [code, meaning] of Object.entries(linkCloseCodes)) {
      const { retry } = errorCatalogue[meaning];
      if (code.startsWith('45')) assert.ok(retry, code);
      else if (meaning !== 'relayProtocol') assert.ok(!retry, code);
      assert.equal(closeCodeMeaning(Number(code)), meaning);
      assert.equal(closeCodeFor(meaning), Number(code));
    }
  });

  it('read any other code as a relay that cannot be reached', () => {
    for (const code of [1000, 1001, 1006, 1009, 4999]) assert.equal(closeCodeMeaning(code), 'relayUnreachable');
    assert.equal(closeCodeFor('cancelled'), 4400);
  });
});
