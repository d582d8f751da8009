import type { BuildOptions } from 'esbuild';

export const browserBundle: Omit<BuildOptions, 'write'>;
