import assert from 'node:assert/strict';
import { PairingDesk, type Offerer } from '../../src/agent/pairingDesk.ts';
import { Emitter } from '../../src/base/emitter.ts';
import type { PairingQuestion } from '../../src/protocol/agentControl.ts';

describe('the desk for pairings', () => {
  const asked = new Emitter<PairingQuestion>();
  const paired = new Emitter<string>();
  let desk: PairingDesk;
  let here: string[];
  let there: string[];
  let other: Offerer;
  const ended = new Emitter<undefined>();

  beforeEach(() => {
    desk = new PairingDesk({ onPairingQuestion: asked.event, onDidPair: paired.event });
    here = [];
    there = [];
    desk.onPairingQuestion(({ name }) => here.push(name));
    desk.onDidPair((id) => here.push(id));
    other = { ask: ({ name }) => there.push(name), paired: (id) => there.push(id) };
  });
  afterEach(() => {
    desk.dispose();
    assert.deepEqual([asked.listenerCount, paired.listenerCount, ended.listenerCount], [0, 0, 0]);
  });

  function question(name: string): PairingQuestion {
    const onDidEnd: PairingQuestion['onDidEnd'] = (listener) =>
      ended.event(() => {
        listener();
      });
    return { name, kind: 'page', scope: 'chat', words: [], answer: () => undefined, onDidEnd };
  }

  it('asks in the window that showed the newest link, and nowhere else', () => {
    asked.fire(question('first'));
    desk.offeredBy(other);
    asked.fire(question('second'));
    paired.fire('client');
    desk.offeredBy();
    asked.fire(question('third'));
    assert.deepEqual(
      [here, there],
      [
        ['first', 'third'],
        ['second', 'client'],
      ],
    );
  });

  it('asks here what a window was asked that is gone, but not what is answered or over', () => {
    desk.offeredBy(other);
    const [answered, open] = [question('answered'), question('open')];
    asked.fire(question('over'));
    ended.fire(undefined);
    asked.fire(answered);
    asked.fire(open);
    desk.answered(answered);
    desk.left(other);
    desk.left(other);
    asked.fire(question('next'));
    assert.deepEqual(
      [here, there],
      [
        ['open', 'next'],
        ['over', 'answered', 'open'],
      ],
    );
  });
});
