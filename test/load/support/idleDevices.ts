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
