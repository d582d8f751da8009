import { join } from 'node:path';
import { ProbedProcess } from './probedProcess.ts';

/** `count` real device ends in one process of their own, numbered from `from`, all connected. */
export async function startFarm(origin: string, count: number, from = 0): Promise<ProbedProcess> {
  const farm = new ProbedProcess(process.execPath, [join(import.meta.dirname, 'farmMain.ts'), origin, String(count), String(from)]);
  try {
    await farm.first('ready');
  } catch (error) {
    await farm.stop();
    throw error;
  }
  return farm;
}
