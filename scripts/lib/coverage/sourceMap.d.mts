import type { Probe } from './probes.mjs';

export interface Segment {
  readonly source: number;
  readonly generated: number;
}
export function segmentsBySource(map: { mappings: string; sourcesContent: string[] }, generated: string): Segment[][];
export function firstSegmentIn(segments: readonly Segment[], probe: Probe): Segment | undefined;
