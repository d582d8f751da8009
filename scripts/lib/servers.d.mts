export const serverNames: readonly string[];
export function findServer(name: string): string | undefined;
export function ensureServers(say: (line: string) => void): Promise<void>;
