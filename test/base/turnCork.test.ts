import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { TurnCork } from '../../src/base/turnCork.ts';

describe('a cork for a turn', () => {
  it('lets what one turn writes leave together, and what the next one writes by itself', async () => {
    const left: string[][] = [];
    const socket = new Writable({
      decodeStrings: false,
      write: (chunk: string, _encoding, done) => {
        left.push([chunk]);
        done();
      },
      writev: (chunks, done) => {
        left.push(chunks.map(({ chunk }) => String(chunk)));
        done();
      },
    });
    const cork = new TurnCork(socket);
    const say = (text: string): void => {
      cork.hold();
      socket.write(text);
    };
    say('a');
    queueMicrotask(() => undefined);
    say('b');
    assert.deepEqual(left, []);
    await Promise.resolve();
    assert.deepEqual(left, [['a', 'b']]);
    say('c');
    await Promise.resolve();
    assert.deepEqual(left, [['a', 'b'], ['c']]);
  });
});
