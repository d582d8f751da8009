import { ProbedProcess, startRelay } from './probedProcess.ts';
import { join } from 'node:path';

export interface ConnectCyclesResult {
  /** Heap and buffers of the process with both ends, after a forced collection, before and after the cycles; bytes. */
  readonly growthBytes: number;
  /** Kinds of timers, sockets and the like that the process holds, before and after. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The same of the relay. */
  readonly relayGrowthBytes: number;
}

/** Connects and disconnects a device and its client over and over, in a process of their own. */
export async function measureConnectCycles(cycles: number): Promise<ConnectCyclesResult> {
  const relay = await startRelay();
  const ends = new ProbedProcess(process.execPath, [join(import.meta.dirname, 'cyclesMain.ts'), relay.url, String(cycles)]);
  try {
    const warm = await ends.first('warm');
    const relayBefore = await relay.process.memory();
    const before = await ends.memory();
    ends.tell({ go: true });
    const done = await ends.first('done');
    const after = await ends.memory();
    const relayAfter = await relay.process.memory();
    const bytesOf = ({ heapUsed, arrayBuffers }: typeof before): number => heapUsed + arrayBuffers;
    return {
      growthBytes: bytesOf(after) - bytesOf(before),
      before: warm['resources'] as string[],
      after: done['resources'] as string[],
      relayGrowthBytes: bytesOf(relayAfter) - bytesOf(relayBefore),
    };
  } finally {
    await ends.stop();
    await relay.process.stop();
  }
}
