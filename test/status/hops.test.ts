import assert from 'node:assert/strict';
import { hopLevels, tunnelConnectionStates, type HopLevel } from '../../src/protocol/status.ts';
import { ollamaLevel, overallLevel, PROOF_LIFETIME_MS, relayLevel } from '../../src/status/hops.ts';

describe('hops', () => {
  it('takes the worst hop for the whole, for every pair of levels', () => {
    for (const relay of hopLevels)
      for (const ollama of hopLevels) {
        const worst = hopLevels[Math.min(hopLevels.indexOf(relay), hopLevels.indexOf(ollama))];
        assert.equal(overallLevel({ relay, ollama }), worst, `${relay} ${ollama}`);
      }
  });

  it('does not count a hop that is not in use, and knows nothing without any', () => {
    assert.equal(overallLevel({ ollama: 'up' }), 'up');
    assert.equal(overallLevel({ relay: 'waiting' }), 'waiting');
    assert.equal(overallLevel({}), 'unknown');
  });

  it('calls the relay up only on proof: a live state and a frame at most 25 s old', () => {
    const levels = (lastActivity: number | undefined): HopLevel[] =>
      tunnelConnectionStates.map((state) => relayLevel(state, lastActivity, 100_000));
    const expected = (live: HopLevel): HopLevel[] =>
      tunnelConnectionStates.map((state) => {
        if (state === 'connected' || state === 'streaming') return live;
        return state === 'connecting' || state === 'reconnecting' ? 'waiting' : 'down';
      });
    assert.deepEqual(levels(100_000), expected('up'));
    assert.deepEqual(levels(100_000 - PROOF_LIFETIME_MS), expected('up'));
    assert.deepEqual(levels(99_999 - PROOF_LIFETIME_MS), expected('unknown'));
    assert.deepEqual(levels(undefined), expected('unknown'));
  });

  it('calls Ollama up only when it is, and unknown when it is not known', () => {
    const states = ['ok', 'unknown', 'notInstalled', 'notRunning', 'wrongHost', 'blocked', 'foreign', 'noModels'] as const;
    assert.deepEqual(states.map(ollamaLevel), ['up', 'unknown', 'down', 'down', 'down', 'down', 'down', 'down']);
  });
});
