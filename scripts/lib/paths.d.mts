export const root: string;
export const runDir: string;
export const testDir: string;
export const toolsDir: string;
