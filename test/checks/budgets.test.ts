import assert from 'node:assert/strict';
import { build, type BuildOptions } from 'esbuild';
import { browserBundle } from '../../scripts/lib/browserBundle.mjs';
import { budgets, exceeded, weightOf, type Weight } from '../../scripts/lib/budgets.mjs';
import { hostBundle } from '../../scripts/lib/hostBundle.mjs';
import { root } from '../harness/paths.ts';

/** Weight of an entry as it is shipped, built in memory. */
async function weightOfEntry(entry: string): Promise<Weight> {
  const isHost = entry === 'src/extension.ts';
  const { outputFiles, metafile } = await build({
    ...((isHost ? hostBundle : browserBundle) as BuildOptions),
    ...{
      absWorkingDir: root,
      entryPoints: [entry],
      minify: true,
      legalComments: 'none',
      metafile: true,
      write: false,
      outdir: 'out/budgets',
    },
  });
  const output = Object.keys(metafile.outputs).find((path) => metafile.outputs[path]?.entryPoint === entry);
  assert.ok(output !== undefined);
  return weightOf(metafile, output, (path) => {
    const file = outputFiles.find((one) => one.path.replaceAll('\\', '/').endsWith(`/${path}`));
    assert.ok(file, path);
    return file.contents;
  });
}

describe('what bundles weigh', () => {
  it('is within the budgets: the host 500 kB, the chat 100 kB gzipped without highlighter and formulas', async function () {
    this.timeout(60_000);
    assert.deepEqual(budgets, [
      { entry: 'src/extension.ts', bytes: 500_000 },
      { entry: 'src/ui/webviewMain.ts', gzipped: 100_000 },
    ]);
    for (const { entry } of budgets) {
      const weight = await weightOfEntry(entry);
      assert.ok(weight.bytes > 20_000 && weight.gzipped > 5_000, `${entry} weighs next to nothing`);
      assert.equal(exceeded(entry, weight), undefined, `${entry}: ${JSON.stringify(weight)}`);
    }
  });

  it('counts what an entry imports, and not what it fetches later', () => {
    const file = { inputs: {}, exports: [], bytes: 0 };
    const outputs = {
      'a.js': {
        ...file,
        imports: [
          { path: 'b.js', kind: 'import-statement' as const },
          { path: 'c.js', kind: 'dynamic-import' as const },
        ],
      },
      'b.js': { ...file, imports: [{ path: 'a.js', kind: 'import-statement' as const }] },
      'c.js': { ...file, imports: [] },
    };
    assert.equal(weightOf({ inputs: {}, outputs }, 'a.js', () => new Uint8Array(10)).bytes, 20);
    assert.deepEqual(exceeded('src/extension.ts', { bytes: 500_001, gzipped: 1 }), budgets[0]);
  });
});
