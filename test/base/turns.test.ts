import assert from 'node:assert/strict';
import { Turns } from '../../src/base/turns.ts';

describe('turns', () => {
  it('come in the order of coming, each once, and again from behind', () => {
    const turns = new Turns<string>();
    for (const name of ['a', 'b', 'a', 'c']) turns.add(name);
    assert.deepEqual([turns.size, turns.has('b'), turns.has('d')], [3, true, false]);
    const first = turns.next();
    assert.equal(first, 'a');
    turns.add('a');
    assert.deepEqual([turns.at(0), turns.at(2), turns.at(3)], ['b', 'a', undefined]);
    turns.delete('c');
    turns.delete('never there');
    assert.deepEqual([turns.next(), turns.next(), turns.next(), turns.size], ['b', 'a', undefined, 0]);
  });

  it('are none after a clear', () => {
    const turns = new Turns<number>();
    turns.add(1);
    turns.clear();
    assert.deepEqual([turns.size, turns.next()], [0, undefined]);
  });
});
