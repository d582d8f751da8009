import type { BuildOptions } from 'esbuild';

export const hostBundle: Omit<BuildOptions, 'write'>;
