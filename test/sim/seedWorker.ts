import { parentPort } from 'node:worker_threads';
import { liveSeeds } from './liveSeeds.ts';
import type { Chunk } from './seedPool.ts';

parentPort?.on('message', ({ name, first, count }: Chunk) => {
  const seeds = Array.from({ length: count }, (_, at) => first + at);
  void liveSeeds(name, seeds).then((report) => parentPort?.postMessage(report));
});
