import { closeSync, existsSync, openSync, readSync } from 'node:fs';

/** SQLite's magic number for either byte order of its checksums (sqlite.org/fileformat2.html, section 4.1), and the only format there is. */
const MAGIC = [0x377f0682, 0x377f0683];
const FORMAT = 3007000;

/**
 * Stands something beside the database at `path` that is no write-ahead log of SQLite's? SQLite passes over it without a word, and begins a
 * log of its own in its place. An empty one, or one of zeros, is what a crash may leave.
 */
export function hasForeignWal(path: string): boolean {
  const file = `${path}-wal`;
  if (!existsSync(file)) return false;
  const header = new DataView(new ArrayBuffer(32));
  const descriptor = openSync(file, 'r');
  try {
    if (readSync(descriptor, header, 0, 32, 0) === 0) return false;
  } finally {
    closeSync(descriptor);
  }
  const isZero = new Uint8Array(header.buffer).every((byte) => byte === 0);
  return !isZero && !(MAGIC.includes(header.getUint32(0)) && header.getUint32(4) === FORMAT);
}
