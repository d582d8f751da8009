import { renameSync, writeFileSync } from 'node:fs';

/** Writes a file whole or not at all; by default one that only the OS user may read. @throws what the file system throws */
export function writeWhole(file: string, content: string | Uint8Array, mode = 0o600): void {
  const fresh = `${file}.new`;
  writeFileSync(fresh, content, { mode, flush: true });
  renameSync(fresh, file);
}
