export const packageArguments: readonly string[];
export const MAX_PACKAGE_BYTES: number;
export const packageFiles: readonly string[];
export function packageFaults(files: readonly string[], expected?: readonly string[]): string[];
