import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import { addCounts, toIstanbul, type IstanbulFile } from '../../scripts/lib/coverage/istanbul.mjs';
import { findProbes } from '../../scripts/lib/coverage/probes.mjs';
import { CoverageReader } from '../../scripts/lib/coverage/readCoverage.mjs';
import { firstSegmentIn, segmentsBySource } from '../../scripts/lib/coverage/sourceMap.mjs';
import { paintCounts } from '../../scripts/lib/coverage/v8Counts.mjs';
import { root } from '../harness/paths.ts';

const source = `
export interface Pair { readonly a: number }

export function sign({ a }: Pair): string {
  if (a < 0) {
    return 'minus';
  }
  return a > 0 ? 'plus' : 'zero';
}

export function never(): void {}
`;

/** What V8 would say of `text` had only the parts run that are not `missed`. */
function countsOf(text: string, missed: readonly string[]): Uint32Array {
  const ranges = missed.map((part) => {
    const startOffset = text.indexOf(part);
    assert.notEqual(startOffset, -1, part);
    return { startOffset, endOffset: startOffset + part.length, count: 0 };
  });
  return paintCounts([{ ranges: [{ startOffset: 0, endOffset: text.length, count: 1 }, ...ranges] }], text.length);
}

function direct(missed: readonly string[]): IstanbulFile {
  const counts = countsOf(source, missed);
  return toIstanbul('src/sign.ts', findProbes('src/sign.ts', source), ({ start }) => counts[start] ?? 0);
}

function bundled(missed: readonly string[]): IstanbulFile {
  const { code, map } = transformSync(source, { loader: 'ts', format: 'cjs', sourcemap: 'external', sourcefile: 'sign.ts' });
  const [segments = []] = segmentsBySource(JSON.parse(map) as { mappings: string; sourcesContent: string[] }, code);
  const counts = countsOf(code, missed);
  return toIstanbul('src/sign.ts', findProbes('src/sign.ts', source), (probe) => {
    const segment = firstSegmentIn(segments, probe);
    return segment === undefined ? 0 : (counts[segment.generated] ?? 0);
  });
}

describe('coverage', () => {
  it('leaves out what a killed process did not write to its end, and says how many', () => {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-coverage-'));
    try {
      const url = pathToFileURL(join(root, 'src/base/assertNever.ts')).href;
      const whole = JSON.stringify({ result: [{ url, functions: [{ ranges: [{ startOffset: 0, endOffset: 1_000, count: 1 }] }] }] });
      writeFileSync(join(folder, 'whole.json'), whole);
      writeFileSync(join(folder, 'torn.json'), whole.slice(0, -20));
      const reader = new CoverageReader();
      assert.deepEqual(
        [...reader.read(folder)].map(({ path }) => path),
        ['src/base/assertNever.ts'],
      );
      assert.equal(reader.torn, 1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('counts statements, functions and branches of a source that ran as it stands', () => {
    const { s, f, b } = direct(["return 'minus';", "'zero'", 'function never(): void {}']);
    assert.deepEqual(Object.values(s), [1, 0, 1]);
    assert.deepEqual(Object.values(f), [1, 0]);
    assert.deepEqual(Object.values(b), [
      [0, 1],
      [1, 0],
    ]);
  });

  it('says of a bundled source what it says of the source itself', () => {
    const { s, f, b } = bundled(['return "minus";', '"zero"', 'function never() {\n}']);
    const same = direct(["return 'minus';", "'zero'", 'function never(): void {}']);
    assert.deepEqual({ s, f, b }, { s: same.s, f: same.f, b: same.b });
  });

  it('calls a line run that either of two scripts ran', () => {
    const total = direct(["return 'minus';", "'zero'", 'function never(): void {}']);
    addCounts(total, bundled(['return a > 0 ? "plus" : "zero";', 'function never() {\n}']));
    assert.deepEqual(Object.values(total.s), [2, 1, 1]);
    assert.deepEqual(Object.values(total.f), [2, 0]);
    assert.deepEqual(Object.values(total.b), [
      [1, 1],
      [1, 0],
    ]);
  });

  it('counts nothing where only types stand', () => {
    const { statements, functions, branches } = findProbes(
      'src/a.ts',
      'export type A = string; export interface B { b(): A } declare const c: A;',
    );
    assert.deepEqual([statements, functions, branches], [[], [], []]);
  });
});
