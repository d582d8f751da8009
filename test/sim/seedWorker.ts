import { parentPort, workerData } from 'node:worker_threads';
import { liveSeeds } from './liveSeeds.ts';
import type { WorldName } from './worlds.ts';

const { name, seeds } = workerData as { readonly name: WorldName; readonly seeds: readonly number[] };
parentPort?.postMessage(await liveSeeds(name, seeds));
