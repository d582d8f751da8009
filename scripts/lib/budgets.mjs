import { gzipSync } from 'node:zlib';

/** What bundles may weigh, minified: DESIGN, section 10. An entry counts with all that it imports, not with what it fetches later. */
export const budgets = [
  { entry: 'src/extension.ts', bytes: 500_000 },
  { entry: 'src/ui/webviewMain.ts', gzipped: 100_000 },
];

/** @returns the weight of an output and of what is loaded with it at once; `read` gives an output's content by its path */
export function weightOf(metafile, output, read) {
  const files = loadedAtOnce(metafile, output).map((path) => Buffer.from(read(path)));
  return {
    bytes: files.reduce((sum, { length }) => sum + length, 0),
    gzipped: files.reduce((sum, file) => sum + gzipSync(file).length, 0),
  };
}

/** The budget of an entry that these weights are over, if any. */
export function exceeded(entry, { bytes, gzipped }) {
  return budgets.find((one) => one.entry === entry && (bytes > (one.bytes ?? Infinity) || gzipped > (one.gzipped ?? Infinity)));
}

function loadedAtOnce(metafile, path, seen = new Set()) {
  if (seen.has(path)) return [];
  seen.add(path);
  const imported = (metafile.outputs[path]?.imports ?? []).filter(({ kind, external }) => kind === 'import-statement' && !external);
  return [path, ...imported.flatMap((one) => loadedAtOnce(metafile, one.path, seen))];
}
