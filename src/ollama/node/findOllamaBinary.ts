import { access } from 'node:fs/promises';
import { posix, win32 } from 'node:path';

/** The machine, as far as the search needs it. */
export interface BinarySearch {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  exists(path: string): Promise<boolean>;
}

/** Where Ollama is installed here, if it is: on the PATH or where the installers put it. Starts nothing. */
export async function findOllamaBinary(search: BinarySearch = thisMachine): Promise<string | undefined> {
  for (const path of likelyPaths(search)) if (await search.exists(path)) return path;
  return undefined;
}

function likelyPaths({ platform, env }: BinarySearch): string[] {
  const path = platform === 'win32' ? win32 : posix;
  const name = platform === 'win32' ? 'ollama.exe' : 'ollama';
  const onPath = (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return [...onPath.map((folder) => path.join(folder, name)), ...installed(platform, env)];
}

function installed(platform: NodeJS.Platform, env: BinarySearch['env']): string[] {
  if (platform === 'win32') {
    const local = env['LOCALAPPDATA'];
    return local === undefined || local === '' ? [] : [win32.join(local, 'Programs', 'Ollama', 'ollama.exe')];
  }
  // the editor, started from the desktop, may not have the shell's PATH
  const common = ['/usr/local/bin/ollama', '/usr/bin/ollama'];
  return platform === 'darwin' ? ['/Applications/Ollama.app', '/opt/homebrew/bin/ollama', ...common] : common;
}

const thisMachine: BinarySearch = {
  platform: process.platform,
  env: process.env,
  exists: (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
};
