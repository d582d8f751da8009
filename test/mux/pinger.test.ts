import assert from 'node:assert/strict';
import { Pinger } from '../../src/mux/pinger.ts';
import { PING_INTERVAL_MS, PING_TIMEOUT_MS } from '../../src/protocol/limits.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

describe('a mux’s pinger', () => {
  let clock: FakeClock;
  let pinger: Pinger;
  let asked: { readonly token: number; readonly at: number }[];
  let silent: number;
  beforeEach(() => {
    clock = new FakeClock();
    [asked, silent] = [[], 0];
    pinger = new Pinger(clock, {
      sendPing: (token) => asked.push({ token, at: clock.monotonic() }),
      onRoundTrip: () => undefined,
      onSilent: () => silent++,
    });
  });
  afterEach(() => {
    pinger.dispose();
    assert.equal(clock.pendingTimers, 0);
  });
  const times = (): number[] => asked.map(({ at }) => at);
  const answer = (): void => {
    pinger.onPong(asked.at(-1)?.token ?? -1);
  };

  it('asks at once, then every 15 s', async () => {
    pinger.start();
    answer();
    await clock.advance(PING_INTERVAL_MS);
    answer();
    await clock.advance(PING_INTERVAL_MS);
    assert.deepEqual(times(), [0, PING_INTERVAL_MS, 2 * PING_INTERVAL_MS]);
  });

  it('asks no sooner for being stopped and started: requests that follow one another cost no PING each', async () => {
    for (let request = 0; request < 20; request++) {
      pinger.start();
      answer();
      await clock.advance(500);
      pinger.stop();
      await clock.advance(500);
    }
    assert.deepEqual(times(), [0, PING_INTERVAL_MS]);
  });

  it('finds a far end that died behind its last answer within 25 s of the start', async () => {
    pinger.start();
    answer();
    pinger.stop();
    await clock.advance(1);
    pinger.start();
    await clock.advance(PING_INTERVAL_MS + PING_TIMEOUT_MS);
    assert.deepEqual([times(), silent], [[0, PING_INTERVAL_MS], 1]);
  });

  it('asks at once when the last PING was not answered, and on another session', async () => {
    pinger.start();
    await clock.advance(100);
    pinger.stop();
    pinger.start();
    answer();
    pinger.forget();
    await clock.advance(100);
    pinger.start();
    assert.deepEqual(times(), [0, 100, 200]);
  });
});
