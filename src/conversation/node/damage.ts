/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html). */
const DAMAGE = [11, 26];
/** What was read is not what SQLite or this program wrote. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError';
}

export function isDamage(error: unknown): boolean {
  if (error instanceof DamagedError) return true;
  const code: unknown = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  // The low byte of an extended result code is the plain one.
  return typeof code === 'number' && DAMAGE.includes(code & 0xff);
}
