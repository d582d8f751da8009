/** Is product version `a` (three numbers, semver.org) newer than `b`? What cannot be read is not. */
export function isNewer(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number));
  if (!left || !right) return false;
  const at = left.findIndex((part, index) => part !== right[index]);
  return at !== -1 && (left[at] ?? 0) > (right[at] ?? 0);
}
