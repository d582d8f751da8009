/**
 * V8's nested ranges as one count for each character of a script, so that any offset can be asked.
 * @param {{ ranges: { startOffset: number, endOffset: number, count: number }[] }[]} functions
 * @param {number} length of the script
 */
export function paintCounts(functions, length) {
  const counts = new Uint32Array(length);
  const ranges = functions.flatMap((entry) => entry.ranges);
  // Outer before inner: what is painted last is the innermost.
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  for (const { startOffset, endOffset, count } of ranges) counts.fill(count, startOffset, endOffset);
  return counts;
}
