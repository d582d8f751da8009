import assert from 'node:assert/strict';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import type { AttemptEvents } from '../../src/tunnel/handover.ts';
import { Supervisor } from '../../src/tunnel/supervisor.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

/** Tries whose fate the test decides. */
class Tries {
  readonly clock = new FakeClock();
  readonly events: AttemptEvents[] = [];
  /** When each try began, ms of fake time. */
  readonly times: number[] = [];
  disposed = 0;
  probed = 0;
  watched = false;
  /** No try can be begun. */
  unable = false;
  /** Fate of tries that nobody decides by hand. */
  fate: 'none' | 'fail' | 'succeed' = 'none';
  readonly supervisor = new Supervisor({
    clock: this.clock,
    random: new SeededRandom(3),
    isWatched: () => this.watched,
    start: (_attempt, events) => {
      if (this.unable) throw new Error('no address');
      this.events.push(events);
      this.times.push(this.clock.monotonic());
      if (this.fate !== 'none')
        this.clock.defer(() => {
          if (this.fate === 'fail') events.failed('relayUnreachable');
          else events.established();
        });
      return { probe: () => this.probed++, dispose: () => this.disposed++ };
    },
  });

  get last(): AttemptEvents {
    const events = this.events.at(-1);
    assert.ok(events);
    return events;
  }

  get kind(): string {
    return this.supervisor.state.kind;
  }
}

describe('the supervisor of a connection', () => {
  let tries: Tries;
  beforeEach(() => {
    tries = new Tries();
  });
  afterEach(() => {
    tries.supervisor.dispose();
    assert.equal(tries.clock.pendingTimers, 0, 'timers left behind');
  });

  for (const stage of ['the first try', 'a later try', 'an established connection'] as const) {
    it(`schedules another try after the failure of ${stage}`, async () => {
      tries.supervisor.start();
      if (stage === 'a later try') {
        tries.last.failed('relayUnreachable');
        await tries.clock.advance(2000);
      } else if (stage === 'an established connection') tries.last.established();
      const before = tries.events.length;
      tries.last.failed('relaySilent');
      assert.equal(tries.kind, 'reconnecting');
      const { state } = tries.supervisor;
      assert.ok(state.kind === 'reconnecting' && state.retryAt !== undefined && state.retryAt >= tries.clock.now());
      await tries.clock.advance(2000);
      assert.ok(tries.events.length > before);
    });
  }

  it('stops and waits for the user after a permanent refusal', async () => {
    const refusals: readonly ErrorCode[] = ['inviteRefused', 'proofRefused', 'revoked', 'handshakeFailed'];
    for (const error of refusals) {
      tries.supervisor.start();
      tries.last.failed(error);
      assert.deepEqual(tries.supervisor.state, { kind: 'error', error });
      const count = tries.events.length;
      await tries.clock.advance(120_000);
      assert.equal(tries.events.length, count);
    }
  });

  it('tries four times within about three seconds, then ever more slowly, but at least every 30 s', async () => {
    tries.fate = 'fail';
    tries.supervisor.start();
    await tries.clock.advance(600_000);
    const waits = tries.times.slice(1).map((time, index) => time - (tries.times[index] ?? 0));
    assert.ok((waits[0] ?? 0) <= 250 && Math.max(...waits.slice(1, 4)) <= 1000);
    assert.ok(Math.max(...waits) <= 30_000 && Math.max(...waits.slice(8)) > 10_000);
  });

  it('tries at least every five seconds while somebody watches', async () => {
    tries.fate = 'fail';
    tries.watched = true;
    tries.supervisor.start();
    await tries.clock.advance(120_000);
    const waits = tries.times.slice(1).map((time, index) => time - (tries.times[index] ?? 0));
    assert.ok(Math.max(...waits) <= 5000);
  });

  it('begins with short waits again only after a connection that held', async () => {
    tries.fate = 'fail';
    tries.supervisor.start();
    await tries.clock.advance(300_000);
    const waitAfterLoss = async (heldMs: number): Promise<number> => {
      tries.fate = 'succeed';
      tries.supervisor.reconnect();
      await tries.clock.advance(heldMs);
      tries.fate = 'none';
      tries.last.failed('relaySilent');
      const { state } = tries.supervisor;
      return state.kind === 'reconnecting' ? (state.retryAt ?? 0) - tries.clock.now() : -1;
    };
    const short: number[] = [];
    for (let i = 0; i < 12; i++) short.push(await waitAfterLoss(1000));
    assert.ok(Math.max(...short) > 1000, 'a connection of a second changes nothing');
    assert.ok((await waitAfterLoss(41_000)) <= 250, 'one of 41 s does');
  });

  it('probes a live connection after sleep, and dials at once instead of waiting on', async () => {
    tries.supervisor.start();
    tries.last.established();
    tries.clock.jumpWallClock(5 * 60_000);
    await tries.clock.advance(5000);
    assert.equal(tries.probed, 1);
    tries.last.failed('relaySilent');
    await tries.clock.advance(250);
    tries.fate = 'fail';
    tries.last.failed('relaySilent');
    await tries.clock.advance(60_000);
    const before = tries.events.length;
    tries.fate = 'none';
    tries.clock.jumpWallClock(5 * 60_000);
    await tries.clock.advance(5000);
    assert.ok(tries.events.length > before);
  });

  it('begins with short waits again after waking, for the network may need a moment', async () => {
    tries.fate = 'fail';
    tries.supervisor.start();
    await tries.clock.advance(600_000);
    const before = tries.events.length;
    tries.supervisor.wake();
    await tries.clock.advance(3_250);
    assert.ok(tries.events.length - before >= 4, `${String(tries.events.length - before)} tries`);
  });

  it('takes a link on which it waits for the device for one that holds', async () => {
    tries.fate = 'fail';
    tries.supervisor.start();
    await tries.clock.advance(600_000);
    tries.fate = 'none';
    tries.supervisor.reconnect();
    tries.last.waiting();
    await tries.clock.advance(41_000);
    tries.last.failed('relayUnreachable');
    const { state } = tries.supervisor;
    assert.ok(state.kind === 'reconnecting' && (state.retryAt ?? 0) - tries.clock.now() <= 250);
  });

  it('hears nothing more of a try that it has given up', () => {
    tries.supervisor.start();
    const old = tries.last;
    tries.supervisor.disconnect();
    old.established();
    old.failed('relaySilent');
    assert.equal(tries.kind, 'disconnected');
    assert.equal(tries.disposed, 1);
  });

  it('connects once for all who ask, and tells each who gives up', async () => {
    const abort = new AbortController();
    const first = tries.supervisor.connect();
    const second = tries.supervisor.connect(abort.signal);
    abort.abort();
    await assert.rejects(second, /cancelled/);
    tries.last.established();
    await first;
    await tries.supervisor.connect();
    assert.equal(tries.events.length, 1);
  });

  it('stops with an error when a try cannot even be begun, first or later', async () => {
    tries.unable = true;
    const refused = assert.rejects(tries.supervisor.connect(), /internal/);
    await tries.clock.settle();
    await refused;
    assert.deepEqual(tries.supervisor.state, { kind: 'error', error: 'internal' });
    tries.unable = false;
    tries.supervisor.start();
    tries.last.failed('relayUnreachable');
    tries.unable = true;
    await tries.clock.advance(1000);
    assert.deepEqual(tries.supervisor.state, { kind: 'error', error: 'internal' });
  });

  it('dials nothing once disposed', async () => {
    tries.supervisor.dispose();
    tries.supervisor.start();
    await assert.rejects(tries.supervisor.connect(), /cancelled/);
    tries.supervisor.reconnect();
    assert.equal(tries.events.length, 0);
  });

  it('dials anew on wake while it waits for the device, or for an answer for long, but not after a refusal', async () => {
    tries.supervisor.start();
    tries.supervisor.wake();
    assert.equal(tries.events.length, 1, 'a dial just begun has its time');
    await tries.clock.advance(3000);
    tries.supervisor.wake();
    assert.equal(tries.events.length, 2);
    tries.last.waiting();
    await tries.clock.advance(60_000);
    tries.supervisor.wake();
    tries.supervisor.wake();
    assert.equal(tries.events.length, 3);
    assert.deepEqual(tries.supervisor.state, { kind: 'connecting', attempt: 1, error: 'deviceOffline' });
    tries.last.failed('revoked');
    await tries.clock.advance(60_000);
    tries.supervisor.wake();
    assert.deepEqual(tries.supervisor.state, { kind: 'error', error: 'revoked' });
  });

  it('shows a device that is not there as waiting, without dialling again', async () => {
    tries.supervisor.start();
    tries.last.waiting();
    assert.deepEqual(tries.supervisor.state, { kind: 'connecting', attempt: 1, error: 'deviceOffline' });
    await tries.clock.advance(60_000);
    assert.equal(tries.events.length, 1);
    tries.last.established();
    tries.last.waiting();
    assert.deepEqual(tries.supervisor.state, { kind: 'reconnecting', attempt: 1, error: 'deviceOffline' });
  });
});
