import { execFileSync } from 'node:child_process';
import { findProgram } from './program.ts';

const chrt = findProgram('chrt');

/** Can processes be put into the real-time class here? It takes root, or the right to. */
export const canBeRealtime = chrt !== undefined && tryIt(chrt);

function tryIt(program: string): boolean {
  try {
    execFileSync(program, ['-r', '1', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Puts processes into the round-robin real-time class, or back: what else runs on the machine then waits for them, not they for it. Only
 * for runs that leave processors idle: where they are saturated, its slices of 100 ms would be what is measured.
 */
export function setRealtime(pids: readonly number[], on: boolean): void {
  if (!canBeRealtime || chrt === undefined) return;
  for (const pid of pids) {
    try {
      execFileSync(chrt, ['-a', on ? '-r' : '-o', '-p', on ? '1' : '0', String(pid)], { stdio: 'ignore' });
    } catch {
      // It has gone meanwhile.
    }
  }
}
