import { startFarm } from './startFarm.ts';
import { startRelay } from './probedProcess.ts';

export interface IdleDevicesResult {
  /** Resident bytes of the relay for one device more, between the two counts. */
  readonly residentSlope: number;
  /** Of these, heap and buffers. */
  readonly heapSlope: number;
  /** Processor time of the relay while all are idle, parts of one core. */
  readonly idleCpu: number;
}

/** What an idle device costs a relay: the slope between two counts, so that what the relay costs by itself does not count. */
export async function measureIdleDevices(low: number, high: number, idleMs: number): Promise<IdleDevicesResult> {
  const relay = await startRelay();
  const farms = [await startFarm(relay.url, low)];
  try {
    const settle = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    await settle(1_000);
    const few = await relay.process.memory();
    farms.push(await startFarm(relay.url, high - low, low));
    await settle(1_000);
    const many = await relay.process.memory();
    await settle(idleMs);
    const later = await relay.process.memory();
    const slope = (of: (memory: typeof few) => number): number => (of(many) - of(few)) / (high - low);
    return {
      residentSlope: slope(({ rss }) => rss),
      heapSlope: slope(({ heapUsed, external }) => heapUsed + external),
      idleCpu: (later.cpuMs - many.cpuMs) / idleMs,
    };
  } finally {
    for (const farm of farms) await farm.stop();
    await relay.process.stop();
  }
}

export interface HeldDevicesResult {
  /** Of the relay in the end for each device, after a forced collection; resident, and of this heap and buffers. */
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Devices that are connected in the end, and connections that were lost meanwhile. */
  readonly live: number;
  readonly cuts: number;
  /** Processor time of the relay meanwhile, parts of one core. */
  readonly cpu: number;
}

/** Devices that came before those that are measured, so that what a relay makes once does not count. */
const EARLIER = 200;

/** Holds so many idle devices for so long. */
export async function holdIdleDevices(count: number, holdMs: number): Promise<HeldDevicesResult> {
  const relay = await startRelay();
  const earlier = await startFarm(relay.url, EARLIER);
  try {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const few = await relay.process.memory();
    const farm = await startFarm(relay.url, count, EARLIER);
    try {
      const began = performance.now();
      const { cpuMs } = await relay.process.memory();
      await new Promise((resolve) => setTimeout(resolve, holdMs));
      const many = await relay.process.memory();
      const heldMs = performance.now() - began;
      farm.tell({ ask: 'live' });
      const { count: live, cuts } = await farm.first('live');
      return {
        residentBytes: (many.rss - few.rss) / count,
        heapBytes: (many.heapUsed + many.external - few.heapUsed - few.external) / count,
        live: Number(live),
        cuts: Number(cuts),
        cpu: (many.cpuMs - cpuMs) / heldMs,
      };
    } finally {
      await farm.stop();
    }
  } finally {
    await earlier.stop();
    await relay.process.stop();
  }
}
