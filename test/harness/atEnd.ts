/** What one run of tests shares, and how it ends. Outside of a run nothing is shared. */
const tasks: (() => Promise<void>)[] = [];
let shares = false;

/** A run begins that calls {@link endShared} at its end. */
export function beginSharing(): void {
  shares = true;
}

export function isSharing(): boolean {
  return shares;
}

/** Runs `task` once all tests have ended. */
export function atEnd(task: () => Promise<void>): void {
  tasks.push(task);
}

export async function endShared(): Promise<void> {
  for (const task of tasks.splice(0)) await task();
}
