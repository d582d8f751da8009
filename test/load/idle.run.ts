// npm run test:load -- idle: a thousand devices that want nothing for five minutes. Writes docs/reports/load-idle.md.
import { Findings } from './support/findings.ts';
import { holdIdleDevices } from './support/idleDevices.ts';

const KiB = 1024;
const MINUTES = 5;
const findings = new Findings();
const { residentBytes, heapBytes, live, cuts, cpu } = await holdIdleDevices(1_000, MINUTES * 60_000);
findings.add('Devices connected in the end', String(live), '1,000', live === 1_000);
findings.add('Connections lost meanwhile', String(cuts), '0', cuts === 0);
findings.add('Resident memory of the relay for each', `${(residentBytes / KiB).toFixed(1)} KiB`, '≤ 25 KiB', residentBytes <= 25 * KiB);
findings.add('Of this, heap and buffers', `${(heapBytes / KiB).toFixed(1)} KiB`, '≤ 25 KiB', heapBytes <= 25 * KiB);
findings.add('Processor time of the relay', `${(cpu * 100).toFixed(1)} % of one`, '', true);
findings.report(
  'load-idle',
  'A thousand idle devices',
  'npm run test:load -- idle',
  `A relay from the built bundle and 1,000 real device ends, idle for ${String(MINUTES)} minutes. Memory is what the relay holds then, after a forced collection, less what it held with 200
other devices before, divided by 1,000.`,
);
