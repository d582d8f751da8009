import assert from 'node:assert/strict';
import { DisposableStore, toDisposable } from '../../src/base/disposable.ts';
import { Emitter } from '../../src/base/emitter.ts';

describe('an emitter', () => {
  it('delivers in order to all, also what is fired from inside a listener', () => {
    const emitter = new Emitter<number>();
    const heard: string[] = [];
    emitter.event((value) => {
      heard.push(`a${String(value)}`);
      if (value === 1) emitter.fire(2);
    });
    emitter.event((value) => heard.push(`b${String(value)}`));
    emitter.fire(1);
    assert.deepEqual(heard, ['a1', 'b1', 'a2', 'b2']);
  });

  it('carries undefined like any value', () => {
    const emitter = new Emitter<undefined>();
    let count = 0;
    emitter.event(() => count++);
    emitter.fire(undefined);
    assert.equal(count, 1);
  });

  it('goes on when a listener throws, and tells the one who asked', () => {
    const errors: unknown[] = [];
    const emitter = new Emitter<number>((error) => errors.push(error));
    const heard: number[] = [];
    const bug = new Error('bug');
    emitter.event(() => {
      throw bug;
    });
    emitter.event((value) => heard.push(value));
    emitter.fire(1);
    assert.deepEqual([heard, errors], [[1], [bug]]);
  });

  it('is silent to who has left, in the middle of a delivery too, and after its end', () => {
    const emitter = new Emitter<number>();
    const heard: number[] = [];
    const later: { dispose: () => void } = { dispose: () => undefined };
    emitter.event(() => {
      later.dispose();
    });
    const subscription = emitter.event((value) => heard.push(value));
    later.dispose = () => {
      subscription.dispose();
    };
    emitter.fire(1);
    assert.equal(heard.length, 0);
    emitter.dispose();
    emitter.event((value) => heard.push(value));
    emitter.fire(2);
    assert.deepEqual([heard, emitter.listenerCount], [[], 0]);
  });
});

describe('a store of disposables', () => {
  it('ends everything once, newest first, and at once what comes late', () => {
    const ended: string[] = [];
    const item = (name: string) => toDisposable(() => ended.push(name));
    const store = new DisposableStore();
    store.add(item('a'));
    const b = store.add(item('b'));
    store.add(item('c'));
    store.delete(b);
    store.dispose();
    store.dispose();
    store.add(item('d'));
    assert.deepEqual(ended, ['b', 'c', 'a', 'd']);
    assert.ok(store.isDisposed);
  });

  it('can be cleared and used again', () => {
    let ended = 0;
    const store = new DisposableStore();
    store.add(toDisposable(() => ended++));
    store.clear();
    store.add(toDisposable(() => ended++));
    assert.equal(ended, 1);
    store.dispose();
    store.clear();
    assert.equal(ended, 2);
  });
});
