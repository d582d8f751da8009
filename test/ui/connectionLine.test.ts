import assert from 'node:assert/strict';
import type { ChatPortStatus } from '../../src/protocol/chatPort.ts';
import { tunnelConnectionStates } from '../../src/protocol/status.ts';
import { emptyModel, type ChatModel } from '../../src/ui/chatModel.ts';
import { connectionDot, connectionLine, connectionMeasure, connectionWord, type ConnectionLine } from '../../src/ui/connectionLine.ts';
import { ConnectionWatch } from '../../src/ui/connectionWatch.ts';
import { ollamaTrouble } from '../../src/ui/ollamaTrouble.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { chat, epoch } from './talk.ts';

const now = new Date(2026, 10, 23, 12).getTime();
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
      assert.equal(connectionLine(withStatus({ state }), now) === undefined, isUp, state);
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

  it('tells six troubles apart, each by its line and by the word beside the computer’s name', () => {
    const seen = new Date(now);
    seen.setHours(8, 12);
    const away = { state: 'reconnecting', error: 'deviceOffline', lastSeenAt: seen.getTime() } as const;
    const stopped = { ollama: { state: 'notRunning' } } as const;
    const table: readonly (readonly [ChatModel, string, string, ConnectionLine['tone'] | 'card'])[] = [
      [withStatus({ state: 'reconnecting', error: 'relayUnreachable' }, { online: false }), 'No network', 'You are offline.', 'wait'],
      [withStatus({ state: 'reconnecting', error: 'relayUnreachable' }), 'Reconnecting', 'The relay cannot be reached.', 'wait'],
      [withStatus(away), 'Offline', 'Desk is offline (last seen 08:12). It needs VS Code open, or Keep Reachable.', 'wait'],
      [withStatus({ state: 'connected' }, stopped), 'Ollama stopped', 'Ollama is not running on the computer.', 'card'],
      [withStatus({ state: 'reconnecting', error: 'paused' }), 'Paused', 'Remote access is paused at Desk.', 'wait'],
      [withStatus({ state: 'error', error: 'revoked' }), 'Removed', 'This browser was removed at Desk.', 'stop'],
    ];
    for (const [model, word, text, tone] of table) {
      const line = connectionLine(model, now);
      const said = line?.text ?? ollamaTrouble(model.ollama)?.title;
      assert.ok(said?.startsWith(text), `${word}: ${String(said)}`);
      assert.deepEqual([connectionWord(model), line?.tone ?? 'card'], [word, tone]);
      assert.equal(line?.action, word === 'Removed' ? 'pairAgain' : undefined);
      assert.equal(connectionDot(model), tone === 'stop' ? 'down' : 'waiting');
    }
    assert.equal(new Set(table.map(([, word]) => word)).size, 6);
    assert.equal(connectionLine(withStatus({ state: 'error', error: 'handshakeFailed' }), now)?.action, 'pairAgain');
    assert.equal(connectionDot(withStatus({ state: 'connected' }, { ollama: { state: 'ok' } })), 'up');
  });

  it('names the computer before it has been reached, and the day on which it was there last', () => {
    const line = (lastSeenAt?: number): string | undefined =>
      connectionLine(
        {
          ...emptyModel(chat, { state: 'connecting', error: 'deviceOffline', ...(lastSeenAt === undefined ? {} : { lastSeenAt }) }),
          deviceName: 'Attic',
        },
        now,
      )?.text;
    assert.match(line() ?? '', /^Attic is offline\. It needs/);
    const yesterday = new Date(now);
    yesterday.setDate(yesterday.getDate() - 1);
    yesterday.setHours(21, 5);
    assert.match(line(yesterday.getTime()) ?? '', /\(last seen yesterday 21:05\)/);
    assert.match(line(new Date(2025, 2, 3, 7, 45).getTime()) ?? '', /\(last seen 3 Mar 2025, 07:45\)/);
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
