import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stagePackage } from '../../scripts/lib/packedDocuments.mjs';
import { packageArguments } from '../../scripts/lib/packageFiles.mjs';
import { artefacts, root } from './paths.ts';

let packed: string | undefined;

/** Packs `dist/` as it is, once a run. @returns the `.vsix` */
export function packedExtension(): string {
  if (packed !== undefined) return packed;
  if (!existsSync(join(root, 'dist', 'extension.mjs'))) throw new Error('The extension is not built. Run: npm run build');
  mkdirSync(artefacts, { recursive: true });
  const file = join(artefacts, 'extension.vsix');
  const vsce = join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  const stage = mkdtempSync(join(artefacts, 'package-'));
  stagePackage(stage);
  execFileSync(process.execPath, [vsce, 'package', ...packageArguments, '-o', file], { cwd: stage, stdio: 'pipe' });
  rmSync(stage, { recursive: true, force: true });
  packed = file;
  return file;
}
