import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseAgentSettings, type AgentSettings } from '../../../protocol/agentSettings.ts';
import { BackgroundFault } from '../../../protocol/backgroundAgent.ts';
import { TunnelError } from '../../../protocol/errors.ts';
import { LeaderLock } from '../leaderLock.ts';
import { writeWhole } from '../writeWhole.ts';

const node = v.object({ path: v.string(), version: v.string() });
const record = v.object({
  kind: v.picklist(['systemd', 'launchd', 'taskScheduler']),
  version: v.string(),
  renewedFrom: v.exactOptional(v.string()),
  at: v.number(),
  node,
  folder: v.string(),
  unit: v.object({ path: v.string(), sha256: v.string() }),
  ollama: v.exactOptional(v.string()),
});
/** What was written at the installation: a removal goes by it. */
export type InstallationRecord = v.InferOutput<typeof record>;

const running = v.object({
  version: v.string(),
  nodeVersion: v.string(),
  pid: v.number(),
  since: v.number(),
  folder: v.string(),
  /** It leads, or follows who does. */
  isReady: v.boolean(),
});
/** What the service says of itself; true only while it holds its lock. */
export type RunningNote = v.InferOutput<typeof running>;

/** Names of what the service and its installation write beside the program. */
const names = [
  'installed.json',
  'settings.json',
  'running.json',
  'running.db',
  'running.db-journal',
  'log.jsonl',
  'log.1.jsonl',
  'log.2.jsonl',
];
const WORK = ['work.db', 'work.db-journal'];

/** The folder of the background agent in the state folder. Nothing is made by looking. */
export class BackgroundFiles {
  readonly folder: string;

  /** @param stateFolder a whole path */
  constructor(stateFolder: string) {
    this.folder = join(stateFolder, 'agent');
  }

  make(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  get logFile(): string {
    return join(this.folder, 'log.jsonl');
  }

  get settingsFile(): string {
    return join(this.folder, 'settings.json');
  }

  get recordFile(): string {
    return join(this.folder, 'installed.json');
  }

  get #runningFile(): string {
    return join(this.folder, 'running.json');
  }

  get isInstalled(): boolean {
    return existsSync(this.recordFile);
  }

  /** @throws BackgroundFault `recordDamaged` */
  readRecord(): InstallationRecord | undefined {
    if (!this.isInstalled) return undefined;
    const read = readJson(this.recordFile, record);
    if (!read) throw new BackgroundFault('recordDamaged', this.recordFile);
    return read;
  }

  writeRecord(value: InstallationRecord): void {
    writeWhole(this.recordFile, `${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** Undefined where none were handed over; `damaged` for what cannot be read. */
  readSettings(): AgentSettings | 'damaged' | undefined {
    if (!existsSync(this.settingsFile)) return undefined;
    try {
      return parseAgentSettings(JSON.parse(readFileSync(this.settingsFile, 'utf8'))) ?? 'damaged';
    } catch {
      return 'damaged';
    }
  }

  writeSettings(settings: AgentSettings): void {
    writeWhole(this.settingsFile, `${JSON.stringify(settings)}\n`);
  }

  /** What the service that runs now says of itself. */
  readRunning(): RunningNote | undefined {
    if (!existsSync(join(this.folder, 'running.db'))) return undefined;
    const free = tryLock(join(this.folder, 'running.db'));
    free?.dispose();
    return free ? undefined : readJson(this.#runningFile, running);
  }

  writeRunning(note: RunningNote): void {
    writeWhole(this.#runningFile, `${JSON.stringify(note)}\n`);
  }

  /** The service's own: held as long as it lives. Undefined while another process has it. */
  lockRunning(): LeaderLock | undefined {
    return tryLock(join(this.folder, 'running.db'));
  }

  /** Whoever installs or removes. Undefined while another process does. */
  lockWork(): LeaderLock | undefined {
    return tryLock(join(this.folder, 'work.db'));
  }

  /** The newest line that the service has noted. */
  lastNote(): string | undefined {
    try {
      const line = readFileSync(this.logFile, 'utf8').trimEnd().split('\n').at(-1) ?? '';
      return line === '' ? undefined : line.slice(0, 600);
    } catch {
      return undefined;
    }
  }

  /** Removes copies of the program but the one that is named. @returns the folders that are gone */
  removeCopies(kept?: string): readonly string[] {
    const gone: string[] = [];
    for (const name of this.#names()) {
      const path = join(this.folder, name);
      if (!/^cli-[\w.+-]+-[0-9a-f]{8}(\.new)?$/.test(name) || path === kept) continue;
      rmSync(path, { recursive: true, force: true });
      gone.push(path);
    }
    return gone;
  }

  /** Removes what else was written here; with it the folder, when nothing of anybody else's is in it. @returns what is gone */
  removeRest(): readonly string[] {
    const there = names.map((name) => join(this.folder, name)).filter((path) => existsSync(path));
    for (const path of there) rmSync(path, { force: true });
    return there;
  }

  /** The last step, after the lock of whoever works was let go. */
  removeFolder(): void {
    for (const name of WORK) rmSync(join(this.folder, name), { force: true });
    if (existsSync(this.folder) && this.#names().length === 0) rmdirSync(this.folder);
  }

  #names(): readonly string[] {
    return existsSync(this.folder) ? readdirSync(this.folder) : [];
  }
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function readJson<T>(file: string, schema: v.GenericSchema<unknown, T>): T | undefined {
  try {
    return v.parse(schema, JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function tryLock(file: string): LeaderLock | undefined {
  try {
    return new LeaderLock(file);
  } catch (error) {
    if (error instanceof TunnelError && error.code === 'anotherLeads') return undefined;
    throw error;
  }
}
