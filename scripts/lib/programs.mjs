import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The first of these programs on the PATH, or in one of `more` folders.
 * @param {readonly string[]} names
 * @param {readonly string[]} [more]
 * @returns {string | undefined}
 */
export function findProgram(names, more = []) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...more];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}
