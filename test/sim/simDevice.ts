import assert from 'node:assert/strict';
import { Agent } from '../../src/agent/agent.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import type { FakeModelClient } from '../fakes/fakeModelClient.ts';
import { MemoryDeviceStore, memoryRelayFile } from '../fakes/memoryDeviceStore.ts';
import { MemoryStore } from '../fakes/memoryStore.ts';
import type { Restartable } from './faults.ts';
import { noteState, simLog } from './simLog.ts';
import { ModelLog } from './simModel.ts';
import { SIM_RELAY_ORIGIN } from './simNetwork.ts';
import type { SimProcess } from './simProcess.ts';
import type { SimWorld } from './simWorld.ts';

interface Run {
  readonly process: SimProcess;
  readonly agent: Agent;
  readonly models: FakeModelClient;
}

/** The device: a disk that stays, and an agent on it that comes and goes. */
export class SimDevice implements Restartable {
  readonly identity;
  readonly conversations = new MemoryStore();
  readonly devices = new MemoryDeviceStore();
  readonly models: ModelLog;
  readonly #world: SimWorld;
  readonly #relayFile = memoryRelayFile({ origin: SIM_RELAY_ORIGIN });
  #run: Run | undefined;
  /** Called with each process that was killed, while the disk is as it left it. */
  onKilled: (process: SimProcess) => void = () => undefined;

  constructor(world: SimWorld) {
    this.#world = world;
    this.identity = world.crypto.importKey(world.entropy.bytes(32));
    this.models = new ModelLog(world);
  }

  get agent(): Agent | undefined {
    return this.#run?.agent;
  }

  process(): SimProcess | undefined {
    return this.#run?.process;
  }

  start(): void {
    if (this.#run) return;
    const process = this.#world.newProcess('device');
    const models = this.models.serve(process);
    const bus = new StatusBus();
    bus.statusStream(({ state: kind, error }) => {
      noteState(this.#world, 'device', { kind, ...(error === undefined ? {} : { error }) });
    });
    const agent = new Agent({
      clock: process,
      random: this.#world.entropy,
      crypto: this.#world.crypto,
      dial: this.#world.network.dialFor(process),
      visit: () => assert.fail('nobody diagnoses here'),
      identity: this.identity,
      deviceName: 'Desk',
      conversations: this.conversations,
      devices: this.devices,
      relayFile: this.#relayFile,
      models,
      bus,
      log: simLog(this.#world, 'device'),
    });
    this.#run = { process, agent, models };
    agent.connect().catch((error: unknown) => {
      if (!(error instanceof TunnelError) || !(error.code === 'cancelled' || this.#world.isPossible(error.code))) throw error;
    });
  }

  kill(quietly: boolean): void {
    const run = this.#run;
    if (!run) return;
    this.#run = undefined;
    this.#world.note('device', quietly ? 'loses its power' : 'is killed');
    run.process.kill();
    this.#world.network.leave(run.process, quietly);
    this.onKilled(run.process);
  }

  /** A device has no such signal of its own yet: its clock tells it of sleep, and probes of the rest. */
  wake(): void {
    return;
  }

  reconnect(): void {
    this.#run?.agent.reconnect();
  }

  /** Ends as a program that is closed: nothing may be left behind. */
  quit(): void {
    const run = this.#run;
    if (!run) return;
    this.#run = undefined;
    this.#world.note('device', 'quits');
    run.agent.dispose();
    run.models.dispose();
    assert.equal(run.process.pendingTimers, 0, 'the device leaves timers behind');
    run.process.kill();
  }
}
