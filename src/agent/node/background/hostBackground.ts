import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import type { Disposable } from '../../../base/disposable.ts';
import type { AgentSettings } from '../../../protocol/agentSettings.ts';
import {
  BackgroundFault,
  type BackgroundAgent,
  type BackgroundNote,
  type BackgroundStatus,
  type Installed,
  type InstallPlan,
  type PlanOptions,
  type Removed,
  type TestedNode,
} from '../../../protocol/backgroundAgent.ts';
import { isLoopbackHost } from '../../../protocol/relayUrl.ts';
import { PRODUCT_VERSION } from '../../../protocol/versions.ts';
import { isNewer } from '../isNewer.ts';
import { StateFolder } from '../stateFolder.ts';
import { BackgroundFiles, sha256 } from './backgroundFiles.ts';
import { findNode, testNode, type FindNodeOptions } from './findNode.ts';
import { Installer } from './installer.ts';
import { managerOf } from './managerOf.ts';
import { isProgramThere, readProgram } from './programCopy.ts';
import type { ServiceManager } from './serviceManager.ts';
import type { System } from './system.ts';

export interface HostBackgroundOptions {
  readonly system: System;
  readonly clock: Clock;
  readonly stateFolder: string;
  /** The built CLI; its parts lie beside it. */
  readonly cliFile: string;
  /** What runs this program, when that is a Node of its own. */
  readonly own?: FindNodeOptions['own'];
  /** Address of Ollama where neither settings nor the person name one. */
  readonly ollama?: string | undefined;
  /** The settings of the editor, read when they are handed over. */
  readonly settings?: () => AgentSettings;
  /** Of this product. Another one in tests. */
  readonly version?: string;
}

/** Installs the headless agent of this computer as a service of its OS user, and removes it. */
export class HostBackground implements BackgroundAgent {
  readonly #options: HostBackgroundOptions;
  readonly #stateFolder: string;
  readonly #version: string;
  readonly #files: BackgroundFiles;

  constructor(options: HostBackgroundOptions) {
    this.#options = options;
    this.#stateFolder = resolve(options.stateFolder);
    this.#version = options.version ?? PRODUCT_VERSION;
    this.#files = new BackgroundFiles(this.#stateFolder);
  }

  get isInstalled(): boolean {
    return this.#files.isInstalled;
  }

  async plan({ node: named, ollama }: PlanOptions = {}): Promise<InstallPlan> {
    const { system, own, ollama: usual } = this.#options;
    const relay = this.#relay();
    if (relay === undefined) throw new BackgroundFault('noRelay');
    return this.#planWith(await findNode(system, { named, own }), relay, ollama ?? (usual === '' ? undefined : usual));
  }

  install(plan: InstallPlan): Promise<Installed> {
    return this.#working(() => this.#installer().install(plan));
  }

  async uninstall(): Promise<Removed> {
    if (!this.isInstalled) throw new BackgroundFault('notInstalled');
    return this.#working(() => this.#installer().uninstall());
  }

  async renew(): Promise<string | undefined> {
    const { system, own } = this.#options;
    const before = this.#files.readRecord();
    if (!before || !isNewer(this.#version, before.version)) return undefined;
    const tested = await testNode(system, before.node.path);
    const node = typeof tested === 'string' ? await findNode(system, { own }) : tested;
    // an agent without a relay waits for one
    const plan = await this.#planWith(node, this.#relay() ?? '', before.ollama);
    try {
      await this.#working(() => this.#installer().install(plan, before.version));
      return before.version;
    } catch (error) {
      // another window of the new version does it
      if (error instanceof BackgroundFault && error.code === 'alreadyAtWork') return undefined;
      throw error;
    }
  }

  settingsChanged(): void {
    const { settings } = this.#options;
    if (settings && this.isInstalled) this.#files.writeSettings(settings());
  }

  async status(): Promise<BackgroundStatus> {
    const { system } = this.#options;
    const record = this.#files.readRecord();
    const running = this.#files.readRunning();
    const lastNote = this.#files.lastNote();
    const common = {
      ownVersion: this.#version,
      ...(running && { running: { version: running.version, nodeVersion: running.nodeVersion, pid: running.pid, since: running.since } }),
      ...(lastNote !== undefined && { lastNote }),
    };
    if (!record) return { ...common, notes: [] };
    const manager = this.#manager();
    const registered = await manager.isRegistered();
    const { unit, kind, version, renewedFrom, at, node, folder } = record;
    return {
      ...common,
      installed: {
        ...{ kind, version, at, node, folder },
        ...(renewedFrom !== undefined && { renewedFrom }),
        nodeWorks: typeof (await testNode(system, node.path)) !== 'string',
        copy: isProgramThere(folder) ? 'asWritten' : 'missing',
        unit: { path: unit.path, state: stateOf(unit) },
        ...(registered !== undefined && { registered }),
      },
      notes: await this.#notes(manager, this.#relay()),
    };
  }

  async #planWith(node: TestedNode, relay: string, ollama: string | undefined): Promise<InstallPlan> {
    const { cliFile, settings } = this.#options;
    const manager = this.#manager();
    await manager.check();
    this.#installer().refuseForeign();
    const { files, bytes, folderName } = readProgram(cliFile, this.#version);
    const folder = join(this.#files.folder, folderName);
    const before = this.#files.readRecord();
    const words = [join(folder, 'cli.mjs'), 'agent', '--background', '--state', this.#stateFolder];
    const args = ['--disable-warning=ExperimentalWarning', ...words, ...(ollama === undefined ? [] : ['--ollama', ollama])];
    return {
      ...{ kind: manager.kind, version: this.#version, node, relay, stateFolder: this.#stateFolder },
      copy: { folder, files: files.size, bytes },
      unit: { path: manager.path, text: manager.describe({ program: node.path, args }) },
      others: [this.#files.recordFile, ...(settings ? [this.#files.settingsFile] : []), this.#files.logFile],
      commands: manager.commands,
      notes: await this.#notes(manager, relay),
      ...(ollama !== undefined && { ollama }),
      ...(before && { replaces: before.version }),
    };
  }

  #manager(): ServiceManager {
    return managerOf(this.#options.system, this.#files.folder);
  }

  #installer(): Installer {
    const { system, clock, cliFile, settings } = this.#options;
    return new Installer({ manager: this.#manager(), files: this.#files, system, clock, cliFile, version: this.#version, settings });
  }

  async #notes(manager: ServiceManager, relay: string | undefined): Promise<readonly BackgroundNote[]> {
    const isLoopback = relay !== undefined && relay !== '' && isLoopbackHost(new URL(relay).hostname);
    return [...(isLoopback ? (['loopbackRelay'] as const) : []), ...(await manager.notes())];
  }

  /** One at a time. @throws BackgroundFault `alreadyAtWork` */
  async #working<T>(work: () => Promise<T>): Promise<T> {
    this.#files.make();
    const lock: Disposable | undefined = this.#files.lockWork();
    if (!lock) throw new BackgroundFault('alreadyAtWork');
    try {
      return await work();
    } finally {
      lock.dispose();
      if (!this.isInstalled) this.#files.removeFolder();
    }
  }

  /** A folder that is not there has none, and stays away. @throws TunnelError `storeFailed` */
  #relay(): string | undefined {
    return existsSync(this.#stateFolder) ? new StateFolder(this.#stateFolder).relayFile.read()?.origin : undefined;
  }
}

function stateOf({ path, sha256: written }: { readonly path: string; readonly sha256: string }): 'asWritten' | 'changed' | 'missing' {
  if (!existsSync(path)) return 'missing';
  return sha256(readFileSync(path)) === written ? 'asWritten' : 'changed';
}
