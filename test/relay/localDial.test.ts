import assert from 'node:assert/strict';
import type { LinkSocket, LinkSocketHandlers } from '../../src/protocol/linkSocket.ts';
import { localDial } from '../../src/relay/localDial.ts';
import type { LinkPeer } from '../../src/relay/relayCore.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** One end as its owner sees it. */
class End implements LinkSocketHandlers {
  readonly received: Uint8Array[] = [];
  readonly events: string[] = [];
  onOpen(): void {
    this.events.push('open');
  }
  onMessage(message: Uint8Array): void {
    assert.ok(!this.events.some((event) => event.startsWith('close')));
    this.received.push(message);
  }
  onDrain(): void {
    this.events.push('drain');
  }
  onClose(code: number): void {
    this.events.push(`close ${String(code)}`);
  }
}

describe('a dial into the relay of the same process', () => {
  const clock = new FakeClock();
  let near: LinkSocket;
  let far: LinkSocket;
  let peer: LinkPeer | undefined;
  let nearEnd: End;
  let farEnd: End;
  beforeEach(async () => {
    dial();
    await clock.settle();
  });

  function dial(): void {
    [nearEnd, farEnd, peer] = [new End(), new End(), undefined];
    const accept = (who: LinkPeer, socket: LinkSocket): End => {
      [peer, far] = [who, socket];
      return farEnd;
    };
    near = localDial({ accept }, clock)('ws://127.0.0.1/v1/dial', nearEnd);
  }

  it('is a client’s link from nearby, and opens after the dial', async () => {
    dial();
    assert.deepEqual([nearEnd.events, peer], [[], undefined]);
    await clock.settle();
    assert.deepEqual([nearEnd.events, peer], [['open'], { role: 'client', remoteAddress: '127.0.0.1' }]);
  });

  it('delivers whole messages in order, never from inside send', async () => {
    near.send(bytes(1));
    near.send(bytes(2, 3));
    far.send(bytes(4));
    assert.deepEqual([nearEnd.received, farEnd.received, near.backlogBytes], [[], [], 3]);
    await clock.settle();
    assert.deepEqual([nearEnd.received, farEnd.received], [[bytes(4)], [bytes(1), bytes(2, 3)]]);
    assert.deepEqual([near.backlogBytes, nearEnd.events], [0, ['open', 'drain']]);
  });

  it('delivers what the relay says before it has taken the link over', async () => {
    const greeting = new End();
    const socket = localDial(
      {
        accept: (_peer, given) => {
          given.send(bytes(9));
          return new End();
        },
      },
      clock,
    )('', greeting);
    await clock.settle();
    assert.deepEqual(greeting.received, [bytes(9)]);
    socket.terminate();
    await clock.settle();
  });

  it('keeps a paused reader’s messages in the sender’s backlog and tells it when they leave', async () => {
    far.pause();
    near.send(bytes(1, 2));
    await clock.settle();
    assert.deepEqual([near.backlogBytes, nearEnd.events], [2, ['open']]);
    far.resume();
    await clock.settle();
    assert.deepEqual([near.backlogBytes, nearEnd.events, farEnd.received], [0, ['open', 'drain'], [bytes(1, 2)]]);
  });

  it('stops in the middle when the reader pauses while it reads', async () => {
    farEnd.onMessage = (message) => {
      farEnd.received.push(message);
      far.pause();
    };
    near.send(bytes(1));
    near.send(bytes(2));
    await clock.settle();
    assert.deepEqual([farEnd.received, near.backlogBytes], [[bytes(1)], 1]);
    far.resume();
    await clock.settle();
    assert.deepEqual([farEnd.received, near.backlogBytes], [[bytes(1), bytes(2)], 0]);
  });

  it('sends what was queued before a close, then tells both ends the code, once', async () => {
    near.send(bytes(7));
    near.close(4501);
    near.send(bytes(8));
    near.close(4600);
    await clock.settle();
    near.terminate();
    await clock.settle();
    assert.deepEqual(farEnd.received, [bytes(7)]);
    assert.deepEqual([nearEnd.events, farEnd.events], [['open', 'drain', 'close 4501'], ['close 4501']]);
  });

  it('says farewell to a paused reader only behind what was sent before', async () => {
    far.pause();
    near.send(bytes(7));
    near.close(4501);
    await clock.settle();
    assert.deepEqual([farEnd.received, farEnd.events], [[], []]);
    far.resume();
    await clock.settle();
    assert.deepEqual([farEnd.received, farEnd.events], [[bytes(7)], ['close 4501']]);
  });

  it('loses what was queued when it is terminated, and hears no more', async () => {
    near.send(bytes(7));
    far.terminate();
    far.send(bytes(8));
    await clock.settle();
    assert.deepEqual([nearEnd.received, farEnd.received], [[], []]);
    assert.deepEqual([nearEnd.events, farEnd.events], [['open', 'close 1006'], ['close 1006']]);
    assert.equal(near.backlogBytes, 0);
  });

  it('reaches no relay when it is given up in the same turn', async () => {
    for (const giveUp of [
      (): void => {
        near.close(1000);
      },
      (): void => {
        near.terminate();
      },
    ]) {
      dial();
      giveUp();
      await clock.settle();
      assert.deepEqual([nearEnd.events, peer], [['close 1006'], undefined]);
    }
  });
});
