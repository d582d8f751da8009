import assert from 'node:assert/strict';
import { TunnelError } from '../../src/protocol/errors.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { AgentStart } from '../../src/views/agentStart.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

describe('AgentStart', () => {
  let clock: FakeClock;
  let bus: StatusBus;
  let seen: string[];

  beforeEach(() => {
    clock = new FakeClock();
    bus = new StatusBus();
    seen = [];
    bus.statusStream(({ state, error }) => seen.push(error === undefined ? state : `${state} ${error}`));
  });
  afterEach(() => {
    assert.equal(clock.pendingTimers, 0);
  });

  it('starts in a turn of its own', async () => {
    let started = 0;
    const start = new AgentStart({ start: () => ++started, clock, bus });
    assert.equal(started, 0);
    await clock.advance(0);
    assert.equal(await start.result, 1);
    assert.deepEqual(seen, ['disconnected']);
  });

  it('takes over within two seconds of the other window’s end, and says meanwhile who has the agent', async () => {
    let otherIsThere = true;
    let tries = 0;
    const start = new AgentStart({
      start: () => {
        tries++;
        if (otherIsThere) throw new TunnelError('anotherLeads');
        return 'agent';
      },
      clock,
      bus,
    });
    await clock.advance(10_000);
    assert.deepEqual(seen, ['disconnected', 'disconnected anotherLeads']);
    assert.ok(tries > 5);
    otherIsThere = false;
    await clock.advance(2_000);
    assert.equal(await start.result, 'agent');
    assert.deepEqual(seen.slice(2), ['disconnected']);
  });

  it('gives up where trying again does not help, and says why', async () => {
    const start = new AgentStart({
      start: () => {
        throw new TunnelError('identityLost');
      },
      clock,
      bus,
    });
    const rejected = assert.rejects(start.result, (error) => error instanceof TunnelError && error.code === 'identityLost');
    await clock.advance(5_000);
    await rejected;
    assert.deepEqual(seen, ['disconnected', 'error identityLost']);
  });

  it('stops trying when disposed', async () => {
    let tries = 0;
    const start = new AgentStart({
      start: () => {
        tries++;
        throw new TunnelError('anotherLeads');
      },
      clock,
      bus,
    });
    await clock.advance(3_500);
    start.dispose();
    const before = tries;
    await clock.advance(10_000);
    assert.equal(tries, before);
  });
});
