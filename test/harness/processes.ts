import { readFileSync, readdirSync } from 'node:fs';

/** What a process was started as; empty when it is gone. Linux alone. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')
      .replaceAll('\0', ' ')
      .trim();
  } catch {
    return '';
  }
}

/** All processes below `pid`. Linux alone. */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const [child, parent] of parents()) children.set(parent, [...(children.get(parent) ?? []), child]);
  const found: number[] = [];
  const walk = (from: number): void => {
    for (const child of children.get(from) ?? []) {
      found.push(child);
      walk(child);
    }
  };
  walk(pid);
  return found;
}

function* parents(): Generator<[child: number, parent: number]> {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The second field is the name in brackets and may hold anything, so count from its end.
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      yield [Number(name), Number(fields[1])];
    } catch {
      // Gone meanwhile.
    }
  }
}

/** Resolves once `condition` holds, looking every `everyMs`. @throws after `limitMs`, with `what` in the message */
export async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 30_000, everyMs = 50): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what} did not happen within ${String(limitMs)} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
