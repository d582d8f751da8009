import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A TCP socket of a process, as the kernel has it. */
export interface TcpSocket {
  readonly state: 'listening' | 'connected' | 'other';
  readonly localPort: number;
  /** 0 of one that listens. */
  readonly remotePort: number;
}

/** The TCP sockets of a process, of both families; none of one that has ended. Linux alone. */
export function tcpSockets(pid: number): TcpSocket[] {
  const folder = `/proc/${String(pid)}`;
  let names: string[];
  let tables: string[];
  try {
    names = readdirSync(`${folder}/fd`);
    tables = ['tcp', 'tcp6'].map((table) => readFileSync(`${folder}/net/${table}`, 'utf8'));
  } catch (error) {
    if (hasEnded(error)) return [];
    throw error;
  }
  const own = new Set(names.flatMap((name) => inodeOf(`${folder}/fd/${name}`)));
  return tables.flatMap((table) =>
    table
      .split('\n')
      .slice(1)
      .map((row) => row.trim().split(/\s+/))
      .filter(([, , , , , , , , , inode = '']) => own.has(inode))
      .map(([, local = '', remote = '', state = '']) => ({
        state: state === '0A' ? 'listening' : state === '01' ? 'connected' : 'other',
        localPort: portOf(local),
        remotePort: portOf(remote),
      })),
  );
}

function hasEnded(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}

function inodeOf(path: string): string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.slice(1) ?? [];
  } catch {
    return []; // closed meanwhile
  }
}

/** Of an address as `0100007F:1F90`. */
function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '0', 16);
}
