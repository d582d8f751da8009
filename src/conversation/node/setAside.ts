import { existsSync, renameSync } from 'node:fs';

/** What SQLite's files in WAL mode are called, behind the path of the database (sqlite.org/wal.html). */
export const databaseFiles = ['', '-wal', '-shm'] as const;

/** Renames a damaged file and its companions, so that nothing of it is lost. @returns the new path of the file itself */
export function setAside(path: string, nowMs: number, companions: readonly string[]): string {
  const stamp = new Date(nowMs).toISOString().replace(/[:.]/g, '-');
  const isTaken = (target: string): boolean => companions.some((companion) => existsSync(target + companion));
  let target = `${path}.damaged-${stamp}`;
  for (let n = 2; isTaken(target); n++) target = `${path}.damaged-${stamp}-${String(n)}`;
  for (const companion of companions) if (existsSync(path + companion)) renameSync(path + companion, target + companion);
  return target;
}
