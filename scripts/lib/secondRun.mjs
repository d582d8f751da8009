/** Suites that run against the clock in real processes: a machine that others use can make one of their tests late. */
const againstTheClock = ['integration', 'waiting', 'vscode', 'browser'];

/** With more red files than this the code is at fault, not the machine. */
const mostFiles = 4;

/**
 * The files of a suite that get a second run, alone, with nothing beside them: those with red tests, when they are few and the run itself
 * came to its end.
 * @param {string} name of the suite
 * @param {{ failures: readonly { file?: string }[], ended: boolean }} result its first run
 * @returns {string[]} none where the first run decides
 */
export function filesToRunAgain(name, { failures, ended }) {
  if (!ended || !againstTheClock.includes(name)) return [];
  // What a red test left open is found by a hook of no file: the second run asks again.
  const files = [...new Set(failures.map(({ file }) => file).filter((file) => file !== undefined))];
  return files.length > mostFiles ? [] : files;
}

/**
 * The result of both runs: the tests of the files that ran again count as the second run has them.
 * @template {{ passed: number, failed: number, seconds: number, output: string, passedOf: Readonly<Record<string, number>> }} T
 * @param {T} first
 * @param {T} second
 * @param {readonly string[]} files
 * @returns {T}
 */
export function afterSecondRun(first, second, files) {
  const before = files.reduce((sum, file) => sum + (first.passedOf[file] ?? 0), 0);
  return { ...second, passed: first.passed - before + second.passed, seconds: first.seconds + second.seconds };
}

/** A line for each red test: what it is called, and the first line of why. */
export function redLines(failures) {
  return failures.map(({ title, message }) => `     red  ${title}: ${message.split('\n', 1)[0]}`);
}
