import type { BuildOptions, Metafile } from 'esbuild';

export const pageEntries: string[];
export const pageNames: Pick<BuildOptions, 'entryNames' | 'chunkNames' | 'assetNames'>;
export function writePage(metafile: Metafile, folder: string, options: BuildOptions): Promise<void>;
