import type { Metafile } from 'esbuild';

export interface Budget {
  readonly entry: string;
  readonly bytes?: number;
  readonly gzipped?: number;
}
export interface Weight {
  readonly bytes: number;
  readonly gzipped: number;
}
export const budgets: readonly Budget[];
export function weightOf(metafile: Metafile, output: string, read: (path: string) => Uint8Array): Weight;
export function exceeded(entry: string, weight: Weight): Budget | undefined;
