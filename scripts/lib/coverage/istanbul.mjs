/**
 * One file's counts in Istanbul's form. All sources of coverage ask the same probes, so their counts can be added one by one.
 * @param {string} path
 * @param {import('./probes.mjs').Probes} probes
 * @param {(probe: { start: number, end: number }) => number} countOf
 */
export function toIstanbul(path, { file, statements, functions, branches }, countOf) {
  const location = ({ start, end }) => ({ start: position(file, start), end: position(file, end) });
  const indexed = (items, value) => Object.fromEntries(items.map((item, index) => [String(index), value(item)]));
  return {
    path,
    statementMap: indexed(statements, location),
    s: indexed(statements, countOf),
    fnMap: indexed(functions, ({ name, at }) => ({ name, decl: location(at), loc: location(at), line: position(file, at.start).line })),
    f: indexed(functions, ({ probe }) => countOf(probe)),
    branchMap: indexed(branches, ({ type, at, arms }) => ({
      type,
      loc: location(at),
      locations: arms.map((arm) => location(arm ?? at)),
      line: position(file, at.start).line,
    })),
    b: indexed(branches, ({ at, arms }) => armCounts(at, arms, countOf)),
  };
}

function armCounts(at, arms, countOf) {
  const counts = arms.map((arm) => (arm ? countOf(arm) : 0));
  const missing = arms.indexOf(undefined);
  // An `if` without `else`: the times it was asked and did not go in.
  if (missing !== -1) counts[missing] = Math.max(0, countOf(at) - counts.reduce((sum, count) => sum + count, 0));
  return counts;
}

function position(file, offset) {
  const { line, character } = file.getLineAndCharacterOfPosition(offset);
  return { line: line + 1, column: character };
}

/** Adds the counts of `more` to `total`; both come from the same probes. */
export function addCounts(total, more) {
  for (const key of Object.keys(total.s)) total.s[key] += more.s[key];
  for (const key of Object.keys(total.f)) total.f[key] += more.f[key];
  for (const key of Object.keys(total.b)) total.b[key] = total.b[key].map((count, arm) => count + more.b[key][arm]);
}
