import assert from 'node:assert/strict';
import { concatBytes, utf8 } from '../../src/base/bytes.ts';
import type { MuxStream } from '../../src/mux/muxStream.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import type { AttemptEvents } from '../../src/tunnel/handover.ts';
import { Supervisor } from '../../src/tunnel/supervisor.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { TunnelWorld } from '../fakes/tunnelWorld.ts';

describe('handing over to another link', () => {
  /** Tries whose fate the test decides. */
  class Tries {
    readonly clock = new FakeClock();
    readonly events: AttemptEvents[] = [];
    /** Numbers of the tries that were ended, in order. */
    readonly ended: number[] = [];
    readonly states: string[] = [];
    isWatched = true;
    readonly supervisor = new Supervisor({
      clock: this.clock,
      random: new SeededRandom(5),
      isWatched: () => this.isWatched,
      start: (_attempt, events) => {
        const number = this.events.push(events) - 1;
        return { probe: () => undefined, dispose: () => this.ended.push(number) };
      },
    });

    constructor() {
      this.supervisor.onDidChange((state) => this.states.push('error' in state ? [state.kind, state.error].join(' ') : state.kind));
    }

    at(number: number): AttemptEvents {
      const events = this.events[number];
      assert.ok(events, `no try ${String(number)}`);
      return events;
    }

    /** Connected, and told to go within a second; a second try is on its way. */
    async moving(): Promise<void> {
      this.supervisor.start();
      this.at(0).established();
      this.at(0).leaving(1_000);
      await this.clock.advance(1_000);
      assert.equal(this.events.length, 2);
      this.states.length = 0;
    }
  }

  describe('as its supervisor does it', () => {
    let tries: Tries;
    beforeEach(() => {
      tries = new Tries();
    });
    afterEach(() => {
      tries.supervisor.dispose();
      assert.equal(tries.clock.pendingTimers, 0, 'timers left behind');
    });

    it('keeps the old link until the new one is established, and shows nothing of it', async () => {
      await tries.moving();
      assert.deepEqual(tries.ended, []);
      tries.at(1).established();
      assert.deepEqual(tries.ended, [0]);
      tries.at(0).failed('relayDraining');
      await tries.clock.advance(60_000);
      assert.deepEqual(tries.states, []);
      assert.equal(tries.events.length, 2);
    });

    it('lets the old link go first when the new one takes what only one can carry', async () => {
      await tries.moving();
      tries.at(1).takesOver();
      assert.deepEqual(tries.ended, [0]);
      tries.at(1).failed('deviceSilent');
      assert.deepEqual(tries.states, ['reconnecting deviceSilent']);
    });

    it('tries again while a relay that restarts takes nobody, and keeps what it has as long as it stands', async () => {
      await tries.moving();
      tries.at(1).failed('relayBusy');
      tries.at(1).established();
      assert.equal(tries.supervisor.state.kind, 'connected', 'what was given up is heard no more');
      await tries.clock.advance(1_000);
      assert.ok(tries.events.length > 2);
      assert.deepEqual(tries.states, []);
      tries.at(0).failed('relayDraining');
      assert.deepEqual(tries.states, ['reconnecting relayDraining']);
      assert.deepEqual(new Set(tries.ended).size, tries.events.length);
    });

    it('says what is wrong with the new relay only when the old one is gone', async () => {
      await tries.moving();
      tries.at(1).failed('relayVersion');
      await tries.clock.advance(250);
      assert.deepEqual(tries.states, []);
      tries.at(0).failed('relayDraining');
      await tries.clock.advance(5_000);
      tries.events.at(-1)?.failed('relayVersion');
      assert.equal(tries.supervisor.state.kind, 'error');
    });

    it('dials often for a few seconds when its relay went as it had said, and not when it just went', async () => {
      const dialsIn = async (ms: number): Promise<number> => {
        const before = tries.events.length;
        for (let at = 0; at < ms; at += 50) {
          await tries.clock.advance(50);
          if (tries.supervisor.state.kind === 'connecting' || tries.supervisor.state.kind === 'reconnecting')
            tries.events.at(-1)?.failed('relayUnreachable');
        }
        return tries.events.length - before;
      };
      tries.supervisor.start();
      tries.at(0).established();
      tries.at(0).failed('relayUnreachable');
      const unannounced = await dialsIn(3_000);
      tries.supervisor.disconnect();
      await tries.clock.advance(30_000);
      tries.supervisor.start();
      tries.events.at(-1)?.established();
      tries.events.at(-1)?.leaving(1_000);
      tries.events.at(-1)?.failed('relayDraining');
      const announced = await dialsIn(3_000);
      assert.ok(announced >= 12 && unannounced <= 8, `${String(announced)} and ${String(unannounced)}`);
    });

    it('waits at the new relay while the device is at the old one, and follows it in a quarter of a second', async () => {
      await tries.moving();
      tries.at(1).waiting();
      assert.deepEqual(tries.states, [], 'the old link carries on');
      tries.at(0).waiting();
      assert.deepEqual(tries.states, ['reconnecting deviceOffline']);
      assert.deepEqual(tries.ended, [0]);
      tries.at(1).established();
      assert.equal(tries.supervisor.state.kind, 'connected');
      tries.at(1).leaving(60_000);
      tries.at(1).waiting();
      await tries.clock.advance(250);
      assert.equal(tries.events.length, 3, 'the device has gone, so there is nothing to wait for here');
    });

    it('waits on at the new relay when the old one goes', async () => {
      await tries.moving();
      tries.at(1).waiting();
      tries.at(0).failed('relayDraining');
      assert.deepEqual(tries.states, ['reconnecting deviceOffline']);
      assert.deepEqual(tries.supervisor.state, { kind: 'reconnecting', attempt: 1, error: 'deviceOffline' });
      tries.at(1).established();
      assert.equal(tries.supervisor.state.kind, 'connected');
      assert.equal(tries.events.length, 2);
    });

    it('ends both when the user disconnects, on a failure, and when the next relay goes as well', async () => {
      await tries.moving();
      tries.at(1).leaving(1_000);
      assert.deepEqual(tries.ended, [1]);
      await tries.clock.advance(1_000);
      tries.supervisor.disconnect();
      assert.deepEqual(new Set(tries.ended), new Set(tries.events.keys()));
    });

    for (const error of ['relayUnreachable', 'relaySilent'] as const satisfies readonly ErrorCode[])
      it(`begins anew when the old link ends by ${error} before the new one is open`, async () => {
        await tries.moving();
        tries.at(0).failed(error);
        assert.deepEqual(tries.ended, [1, 0]);
        await tries.clock.advance(250);
        assert.equal(tries.events.length, 3);
      });
  });

  describe('through a relay', () => {
    async function streaming(seed: number): Promise<{ world: TunnelWorld; near: MuxStream; far: MuxStream; states: string[][] }> {
      const world = new TunnelWorld(seed);
      world.device.supervisor.start();
      world.client.supervisor.start();
      await world.clock.advance(100);
      const came: MuxStream[] = [];
      world.muxes[0]?.onStream((stream) => came.push(stream));
      const near = world.client.mux.openStream('chat');
      near.write(utf8('0 '));
      await world.clock.advance(10);
      const [far] = came;
      assert.ok(far);
      const states = [world.client, world.device].map(({ supervisor }) => {
        const seen: string[] = [];
        supervisor.onDidChange((state) => seen.push(`${String(world.clock.monotonic())} ${state.kind}`));
        return seen;
      });
      return { world, near, far, states };
    }

    function drain(stream: MuxStream): string {
      const parts: Uint8Array[] = [];
      for (let piece = stream.read(); piece; piece = stream.read()) parts.push(piece);
      return new TextDecoder().decode(concatBytes(...parts));
    }

    it('brings device and client to the next relay with no byte lost, and never shows a second without a connection', async () => {
      const gaps: number[] = [];
      for (let seed = 1; seed <= 50; seed++) {
        const { world, near, far } = await streaming(seed);
        let downSince: number | undefined;
        world.client.supervisor.onDidChange(({ kind }) => {
          const isUp = kind === 'connected' || kind === 'streaming';
          if (isUp && downSince !== undefined) gaps.push(world.clock.monotonic() - downSince);
          downSince = isUp ? undefined : (downSince ?? world.clock.monotonic());
        });
        const old = world.network.replaceRelay();
        let isDrained = false;
        void old.drain().then(() => (isDrained = true));
        const said = ['0 '];
        for (let i = 1; i <= 30; i++) {
          near.write(utf8(`${String(i)} `));
          far.write(utf8(`${String(i)} `));
          said.push(`${String(i)} `);
          await world.clock.advance(100);
        }
        assert.equal(isDrained, true);
        assert.equal(drain(far), said.join(''));
        assert.equal(drain(near), said.slice(1).join(''));
        for (const { supervisor } of [world.client, world.device]) assert.equal(supervisor.state.kind, 'connected', `seed ${String(seed)}`);
        world.dispose();
        assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
      }
      assert.ok(Math.max(0, ...gaps) <= 1_000, `${String(Math.max(...gaps))} ms`);
    });

    it('moves a client alone from node to node with no byte lost and nothing shown', async () => {
      const world = new TunnelWorld();
      world.device.supervisor.start();
      await world.clock.advance(100);
      const first = world.network.replaceRelay(true);
      world.client.supervisor.start();
      await world.clock.advance(100);
      const came: MuxStream[] = [];
      world.muxes[0]?.onStream((stream) => came.push(stream));
      const near = world.client.mux.openStream('chat');
      await world.clock.advance(10);
      const [far] = came;
      assert.ok(far);
      let changes = 0;
      world.client.supervisor.onDidChange(() => changes++);
      const nodes = [first];
      const said: string[] = [];
      for (let move = 0; move < 10; move++) {
        const old = world.network.replaceRelay(true);
        nodes.push(old);
        const drained = old.drain();
        for (let i = 0; i < 50; i++) {
          said.push(`${String(move)}.${String(i)} `);
          near.write(utf8(said.at(-1) ?? ''));
          far.write(utf8(said.at(-1) ?? ''));
          await world.clock.advance(25);
        }
        await drained;
      }
      assert.equal(drain(far), said.join(''));
      assert.equal(drain(near), said.join(''));
      assert.equal(changes, 0);
      assert.equal(world.client.mux.isReady, true);
      world.dispose();
      for (const node of nodes) node.dispose();
      assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
    });

    it('comes back to the one relay that drains and starts again, device and client, with no byte lost', async () => {
      for (let seed = 1; seed <= 20; seed++) {
        const { world, near, far } = await streaming(seed);
        const draining = world.network.relay?.drain();
        for (let i = 1; i <= 15; i++) {
          near.write(utf8(`${String(i)} `));
          await world.clock.advance(100);
        }
        await draining;
        world.network.killRelay();
        await world.clock.advance(500);
        world.network.startRelay();
        await world.clock.advance(5_000);
        assert.equal(drain(far), Array.from({ length: 16 }, (_, i) => `${String(i)} `).join(''));
        for (const { supervisor } of [world.client, world.device]) assert.equal(supervisor.state.kind, 'connected', `seed ${String(seed)}`);
        world.dispose();
        assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
      }
    });
  });
});
