import { PRODUCT_VERSION } from '../../../protocol/versions.ts';
import type { ProcessReading } from '../../metrics/families.ts';
import type { HistogramReading } from '../../metrics/instruments.ts';

/** Looks at this process. */
export function readProcess(uptimeSeconds: number, eventLoopDelay: HistogramReading): ProcessReading {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    version: PRODUCT_VERSION,
    uptimeSeconds,
    residentBytes: rss,
    heapBytes: heapUsed,
    cpuSeconds: (user + system) / 1e6,
    eventLoopDelay,
  };
}
