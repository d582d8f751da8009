import type { Probe, Probes } from './probes.mjs';

/** Counts of one file by the index of statement, function and branch; the maps beside them say where these stand. */
export interface IstanbulFile {
  readonly path: string;
  readonly s: Record<string, number>;
  readonly f: Record<string, number>;
  readonly b: Record<string, number[]>;
}
export function toIstanbul(path: string, probes: Probes, countOf: (probe: Probe) => number): IstanbulFile;
export function addCounts(total: IstanbulFile, more: IstanbulFile): void;
