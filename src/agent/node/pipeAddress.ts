import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Random } from '../../base/random.ts';

/** Longest path of a Unix socket, with its end (unix(7): 108; macOS: 104). */
const MAX_SOCKET_PATH_BYTES = 103;
const SHORT_FOLDER = 'c2l-pipe-';

/**
 * Where a new leader listens: a socket in the state folder, which is its user's alone, or in a private folder of its own where that path is
 * too long. On Windows a named pipe, whose name nobody can guess: it stands in the state folder. Never the address of an earlier leader, so
 * that one that is only just ending takes nothing away. Sockets that killed leaders have left are removed.
 * @param earlier the address of the last leader
 */
export function newPipeAddress(folder: string, random: Random, earlier: string | undefined): string {
  const name = Buffer.from(random.bytes(16)).toString('hex');
  if (process.platform === 'win32') return `\\\\.\\pipe\\cloudtolocalllm-${name}`;
  for (const left of readdirSync(folder)) if (/^leader-[0-9a-f]+\.sock$/.test(left)) rmSync(join(folder, left), { force: true });
  if (earlier !== undefined && basename(dirname(earlier)).startsWith(SHORT_FOLDER)) removePipe(earlier);
  const path = join(folder, `leader-${name.slice(0, 8)}.sock`);
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES ? path : join(mkdtempSync(join(tmpdir(), SHORT_FOLDER)), 's');
}

/** Takes away what an address has made on the disk. */
export function removePipe(address: string): void {
  if (process.platform === 'win32') return;
  rmSync(address, { force: true });
  const folder = dirname(address);
  if (basename(folder).startsWith(SHORT_FOLDER) && dirname(folder) === tmpdir()) rmSync(folder, { recursive: true, force: true });
}
