import { readdirSync, readFileSync } from 'node:fs';

/** Time on a processor and time spent waiting for one, ns, of a process's threads. */
export interface ProcessTimes {
  readonly runNs: number;
  readonly waitNs: number;
}

/** Linux counts in nanoseconds what other figures give in ticks of 10 ms; elsewhere there is none. */
export function processTimes(pid: number): ProcessTimes {
  let runNs = 0;
  let waitNs = 0;
  try {
    for (const task of readdirSync(`/proc/${String(pid)}/task`)) {
      const [run, wait] = readFileSync(`/proc/${String(pid)}/task/${task}/schedstat`, 'utf8').split(' ');
      runNs += Number(run);
      waitNs += Number(wait);
    }
  } catch {
    // A thread or the process has gone.
  }
  return { runNs, waitNs };
}

/** Resident memory, bytes. */
export function residentBytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Processor time of the whole machine that was not idle, ns. */
export function machineBusyNs(): number {
  try {
    const fields = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]?.split(' ').map(Number) ?? [];
    const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = fields;
    return (user + nice + system + irq + softIrq + steal) * 1e7;
  } catch {
    return 0;
  }
}
