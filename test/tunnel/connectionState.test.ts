import assert from 'node:assert/strict';
import { tunnelConnectionStates } from '../../src/protocol/status.ts';
import { transition, type ConnectionEvent, type ConnectionState } from '../../src/tunnel/connectionState.ts';

const states: readonly ConnectionState[] = [
  { kind: 'disconnected' },
  { kind: 'connecting', attempt: 1 },
  { kind: 'connected' },
  { kind: 'streaming', streams: 1 },
  { kind: 'reconnecting', attempt: 2, error: 'relayUnreachable', retryAt: 9 },
  { kind: 'error', error: 'inviteRefused' },
];

const events: readonly ConnectionEvent[] = [
  { type: 'connect' },
  { type: 'disconnect' },
  { type: 'established', streams: 0 },
  { type: 'waiting' },
  { type: 'failed', error: 'relaySilent' },
  { type: 'failed', error: 'proofRefused' },
  { type: 'retryScheduled', at: 7 },
  { type: 'retryDue' },
  { type: 'retryNow' },
  { type: 'streams', count: 2 },
];

/** What follows, per state in the order of `events`: the next state, then the effects. */
const table: Readonly<Record<string, readonly string[]>> = {
  disconnected: ['connecting dial', 'disconnected', 'disconnected', 'disconnected', 'disconnected', 'disconnected', 'disconnected', 'disconnected', 'disconnected', 'disconnected'],
  connecting: ['connecting', 'disconnected cancelRetry hangUp', 'connected cancelRetry', 'connecting', 'reconnecting hangUp scheduleRetry', 'error cancelRetry hangUp', 'connecting', 'connecting', 'connecting hangUp dial', 'connecting'],
  connected: ['connected', 'disconnected cancelRetry hangUp', 'connected', 'reconnecting', 'reconnecting hangUp scheduleRetry', 'error cancelRetry hangUp', 'connected', 'connected', 'reconnecting hangUp dial', 'streaming'],
  streaming: ['streaming', 'disconnected cancelRetry hangUp', 'streaming', 'reconnecting', 'reconnecting hangUp scheduleRetry', 'error cancelRetry hangUp', 'streaming', 'streaming', 'reconnecting hangUp dial', 'streaming'],
  reconnecting: ['reconnecting', 'disconnected cancelRetry hangUp', 'connected cancelRetry', 'reconnecting', 'reconnecting hangUp scheduleRetry', 'error cancelRetry hangUp', 'reconnecting', 'reconnecting dial', 'reconnecting cancelRetry hangUp dial', 'reconnecting'],
  error: ['connecting dial', 'disconnected cancelRetry hangUp', 'error', 'error', 'error', 'error', 'error', 'error', 'connecting dial', 'error'],
}; // prettier-ignore

describe('connection state', () => {
  it('has exactly the six states of the roadmap', () => {
    assert.deepEqual(new Set(states.map(({ kind }) => kind)), new Set(tunnelConnectionStates));
    assert.equal(tunnelConnectionStates.length, 6);
  });

  for (const state of states) {
    events.forEach((event, index) => {
      it(`${state.kind}: ${event.type}${'error' in event ? ` ${event.error}` : ''}`, () => {
        const { state: next, effects } = transition(state, event);
        assert.equal([next.kind, ...effects.map(({ type }) => type)].join(' '), table[state.kind]?.[index]);
      });
    });
  }

  it('goes from streaming to connected when the last stream ends', () => {
    assert.deepEqual(transition({ kind: 'streaming', streams: 1 }, { type: 'streams', count: 0 }).state, { kind: 'connected' });
  });

  it('counts tries while it reconnects and begins again after a success', () => {
    const failed = transition({ kind: 'reconnecting', attempt: 4, error: 'relaySilent' }, { type: 'failed', error: 'relayUnreachable' });
    assert.deepEqual(failed.state, { kind: 'reconnecting', attempt: 5, error: 'relayUnreachable' });
    assert.deepEqual(transition({ kind: 'connected' }, { type: 'failed', error: 'relaySilent' }).state, {
      kind: 'reconnecting',
      attempt: 1,
      error: 'relaySilent',
    });
  });
});
