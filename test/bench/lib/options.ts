import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Names of scenarios; undefined for all. */
  readonly only: readonly string[] | undefined;
  readonly paths: readonly string[] | undefined;
  readonly repetitions: number;
  /** Smoke: counts and order alone. */
  readonly quick: boolean;
  /** Profiles of our own processes are written. */
  readonly profile: boolean;
  /** Measured processes run in the real-time class where that helps and is allowed. */
  readonly realtime: boolean;
  /** Folder of the built application, instead of dist. */
  readonly app: string | undefined;
}

/** `--only a,b --paths a,b --reps 5 --quick --profile --no-realtime --app FOLDER` */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      only: { type: 'string' },
      paths: { type: 'string' },
      reps: { type: 'string' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      realtime: { type: 'boolean', default: true },
      app: { type: 'string' },
    },
  });
  const { only, paths, reps, quick, profile, realtime, app } = values;
  return {
    only: only?.split(','),
    paths: paths?.split(','),
    repetitions: quick ? 1 : Number(reps ?? 5),
    quick,
    profile,
    realtime: realtime && !quick,
    app,
  };
}
