import { writeReport } from '../../../scripts/lib/report.mjs';

/** What a run that holds figures to bounds has found. */
export interface Findings {
  /** Of the run and its report. */
  readonly name: string;
  readonly title: string;
  /** Each bound that was missed, in words. */
  readonly missed: readonly string[];
  /** Of the report; undefined when the run was too short for one. */
  readonly body: string | undefined;
}

/** Says what missed its bound, writes the report of a run in full, and fails the process when anything missed. */
export function conclude({ name, title, missed, body }: Findings): void {
  for (const words of missed) console.log(`MISSED ${words}`);
  const result = missed.length === 0 ? 'every bound is kept' : missed.join('; ');
  if (body !== undefined) console.log(writeReport(name, { title, command: `npm run bench -- ${name}`, result, body }));
  process.exitCode = missed.length > 0 ? 1 : 0;
}
