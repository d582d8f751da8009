import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../paths.mjs';
import { toIstanbul } from './istanbul.mjs';
import { findProbes } from './probes.mjs';
import { firstSegmentIn, segmentsBySource } from './sourceMap.mjs';
import { paintCounts } from './v8Counts.mjs';

/** The bundles; an installed copy of the extension has them in another place, so they are known by the end of their path. */
const bundlePattern =
  /(?:^|\/)(dist\/(?:extension\.mjs|extension\/[^/]+\.mjs|cli\.mjs|cli\/[^/]+\.mjs|webview\/[^/]+\.js|page\/[^/]+\.js)|\.run\/test\/demo\/[^/]+\.js)$/;

/**
 * Turns V8's counts into Istanbul's, for sources that ran as they stand and for sources that ran inside a bundle alike: each source is
 * parsed once, and each place in it that counts is looked up in the script that ran. Reports that are made for each script on its own
 * and then merged disagree about where a statement ends, and call a line missed that another script had run.
 */
export class CoverageReader {
  #sources = new Map();
  #bundles = new Map();
  /** Files that a process was killed over. What it had run beyond other processes is not counted. */
  torn = 0;

  /** All sources that hold code, at zero: what nothing ran is in the table too. */
  *untouched() {
    for (const path of listSources(join(root, 'src'))) {
      const probes = this.#probes(path);
      if (probes.statements.length + probes.functions.length > 0) yield toIstanbul(path, probes, () => 0);
    }
  }

  /** @param {string} folder of V8's files @returns one record for each source of each process */
  *read(folder) {
    if (!existsSync(folder)) return;
    for (const name of readdirSync(folder)) {
      const result = this.#parse(readFileSync(join(folder, name), 'utf8'));
      for (const { url, functions } of result) yield* this.#convert(url, functions);
    }
  }

  /** @returns the scripts of a process; none of one that was killed while it wrote them */
  #parse(text) {
    try {
      return JSON.parse(text).result;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.torn += 1;
      return [];
    }
  }

  *#convert(url, functions) {
    const path = url.startsWith('file:') ? fileURLToPath(url).replaceAll('\\', '/') : url;
    const source = relative(root, path).replaceAll('\\', '/');
    if (url.startsWith('file:') && source.startsWith('src/') && source.endsWith('.ts')) {
      const probes = this.#probes(source);
      const counts = paintCounts(functions, probes.file.text.length);
      yield toIstanbul(source, probes, ({ start }) => counts[start]);
      return;
    }
    const bundle = this.#bundle(bundlePattern.exec(path)?.[1]);
    if (!bundle) return;
    const counts = paintCounts(functions, bundle.length);
    for (const { path: inside, segments } of bundle.sources) {
      yield toIstanbul(inside, this.#probes(inside), (probe) => {
        const segment = firstSegmentIn(segments, probe);
        return segment === undefined ? 0 : counts[segment.generated];
      });
    }
  }

  #probes(path) {
    let probes = this.#sources.get(path);
    if (!probes) this.#sources.set(path, (probes = findProbes(path, readFileSync(join(root, path), 'utf8'))));
    return probes;
  }

  #bundle(path) {
    if (path === undefined || !existsSync(join(root, `${path}.map`))) return undefined;
    if (!this.#bundles.has(path)) this.#bundles.set(path, readBundle(path));
    return this.#bundles.get(path);
  }
}

function readBundle(path) {
  const text = readFileSync(join(root, path), 'utf8');
  const map = JSON.parse(readFileSync(join(root, `${path}.map`), 'utf8'));
  const segments = segmentsBySource(map, text);
  const sources = map.sources.flatMap((name, index) => {
    const source = relative(root, join(root, dirname(path), name)).replaceAll('\\', '/');
    if (!source.startsWith('src/') || !source.endsWith('.ts')) return [];
    if (readFileSync(join(root, source), 'utf8') !== map.sourcesContent[index])
      throw new Error(`${path} is older than ${source}: build again`);
    return [{ path: source, segments: segments[index] }];
  });
  return { length: text.length, sources };
}

function* listSources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* listSources(path);
    else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts')) yield relative(root, path).replaceAll('\\', '/');
  }
}
