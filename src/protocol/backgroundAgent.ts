import type { Say } from '../base/say.ts';

/**
 * The background agent: the headless agent as a service of the OS user, so that paired clients reach this computer while no editor runs. What is
 * here is what editor and command line share; who reads a fault or a note finds its words in `status/backgroundText.ts`.
 */

/** What of the system runs it: a systemd user unit, a launchd agent, a task of the Windows Task Scheduler. */
export type ServiceKind = 'systemd' | 'launchd' | 'taskScheduler';

/** What a person should know before they say yes, and later. */
export type BackgroundNote =
  /** systemd ends the services of a user who has logged out, unless lingering is on. */
  | 'lingerOff'
  /** The relay is on this computer alone: no other device gets there. */
  | 'loopbackRelay'
  /** This kind of service was not run on a real system by whoever built this. */
  | 'kindUntried';

/** A Node that was run and can run the agent. */
export interface TestedNode {
  readonly path: string;
  /** As it says itself, without the `v`. */
  readonly version: string;
}

/** All that an installation writes and runs. Making one writes nothing. */
export interface InstallPlan {
  readonly kind: ServiceKind;
  /** Of this product. */
  readonly version: string;
  readonly node: TestedNode;
  /** Where the program is copied to, and how much it is. */
  readonly copy: { readonly folder: string; readonly files: number; readonly bytes: number };
  /** The service's own file, exactly as it will stand there. */
  readonly unit: { readonly path: string; readonly text: string };
  /** Every other file that is written, in the state folder. */
  readonly others: readonly string[];
  /** What the system is asked, as one would type it. */
  readonly commands: readonly string[];
  readonly stateFolder: string;
  readonly relay: string;
  /** Address of Ollama where the editor's settings name none. */
  readonly ollama?: string;
  readonly notes: readonly BackgroundNote[];
  /** The version of the installation that this one takes the place of. */
  readonly replaces?: string;
}

/** What is so after an installation. */
export interface Installed {
  readonly version: string;
  readonly pid: number;
  readonly notes: readonly BackgroundNote[];
}

/** What a removal has done. */
export interface Removed {
  /** Files and folders that were written at the installation and are gone now. */
  readonly removed: readonly string[];
  /** A service file that somebody has changed since: it is out of service, and kept under this name. */
  readonly keptAside?: string;
}

export interface BackgroundStatus {
  readonly installed?: {
    readonly kind: ServiceKind;
    readonly version: string;
    /** The version that this one took the place of by itself, at the start of a window. */
    readonly renewedFrom?: string;
    /** ms since the epoch. */
    readonly at: number;
    readonly node: TestedNode;
    /** Is it still there, and does it still run the agent? */
    readonly nodeWorks: boolean;
    readonly folder: string;
    /** `missing`: somebody has deleted it. */
    readonly copy: 'asWritten' | 'missing';
    readonly unit: { readonly path: string; readonly state: 'asWritten' | 'changed' | 'missing' };
    /** Does the system know the service? Undefined where it cannot be asked. */
    readonly registered?: boolean;
  };
  /** The process that runs now. */
  readonly running?: { readonly version: string; readonly nodeVersion: string; readonly pid: number; readonly since: number };
  /** The last thing that it noted of itself. */
  readonly lastNote?: string;
  /** The version of the program that was asked. A newer window renews an older copy at its next start. */
  readonly ownVersion: string;
  readonly notes: readonly BackgroundNote[];
}

export interface PlanOptions {
  /** A Node that the person has named; it is the only one that is tried. */
  readonly node?: string;
  /** Address of Ollama where the editor's settings name none. Default: `OLLAMA_HOST` of the service, then this computer. */
  readonly ollama?: string;
}

/** Keeps this computer reachable while no editor runs. One for the OS user and state folder. */
export interface BackgroundAgent {
  /** Is one installed, as far as a look at one file tells? */
  readonly isInstalled: boolean;
  /** @throws BackgroundFault */
  status(): Promise<BackgroundStatus>;
  /** Looks for everything that an installation needs, runs what must be tried, and writes nothing. @throws BackgroundFault */
  plan(options?: PlanOptions): Promise<InstallPlan>;
  /**
   * Writes what the plan says, starts it, and resolves once it runs. When it fails, what was there before is there again.
   * @throws BackgroundFault
   */
  install(plan: InstallPlan): Promise<Installed>;
  /** Stops it and removes exactly what was written. @throws BackgroundFault */
  uninstall(): Promise<Removed>;
  /** Puts this version in the place of an older copy. Resolves to the version that went, or undefined when there was nothing to do. @throws BackgroundFault */
  renew(): Promise<string | undefined>;
  /** Hands it the settings of the editor as they are now; it goes by them within some seconds. Without an installation nothing happens. */
  settingsChanged(): void;
}

/** What happened, and what helps against it. */
export interface FaultWords {
  readonly happened: string;
  readonly next: string;
}

/** What is said of it to a person, in the language of whoever reads. */
export interface BackgroundWords {
  fault(fault: BackgroundFault, t?: Say): FaultWords;
  note(note: BackgroundNote, t?: Say): string;
  /** All that an installation will do, with the service's file as it will stand there. */
  plan(plan: InstallPlan, t?: Say): string;
  installed(installed: Installed, t?: Say): string;
  removed(removed: Removed, t?: Say): string;
  status(status: BackgroundStatus, t?: Say): string;
}

/** The background agent as an editor has it: loaded when it is needed, because most windows never do. */
export interface BackgroundLoader {
  /** As {@link BackgroundAgent} says it. */
  readonly isInstalled: boolean;
  load(): Promise<{ readonly agent: BackgroundAgent; readonly words: BackgroundWords }>;
}

export const backgroundFaultCodes = [
  /** No Node that can run the agent was found. Detail: those that were tried, and why not. */
  'noNode',
  /** The Node that the person has named cannot run it. Detail: which, and why. */
  'nodeUnfit',
  'noRelay',
  /** The system has no service manager that answers. Detail: what it said. */
  'noManager',
  /** This system has none of the three kinds. Detail: its name. */
  'unsupported',
  /** A path that its service file cannot hold. Detail: the path. */
  'unsafePath',
  /** Detail: the file. */
  'cannotWrite',
  /** The program to copy is not beside this one. Detail: where it was looked for. */
  'programMissing',
  /** Another window or terminal installs or removes right now. */
  'alreadyAtWork',
  /** A service of this name that is not of this installation. Detail: its file. */
  'foreignService',
  /** The system did not take the service. Detail: what it said. */
  'notTaken',
  /** Taken, but it did not come up. Detail: the last thing that it noted. */
  'notStarted',
  'notInstalled',
  /** It does not end. Detail: what the system said, or its process. */
  'cannotStop',
  /** What was noted of the installation cannot be read. Detail: the file. */
  'recordDamaged',
] as const;
export type BackgroundFaultCode = (typeof backgroundFaultCodes)[number];

/** Is it a {@link BackgroundFault}? Of whichever bundle: what an editor loads late has a class of its own. */
export function isBackgroundFault(error: unknown): error is BackgroundFault {
  return error instanceof Error && error.name === 'BackgroundFault';
}

/** An expected failure of {@link BackgroundAgent}. */
export class BackgroundFault extends Error {
  override readonly name = 'BackgroundFault';
  readonly code: BackgroundFaultCode;
  /** Safe to show: paths, and words of the system. */
  readonly detail: string;

  constructor(code: BackgroundFaultCode, detail = '', options?: ErrorOptions) {
    super(detail === '' ? code : `${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
  }
}
