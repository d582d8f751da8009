import assert from 'node:assert/strict';
import { errorCatalogue, type ErrorCode } from '../../src/protocol/errors.ts';
import { DeviceShelf } from '../../src/web/deviceShelf.ts';
import { failureWords, mayTryAgain } from '../../src/web/pairingState.ts';
import { formatRoute, parseRoute } from '../../src/web/route.ts';
import { TabStorage } from '../../src/web/tabStorage.ts';

describe('the page', () => {
  it('reads its own addresses back, and takes what it does not know for home', () => {
    const chat = { kind: 'chat', conversationId: 'A'.repeat(22) } as const;
    assert.deepEqual(parseRoute(formatRoute(chat)), chat);
    assert.deepEqual(parseRoute(formatRoute({ kind: 'home' })), { kind: 'home' });
    for (const fragment of ['', '#', '#/c/short', `#/c/${'A'.repeat(23)}`, '#/c/../../x', '#pair=x'])
      assert.deepEqual(parseRoute(fragment), { kind: 'home' });
  });

  it('keeps a view’s state in the tab, and lives without where the browser forbids it', () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) };
    const one = new TabStorage('one', () => storage);
    const other = new TabStorage('other', () => storage);
    one.save({ conversationId: 'A'.repeat(22) } as Parameters<typeof one.save>[0]);
    assert.deepEqual(one.load(), { conversationId: 'A'.repeat(22) });
    assert.equal(other.load(), null);
    kept.set('one', '{');
    assert.equal(one.load(), undefined);
    const forbidden = new TabStorage('one', () => {
      throw new Error('SecurityError');
    });
    forbidden.save({} as Parameters<typeof one.save>[0]);
    assert.equal(forbidden.load(), undefined);
  });

  it('has words for every failure of a pairing, and offers to try again only what may work', () => {
    for (const error of Object.keys(errorCatalogue) as ErrorCode[]) {
      const { title, text } = failureWords(error);
      assert.ok(title.length > 0 && text.length > 0, error);
    }
    assert.equal(mayTryAgain('relayUnreachable'), true);
    assert.equal(mayTryAgain('offerUsed'), false);
  });

  it('goes on without a shelf where the browser keeps nothing', async () => {
    assert.equal(await DeviceShelf.open(undefined), undefined);
    const refusing = {
      open: () => {
        throw new Error('SecurityError');
      },
    };
    assert.equal(await DeviceShelf.open(refusing as unknown as IDBFactory), undefined);
  });
});
