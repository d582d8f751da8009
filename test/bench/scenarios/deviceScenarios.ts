import { measureIdleDevices } from '../../load/support/idleDevices.ts';
import { measureRestartStorm } from '../../load/support/restartStorm.ts';
import { short, spreadOf, type Spread } from '../lib/stats.ts';

/** A figure of the relay with many devices. */
export interface DeviceFigure {
  readonly words: string;
  readonly unit: string;
  readonly spread: Spread;
  readonly must?: number;
  readonly isMissed: boolean;
}

const IDLE_MS = 3_000;

/** Idle devices, and how they come back together. The ends are real tunnels, without hub and Ollama. */
export async function runDeviceScenarios(repetitions: number): Promise<readonly DeviceFigure[]> {
  const slopes: number[] = [];
  const heaps: number[] = [];
  const idleCpu: number[] = [];
  const restartP99: number[] = [];
  const restartLast: number[] = [];
  const stormP50: number[] = [];
  const stormLast: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const idle = await measureIdleDevices(1_000, 5_000, IDLE_MS);
    slopes.push(idle.residentSlope / 1024);
    heaps.push(idle.heapSlope / 1024);
    idleCpu.push(idle.idleCpu * 100);
    const restart = await measureRestartStorm(500, 1_000);
    restartP99.push(restart.p99 / 1000);
    restartLast.push(restart.last / 1000);
    const storm = await measureRestartStorm(2_000, 0);
    stormP50.push(storm.p50 / 1000);
    stormLast.push(storm.last / 1000);
    console.log(
      `${String(repetition + 1)} devices: ${short(slopes.at(-1) ?? NaN)} KiB each, 500 back after ${short(restartLast.at(-1) ?? NaN)} s`,
    );
  }
  return [
    figure('resident memory of the relay an idle device, slope from 1,000 to 5,000', 'KiB', slopes, 25),
    figure('of it heap and buffers', 'KiB', heaps),
    figure('the relay’s processor with 5,000 idle devices', '% of a core', idleCpu),
    figure('500 devices back after a restart of the relay, p99', 's', restartP99, 10),
    figure('the last of the 500', 's', restartLast),
    figure('2,000 devices cut off at once, p50', 's', stormP50),
    figure('the last of the 2,000', 's', stormLast),
  ];
}

function figure(words: string, unit: string, values: readonly number[], must?: number): DeviceFigure {
  const spread = spreadOf(values);
  return { words, unit, spread, ...(must === undefined ? {} : { must }), isMissed: must !== undefined && !(spread.median <= must) };
}
