import assert from 'node:assert/strict';
import { HealthMonitor, PING_TIMEOUT_MS, type OllamaEyes, type OllamaFinding } from '../../src/ollama/healthMonitor.ts';
import type { OllamaAddress } from '../../src/ollama/host.ts';
import type { OllamaState } from '../../src/protocol/status.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

const address: OllamaAddress = { scheme: 'http', host: '127.0.0.1', port: 11434, prefix: '' };

/** An Ollama that is up, gone, or silent: then each request takes its whole time limit. */
class FakeEyes implements OllamaEyes {
  state: OllamaState = 'ok';
  isSilent = false;
  version = '0.33.0';
  looks = 0;
  pings = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async look(): Promise<OllamaFinding> {
    this.looks++;
    if (this.isSilent) await this.#pass(2_000);
    const state = this.isSilent ? 'foreign' : this.state;
    const isUp = state === 'ok' || state === 'noModels';
    return { status: { state, url: 'http://127.0.0.1:11434', ...(isUp ? { version: this.version } : {}) }, address };
  }

  async ping(): Promise<string | undefined> {
    this.pings++;
    if (this.isSilent) await this.#pass(PING_TIMEOUT_MS);
    return this.isSilent || this.state === 'notRunning' ? undefined : this.version;
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }
}

describe('health monitor', () => {
  let clock: FakeClock;
  let eyes: FakeEyes;
  let monitor: HealthMonitor;
  let states: string[];

  beforeEach(async () => {
    clock = new FakeClock();
    eyes = new FakeEyes(clock);
    monitor = new HealthMonitor(clock, eyes);
    states = [];
    monitor.onDidChangeStatus((status) => states.push(status.state));
    await monitor.check();
  });

  afterEach(() => {
    monitor.dispose();
    if (!eyes.isSilent) assert.equal(clock.pendingTimers, 0);
  });

  it('is unknown until it has looked', () => {
    const fresh = new HealthMonitor(clock, eyes);
    assert.equal(fresh.status.state, 'unknown');
    fresh.dispose();
    assert.deepEqual(states, ['ok']);
  });

  it('only pings while all is well, and fires nothing', async () => {
    await clock.advance(60_000);
    assert.equal(eyes.looks, 1);
    assert.equal(eyes.pings, 12);
    assert.deepEqual(states, ['ok']);
  });

  it('shows a stop within 10 s, whenever it comes', async () => {
    for (const offset of [0, 1, 2_500, 4_999]) {
      eyes.state = 'ok';
      await monitor.check();
      await clock.advance(5_000 + offset);
      eyes.state = 'notRunning';
      await clock.advance(10_000);
      assert.equal(monitor.status.state, 'notRunning', String(offset));
    }
  });

  it('shows a freeze within 10 s, whenever it comes', async () => {
    for (const offset of [0, 1, 2_500, 4_999]) {
      eyes.isSilent = false;
      await clock.advance(20_000 + offset);
      assert.equal(monitor.status.state, 'ok');
      eyes.isSilent = true;
      await clock.advance(10_000);
      assert.equal(monitor.status.state, 'foreign', String(offset));
    }
  });

  it('shows a start within 10 s', async () => {
    eyes.state = 'notRunning';
    await clock.advance(10_000);
    eyes.state = 'ok';
    await clock.advance(10_000);
    assert.deepEqual(states, ['ok', 'notRunning', 'ok']);
  });

  it('does not believe one ping that failed', async () => {
    eyes.ping = () => {
      eyes.pings++;
      return Promise.resolve(undefined);
    };
    await clock.advance(60_000);
    assert.deepEqual(states, ['ok']);
    assert.ok(eyes.looks > 5);
  });

  it('knows that a server which sends bytes is only busy', async () => {
    await clock.advance(100);
    eyes.isSilent = true;
    for (let i = 0; i < 60; i++) {
      await clock.advance(500);
      monitor.noteLife();
    }
    assert.deepEqual(states, ['ok']);
    await clock.advance(10_000);
    assert.deepEqual(states, ['ok', 'foreign']);
  });

  it('notices another version', async () => {
    eyes.version = '0.34.0';
    await clock.advance(5_000);
    assert.equal(monitor.status.version, '0.34.0');
    assert.deepEqual(states, ['ok', 'ok']);
  });

  it('notices models that come and go', async () => {
    monitor.noteModels(true);
    monitor.noteModels(false);
    assert.deepEqual(states, ['ok', 'noModels']);
    await clock.advance(5_000);
    assert.deepEqual(states, ['ok', 'noModels', 'ok']);
  });

  it('shares a look under way', async () => {
    const looks = eyes.looks;
    const [first, second] = await Promise.all([monitor.check(), monitor.check()]);
    assert.equal(first, second);
    assert.equal(eyes.looks, looks + 1);
  });

  it('falls silent when disposed, also in the middle of a look', async () => {
    eyes.isSilent = true;
    const looking = monitor.check();
    monitor.dispose();
    await clock.advance(60_000);
    assert.equal((await looking).state, 'ok');
    assert.equal((await monitor.check()).state, 'ok');
    assert.deepEqual(states, ['ok']);
    assert.equal(clock.pendingTimers, 0);
  });
});
