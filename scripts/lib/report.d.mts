export interface Report {
  readonly title: string;
  /** The command that repeats the run. */
  readonly command: string;
  /** The outcome in one line. */
  readonly result: string;
  /** Markdown. */
  readonly body: string;
}

export function writeReport(name: string, report: Report): string;
