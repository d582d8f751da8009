import assert from 'node:assert/strict';
import { fromUtf8, utf8 } from '../../../src/base/bytes.ts';
import type { ClusterLine } from '../../../src/relay/cluster/clusterLine.ts';

export interface LinePair {
  readonly near: ClusterLine;
  readonly far: ClusterLine;
  /** Resolves when all that was under way has arrived. */
  settle(): Promise<void>;
  end(): Promise<void>;
}

/** What every line promises; run by the real one and by the fake. */
export function lineConformance(makePair: () => Promise<LinePair> | LinePair): void {
  let pair: LinePair;
  let heard: string[];
  /** Has a line write down what it hears. */
  const listen = (line: ClusterLine, subject: string): { dispose(): void } =>
    line.subscribe(subject, ({ subject: at, data, isNobody, reply }) => {
      heard.push(`${at} ${isNobody ? 'nobody' : fromUtf8(data)}${reply === undefined ? '' : ` > ${reply}`}`);
    });

  beforeEach(async () => {
    pair = await makePair();
    heard = [];
  });
  afterEach(async () => {
    await pair.end();
  });

  it('carries what is published to who has subscribed, in order, and to no other', async () => {
    listen(pair.far, 'test.a');
    listen(pair.far, 'test.b');
    await pair.settle();
    for (let i = 0; i < 50; i++) pair.near.publish('test.a', utf8(String(i)));
    assert.deepEqual(heard, [], 'heard from inside the call');
    pair.near.publish('test.c', utf8('x'));
    await pair.settle();
    assert.deepEqual(
      heard,
      Array.from({ length: 50 }, (_, i) => `test.a ${String(i)}`),
    );
  });

  it('names the subject below one that ends with a star, and where an answer is waited for', async () => {
    listen(pair.far, 'test.n.*');
    await pair.settle();
    pair.near.publish('test.n.7', utf8('seven'), 'test.reply.7');
    pair.near.publish('test.n', utf8('none'));
    await pair.settle();
    assert.deepEqual(heard, ['test.n.7 seven > test.reply.7']);
  });

  it('does not hear itself', async () => {
    listen(pair.near, 'test.a');
    await pair.settle();
    pair.near.publish('test.a', utf8('own'));
    await pair.settle();
    assert.deepEqual(heard, []);
  });

  it('says that nobody listens, its own subscription not counted, and says it of no other', async () => {
    listen(pair.near, 'test.x.*');
    listen(pair.near, 'test.a');
    listen(pair.far, 'test.x.*');
    await pair.settle();
    pair.near.publish('test.a', utf8('?'), 'test.x.1');
    await pair.settle();
    assert.deepEqual(heard, ['test.x.1 nobody']);
  });

  it('hears nothing after the end of a subscription, and nobody after its own', async () => {
    listen(pair.far, 'test.a').dispose();
    listen(pair.near, 'test.x.*');
    await pair.settle();
    pair.near.publish('test.a', utf8('1'), 'test.x.1');
    await pair.settle();
    listen(pair.far, 'test.a');
    await pair.settle();
    pair.far.dispose();
    await pair.settle();
    assert.equal(pair.far.isUp, false);
    pair.near.publish('test.a', utf8('2'), 'test.x.2');
    await pair.settle();
    assert.deepEqual(heard, ['test.x.1 nobody', 'test.x.2 nobody']);
  });

  it('delivers what was published before its end', async () => {
    listen(pair.far, 'test.a');
    await pair.settle();
    pair.near.publish('test.a', utf8('last'));
    pair.near.dispose();
    await pair.settle();
    assert.deepEqual(heard, ['test.a last']);
  });
}
