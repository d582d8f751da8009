import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SeedsReport } from './liveSeeds.ts';
import type { WorldName } from './worlds.ts';

/** Seeds given to a worker at once: few enough that all end at about the same time. */
const CHUNK_SEEDS = 50;
const MAX_WORKERS = 4;
/** More is a leak, and is told as such instead of taking the machine. */
const MAX_WORKER_MIB = 1_024;

/** A piece of work: `count` seeds from `first` on. */
export interface Chunk {
  readonly name: WorldName;
  readonly first: number;
  readonly count: number;
}

/** Cuts seeds into chunks. */
export function chunksOf(name: WorldName, first: number, count: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at < count; at += CHUNK_SEEDS) chunks.push({ name, first: first + at, count: Math.min(CHUNK_SEEDS, count - at) });
  return chunks;
}

/** Lives chunks on all processors. @param onReport hears of each when it is done, in any order; when it says false no more are begun */
export async function livePool(chunks: readonly Chunk[], onReport: (chunk: Chunk, report: SeedsReport) => boolean): Promise<void> {
  const waiting = [...chunks].reverse();
  const lane = async (): Promise<void> => {
    const worker = new Worker(new URL('./seedWorker.ts', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: MAX_WORKER_MIB } });
    try {
      for (let chunk = waiting.pop(); chunk; chunk = waiting.pop()) {
        if (!onReport(chunk, await ask(worker, chunk))) waiting.length = 0;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_WORKERS, availableParallelism(), chunks.length) }, lane));
}

function ask(worker: Worker, chunk: Chunk): Promise<SeedsReport> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      action();
    };
    const onMessage = (report: SeedsReport): void => {
      settle(() => {
        resolve(report);
      });
    };
    const onError = (error: unknown): void => {
      settle(() => {
        reject(new Error(`seeds of ${chunk.name} from ${String(chunk.first)} on ended their worker`, { cause: error }));
      });
    };
    const onExit = (): void => {
      onError(new Error('it ended without its report'));
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(chunk);
  });
}
