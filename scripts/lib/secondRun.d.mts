import type { TestFailure } from '../../test/harness/countReporter.ts';

interface Result {
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  readonly output: string;
  readonly passedOf: Readonly<Record<string, number>>;
}
export function filesToRunAgain(
  name: string,
  result: { readonly failures: readonly Pick<TestFailure, 'file'>[]; readonly ended: boolean },
): string[];
export function afterSecondRun<T extends Result>(first: T, second: T, files: readonly string[]): T;
export function redLines(failures: readonly Pick<TestFailure, 'title' | 'message'>[]): string[];
