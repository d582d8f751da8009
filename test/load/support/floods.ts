import { join } from 'node:path';
import { Bystanders, type Noticed } from './bystanders.ts';
import type { FloodOptions, FloodReport } from './floodKinds.ts';
import { ProbedProcess, startRelay } from './probedProcess.ts';

export type FloodKind = 'links' | 'slow' | 'frames';

export interface FloodResult {
  /** What the flood itself met. */
  readonly report: FloodReport;
  /** Before it, and during it. */
  readonly quiet: Noticed;
  readonly beside: Noticed;
  /** Heap and buffers of the relay after a forced collection, by how much more than before; bytes. */
  readonly growthBytes: number;
  /** The most resident memory seen, bytes. */
  readonly peakBytes: number;
}

/** Floods a relay that others use. @param quietMs how long it is watched before, and left alone after */
export async function measureFlood(kind: FloodKind, options: FloodOptions, quietMs = 2_000): Promise<FloodResult> {
  const relay = await startRelay(0, ['--gateway', '--trusted-hops', '1']);
  let others: Bystanders | undefined;
  try {
    const bystanders = (others = await Bystanders.start(relay.url));
    const quiet = await bystanders.during(() => pause(quietMs));
    const before = await relay.process.memory();
    let peakBytes = 0;
    const watch = setInterval(() => {
      peakBytes = Math.max(peakBytes, relay.process.residentBytes);
    }, 100);
    let report: FloodReport = {};
    const beside = await bystanders.during(async () => {
      report = await flood(kind, Number(new URL(relay.url).port), options);
    });
    clearInterval(watch);
    await pause(quietMs);
    const after = await relay.process.memory();
    const growthBytes = after.heapUsed + after.external - before.heapUsed - before.external;
    return { report, quiet, beside, growthBytes, peakBytes };
  } finally {
    await others?.stop();
    await relay.process.stop();
  }
}

async function flood(kind: FloodKind, port: number, options: FloodOptions): Promise<FloodReport> {
  const main = join(import.meta.dirname, 'floodMain.ts');
  const process_ = new ProbedProcess(process.execPath, [main, kind, String(port), JSON.stringify(options)]);
  try {
    return (await process_.first('done'))['report'] as FloodReport;
  } finally {
    await process_.stop();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
