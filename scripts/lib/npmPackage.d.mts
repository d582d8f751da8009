export const MAX_NPM_BYTES: number;
export const npmFiles: readonly string[];
export function filesBelow(folder: string): string[];
