import { until } from '../../harness/processes.ts';
import { machineMs } from './farm.ts';
import { percentile } from './farmStream.ts';
import { startFarm } from './startFarm.ts';
import { startRelay } from './probedProcess.ts';

export interface RestartStormResult {
  /** From the moment when the new relay listened until a device was admitted again, ms. */
  readonly p50: number;
  readonly p99: number;
  readonly last: number;
  readonly returned: number;
}

/** Kills a relay with `devices` connected devices, starts it again after `downMs`, and measures when each is back. */
export async function measureRestartStorm(devices: number, downMs: number): Promise<RestartStormResult> {
  let { process: relay, url } = await startRelay();
  const farm = await startFarm(url, devices);
  try {
    await relay.stop('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, downMs));
    ({ process: relay, url } = await startRelay(Number(new URL(url).port)));
    const upAt = machineMs();
    let returned: number[] = [];
    await until(
      'the return of all devices',
      async () => {
        const before = farm.events('returned').length;
        farm.tell({ ask: 'returned' });
        await until('an answer', () => farm.events('returned').length > before, 10_000, 10);
        returned = farm.events('returned').at(-1)?.['at'] as number[];
        return returned.length === devices;
      },
      60_000,
      250,
    );
    const delays = returned.map((at) => Math.max(0, at - upAt));
    return { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99), last: Math.max(...delays), returned: delays.length };
  } finally {
    await farm.stop();
    await relay.stop();
  }
}
