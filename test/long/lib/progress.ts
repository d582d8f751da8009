import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, testDir } from '../../../scripts/lib/paths.mjs';

interface Line<T> {
  readonly key: string;
  readonly value: T;
  /** Since the beginning of its session, ms. */
  readonly atMs: number;
  readonly session: number;
}

/** What a long run has done so far, kept in a file, so that it may be stopped and go on. Another state of the sources begins anew. */
export class Progress<T> {
  readonly done = new Map<string, T>();
  readonly #file: string;
  readonly #begun = performance.now();
  #session = 0;
  #earlierMs = 0;

  /** @param folders whose files count: what was found with others means nothing */
  constructor(name: string, folders: readonly string[]) {
    const folder = join(testDir, 'long');
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, `${name}-${fingerprintOf(folders)}.jsonl`);
    for (const file of readdirSync(folder))
      if (file.startsWith(`${name}-`) && join(folder, file) !== this.#file) rmSync(join(folder, file));
    this.#load();
  }

  /** Work so far, this session and those before it, ms. */
  get tookMs(): number {
    return this.#earlierMs + performance.now() - this.#begun;
  }

  add(key: string, value: T): void {
    this.done.set(key, value);
    const line: Line<T> = { key, value, atMs: performance.now() - this.#begun, session: this.#session };
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  /** It is all done: the next run begins anew. */
  clear(): void {
    rmSync(this.#file, { force: true });
  }

  #load(): void {
    if (!existsSync(this.#file)) return;
    const took = new Map<number, number>();
    for (const text of readFileSync(this.#file, 'utf8').split('\n')) {
      const line = parse<T>(text);
      if (!line) continue;
      this.done.set(line.key, line.value);
      took.set(line.session, line.atMs);
    }
    this.#session = took.size;
    this.#earlierMs = [...took.values()].reduce((sum, ms) => sum + ms, 0);
  }
}

/** Undefined for a line that was being written when the run was stopped. */
function parse<T>(text: string): Line<T> | undefined {
  try {
    return JSON.parse(text) as Line<T>;
  } catch {
    return undefined;
  }
}

function fingerprintOf(folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
    for (const path of paths) hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex').slice(0, 12);
}
