import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import type { AgentSettings } from '../../../protocol/agentSettings.ts';
import { BackgroundFault, type Installed, type InstallPlan, type Removed } from '../../../protocol/backgroundAgent.ts';
import { writeWhole } from '../writeWhole.ts';
import { sha256, type BackgroundFiles, type InstallationRecord } from './backgroundFiles.ts';
import { readProgram, writeProgram } from './programCopy.ts';
import type { ServiceFile, ServiceManager } from './serviceManager.ts';
import type { System } from './system.ts';

/** How long a service may take to come up, or to end, ms. */
const UP_WITHIN_MS = 20_000;
const DOWN_WITHIN_MS = 12_000;
/** Between two looks, ms. */
const LOOK_EVERY_MS = 200;

export interface InstallerOptions {
  readonly manager: ServiceManager;
  readonly files: BackgroundFiles;
  readonly system: Pick<System, 'wait'>;
  readonly clock: Clock;
  readonly cliFile: string;
  readonly version: string;
  readonly settings?: (() => AgentSettings) | undefined;
}

/** Writes an installation and takes it away again, step by step, each of them undone when a later one fails. */
export class Installer {
  readonly #options: InstallerOptions;
  readonly #manager: ServiceManager;
  readonly #files: BackgroundFiles;

  constructor(options: InstallerOptions) {
    this.#options = options;
    this.#manager = options.manager;
    this.#files = options.files;
  }

  /** @throws BackgroundFault `foreignService`: a service of our name that this state folder knows nothing of */
  refuseForeign(): void {
    const { path } = this.#manager;
    if (existsSync(path) && this.#files.readRecord()?.unit.path !== path) throw new BackgroundFault('foreignService', path);
  }

  /** @throws BackgroundFault */
  async install(plan: InstallPlan, renewedFrom?: string): Promise<Installed> {
    const { clock, cliFile, version, settings } = this.#options;
    this.refuseForeign();
    const program = readProgram(cliFile, version);
    // an update of the package since the plan was shown
    if (program.folderName !== basename(plan.copy.folder)) throw new BackgroundFault('programMissing', cliFile);
    const before = this.#files.readRecord();
    const file = this.#manager.encode(plan.unit.text);
    const fileBefore = before && existsSync(file.path) ? readFileSync(file.path) : undefined;
    const startedAt = clock.now();
    const record: InstallationRecord = {
      ...{ kind: plan.kind, version, at: startedAt, node: plan.node, folder: plan.copy.folder },
      unit: { path: file.path, sha256: sha256(file.bytes) },
      ...(renewedFrom !== undefined && { renewedFrom }),
      ...(plan.ollama !== undefined && { ollama: plan.ollama }),
    };
    try {
      writing(plan.copy.folder, () => writeProgram(program, this.#files.folder));
      if (settings)
        writing(this.#files.settingsFile, () => {
          this.#files.writeSettings(settings());
        });
      writing(this.#files.recordFile, () => {
        this.#files.writeRecord(record);
      });
      writeFile(file);
      await this.#manager.start();
      const pid = await this.#comesUp(plan.copy.folder, startedAt);
      this.#files.removeCopies(plan.copy.folder);
      return { version, pid, notes: plan.notes };
    } catch (error) {
      await this.#undo(file, before, fileBefore);
      throw error;
    }
  }

  /** @throws BackgroundFault */
  async uninstall(): Promise<Removed> {
    const record = this.#files.readRecord();
    if (!record) throw new BackgroundFault('notInstalled');
    await this.#manager.check();
    await this.#manager.stop();
    await this.#ends();
    const { path, sha256: written } = record.unit;
    const isThere = existsSync(path);
    const isOurs = isThere && sha256(readFileSync(path)) === written;
    writing(path, () => {
      if (isOurs) rmSync(path);
      else if (isThere) renameSync(path, `${path}.kept`);
    });
    await this.#manager.forget();
    const removed = writing(this.#files.folder, () => [...this.#files.removeCopies(), ...this.#files.removeRest()]);
    return { removed: [...(isOurs ? [path] : []), ...removed], ...(isThere && !isOurs && { keptAside: `${path}.kept` }) };
  }

  /** Resolves to its process. @throws BackgroundFault `notStarted` */
  async #comesUp(folder: string, since: number): Promise<number> {
    const { system, clock } = this.#options;
    const dueAt = clock.monotonic() + UP_WITHIN_MS;
    for (;;) {
      const running = this.#files.readRunning();
      if (running?.isReady === true && running.folder === folder && running.since >= since) return running.pid;
      if (clock.monotonic() >= dueAt) throw new BackgroundFault('notStarted', this.#files.lastNote() ?? '');
      await system.wait(LOOK_EVERY_MS);
    }
  }

  /** @throws BackgroundFault `cannotStop` */
  async #ends(): Promise<void> {
    if (await this.#isDownWithin(DOWN_WITHIN_MS)) return;
    const pid = this.#files.readRunning()?.pid;
    if (pid === undefined) return;
    await this.#manager.kill(pid);
    if (!(await this.#isDownWithin(DOWN_WITHIN_MS / 4))) throw new BackgroundFault('cannotStop', String(pid));
  }

  async #isDownWithin(ms: number): Promise<boolean> {
    const { system, clock } = this.#options;
    const dueAt = clock.monotonic() + ms;
    while (this.#files.readRunning()) {
      if (clock.monotonic() >= dueAt) return false;
      await system.wait(LOOK_EVERY_MS);
    }
    return true;
  }

  /** What was there before is there again, as far as the system lets it: each step is tried. Why the installation failed is what counts. */
  async #undo(file: ServiceFile, before: InstallationRecord | undefined, fileBefore: Uint8Array | undefined): Promise<void> {
    const steps: readonly (() => unknown)[] =
      before && fileBefore
        ? [
            () => {
              writeFile({ ...file, bytes: fileBefore });
            },
            () => {
              this.#files.writeRecord(before);
            },
            () => this.#files.removeCopies(before.folder),
            () => this.#manager.start(),
          ]
        : [
            () => (existsSync(file.path) ? this.#manager.stop() : undefined),
            () => {
              rmSync(file.path, { force: true });
            },
            () => this.#manager.forget(),
            () => this.#isDownWithin(DOWN_WITHIN_MS),
            () => this.#files.removeCopies(),
            () => this.#files.removeRest(),
          ];
    for (const step of steps) {
      try {
        await step();
      } catch {
        // the next one may still work
      }
    }
  }
}

/** @throws BackgroundFault `cannotWrite` */
function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new BackgroundFault('cannotWrite', path, { cause: error });
  }
}

function writeFile({ path, bytes, mode }: ServiceFile): void {
  writing(path, () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeWhole(path, bytes, mode);
    if (process.platform !== 'win32') chmodSync(path, mode); // whatever this process was told to leave out
  });
}
