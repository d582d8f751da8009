import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { writeReport } from '../../../scripts/lib/report.mjs';
import { percentile } from './farmStream.ts';

/** What a run found, row by row, each against its bound; a table in a report in the end. */
export class Findings {
  readonly #rows: { readonly what: string; readonly found: string; readonly bound: string; readonly holds: boolean }[] = [];
  readonly #loadBefore = loadavg()[0] ?? 0;

  add(what: string, found: string, bound: string, holds: boolean): void {
    this.#rows.push({ what, found, bound, holds });
    console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}: ${found}, bound ${bound}`);
  }

  /** Writes the report and says by the exit code whether all holds. */
  report(name: string, title: string, command: string, words: string): void {
    const held = this.#rows.filter(({ holds }) => holds).length;
    writeReport(name, {
      title,
      command,
      result: `${String(held)} of ${String(this.#rows.length)} bounds hold`,
      body: [
        words,
        '',
        this.#conditions(),
        '',
        '| What | Found | Bound | |',
        '|---|---|---|---|',
        ...this.#rows.map(({ what, found, bound, holds }) => `| ${what} | ${found} | ${bound} | ${holds ? 'holds' : '**fails**'} |`),
      ].join('\n'),
    });
    process.exitCode = held === this.#rows.length ? 0 : 1;
  }

  /** What else the machine did counts in every time that is measured. */
  #conditions(): string {
    const load = `Processes that wanted a processor just before, on average over a minute: ${this.#loadBefore.toFixed(1)}.`;
    return isRealtime() ? `${load} The run was in the real-time class, so that they did not stand in its way.` : load;
  }
}

/** Policy of the scheduler, the 41st field of a process's `stat`: 1 and 2 are the real-time ones. Linux alone. */
function isRealtime(): boolean {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return ['1', '2'].includes(fields[38] ?? '');
  } catch {
    return false;
  }
}

/** The middle, the 95th and the 99th of a hundred, and the last. */
export function spread(samples: readonly number[], unit = 'ms'): string {
  const shown = [0.5, 0.95, 0.99, 1].map((part) => percentile(samples, part).toFixed(1));
  return `${shown.join(' / ')} ${unit}`;
}
