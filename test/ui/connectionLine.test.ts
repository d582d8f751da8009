import assert from 'node:assert/strict';
import type { ChatPortStatus } from '../../src/protocol/chatPort.ts';
import { tunnelConnectionStates } from '../../src/protocol/status.ts';
import { emptyModel, type ChatModel } from '../../src/ui/chatModel.ts';
import { connectionLine, connectionMeasure, connectionWord, type ConnectionLine } from '../../src/ui/connectionLine.ts';
import { ConnectionWatch } from '../../src/ui/connectionWatch.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { chat, epoch } from './talk.ts';

const desk: Partial<ChatModel> = { hub: { hubEpoch: epoch, deviceName: 'Desk', scope: 'chat' } };
const withStatus = (status: ChatPortStatus, more: Partial<ChatModel> = {}): ChatModel => ({
  ...emptyModel(chat, status),
  ...desk,
  ...more,
});

describe('connection line', () => {
  it('is silent while the line is up and never silent while it is not', () => {
    for (const state of tunnelConnectionStates) {
      const isUp = state === 'connected' || state === 'streaming';
      assert.equal(connectionLine(withStatus({ state })) === undefined, isUp, state);
      assert.notEqual(connectionWord(withStatus({ state })), '');
    }
  });

  it('tells what is measured of a line that is up, and nothing of one that is not', () => {
    const measured = { rttMs: 23.6, quality: 'good' } as const;
    assert.equal(connectionMeasure(withStatus({ state: 'connected', ...measured })), '24 ms, quality good');
    assert.equal(connectionMeasure(withStatus({ state: 'streaming', rttMs: 8 })), '8 ms, quality unknown');
    assert.equal(connectionMeasure(withStatus({ state: 'connected' })), undefined);
    assert.equal(connectionMeasure(withStatus({ state: 'reconnecting', ...measured })), undefined);
  });

  it('has different words for offline, relay, computer, pause, removal and another key', () => {
    const lines = [
      connectionLine(withStatus({ state: 'reconnecting', error: 'relayUnreachable' }, { online: false })),
      connectionLine(withStatus({ state: 'reconnecting', error: 'relayUnreachable' })),
      connectionLine(withStatus({ state: 'reconnecting', error: 'deviceOffline' })),
      connectionLine(withStatus({ state: 'reconnecting', error: 'paused' })),
      connectionLine(withStatus({ state: 'error', error: 'revoked' })),
      connectionLine(withStatus({ state: 'error', error: 'handshakeFailed' })),
    ];
    assert.equal(new Set(lines.map((line) => line?.text)).size, 6);
    assert.deepEqual(
      lines.map((line) => line?.tone),
      ['wait', 'wait', 'wait', 'wait', 'stop', 'stop'],
    );
    assert.deepEqual(
      lines.map((line) => line?.action),
      [undefined, undefined, undefined, undefined, 'pairAgain', 'pairAgain'],
    );
    assert.match(lines[2]?.text ?? '', /^Desk is offline/);
  });

  it('comes after two seconds, at once for what needs a person, and goes at once', async () => {
    const clock = new FakeClock();
    let model = withStatus({ state: 'connected' });
    const shown: (string | undefined)[] = [];
    const watch = new ConnectionWatch(
      clock,
      () => model,
      (line: ConnectionLine | undefined) => void shown.push(line?.key),
    );
    const become = (status: ChatPortStatus): void => {
      model = withStatus(status);
      watch.check();
    };
    become({ state: 'reconnecting', error: 'relayUnreachable' });
    await clock.advance(1000);
    become({ state: 'connected' });
    await clock.advance(5000);
    assert.deepEqual(shown, [undefined]);
    become({ state: 'reconnecting', error: 'relayUnreachable' });
    await clock.advance(1000);
    become({ state: 'reconnecting', error: 'deviceOffline' });
    await clock.advance(1000);
    assert.deepEqual(shown.slice(1), ['deviceOffline']);
    become({ state: 'reconnecting', error: 'relayUnreachable' });
    become({ state: 'error', error: 'revoked' });
    become({ state: 'connected' });
    assert.deepEqual(shown.slice(2), ['relayUnreachable', 'revoked', undefined]);
    become({ state: 'connecting' });
    watch.dispose();
    assert.equal(clock.pendingTimers, 0);
  });
});
