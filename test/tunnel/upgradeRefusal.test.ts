import assert from 'node:assert/strict';
import { errorCatalogue, type ErrorCode } from '../../src/protocol/errors.ts';
import type { LinkRefusal } from '../../src/protocol/linkSocket.ts';
import { meaningOfRefusal } from '../../src/tunnel/upgradeRefusal.ts';

describe('a refused upgrade', () => {
  const table: readonly (readonly [LinkRefusal, ErrorCode, ErrorCode])[] = [
    // answer, where no relay was ever found, where one was
    [200, 'relayNotFound', 'relayIntercepted'],
    [301, 'relayNotFound', 'relayIntercepted'],
    [302, 'relayIntercepted', 'relayIntercepted'],
    [307, 'relayIntercepted', 'relayIntercepted'],
    [400, 'relayNotFound', 'relayIntercepted'],
    [401, 'relayNotFound', 'relayIntercepted'],
    [403, 'relayNotFound', 'relayIntercepted'],
    [404, 'relayNotFound', 'relayIntercepted'],
    [407, 'relayIntercepted', 'relayIntercepted'],
    [421, 'foreignHost', 'relayIntercepted'],
    [426, 'relayNotFound', 'relayIntercepted'],
    [429, 'relayBusy', 'relayBusy'],
    [500, 'relayUnreachable', 'relayUnreachable'],
    [502, 'relayUnreachable', 'relayUnreachable'],
    [503, 'relayBusy', 'relayBusy'],
    [511, 'relayIntercepted', 'relayIntercepted'],
    ['certificate', 'certificate', 'certificateChanged'],
    ['relayOlder', 'relayVersion', 'relayVersion'],
    ['programOlder', 'programOlder', 'programOlder'],
  ];
  for (const [refusal, first, later] of table) {
    it(`${String(refusal)} means ${first}, and ${later} once the relay was reached`, () => {
      assert.deepEqual([meaningOfRefusal(refusal, false), meaningOfRefusal(refusal, true)], [first, later]);
    });
  }

  it('never stops a tunnel that once worked, unless the relay itself says so', () => {
    for (const [refusal, , later] of table)
      assert.equal(errorCatalogue[later].retry, refusal !== 'relayOlder' && refusal !== 'programOlder', String(refusal));
  });
});
