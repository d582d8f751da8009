import assert from 'node:assert/strict';
import { QUIET_MS, RunningReport } from '../../src/agent/runningReport.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

describe('report of what runs', () => {
  let clock: FakeClock;
  let running: number;
  let told: number[];
  let report: RunningReport;

  beforeEach(() => {
    clock = new FakeClock();
    running = 0;
    told = [];
    report = new RunningReport(clock, () => running, { setStreams: (count) => told.push(count) });
  });

  afterEach(() => {
    report.dispose();
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  const set = (count: number): void => {
    running = count;
    report.note();
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('tells a beginning in the next turn, behind what began', async () => {
    set(1);
    assert.deepEqual(told, []);
    await turn();
    assert.deepEqual(told, [1]);
    set(2);
    set(3);
    await turn();
    assert.deepEqual(told, [1, 3]);
  });

  it('tells the end of everything after a quarter of a second', async () => {
    set(1);
    await turn();
    set(0);
    await clock.advance(QUIET_MS - 1);
    assert.deepEqual(told, [1]);
    await clock.advance(1);
    assert.deepEqual(told, [1, 0]);
  });

  it('is silent between quick requests, and waits from the last of them', async () => {
    for (let request = 0; request < 5; request++) {
      set(1);
      await turn();
      await clock.advance(1);
      set(0);
      await clock.advance(100);
    }
    assert.deepEqual(told, [1]);
    await clock.advance(QUIET_MS - 101);
    assert.deepEqual(told, [1]);
    await clock.advance(1);
    assert.deepEqual(told, [1, 0]);
  });

  it('does not tell an end while something runs', async () => {
    set(1);
    await turn();
    set(0);
    set(1);
    await turn();
    await clock.advance(10 * QUIET_MS);
    assert.deepEqual(told, [1]);
  });

  it('tells nothing of what has ended before it was told', async () => {
    set(1);
    set(0);
    await turn();
    await clock.advance(QUIET_MS);
    assert.deepEqual(told, []);
  });

  it('tells nothing once it is disposed', async () => {
    set(1);
    report.dispose();
    await turn();
    set(2);
    await turn();
    set(0);
    assert.deepEqual(told, []);
  });
});
