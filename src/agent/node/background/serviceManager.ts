import type { BackgroundNote, ServiceKind } from '../../../protocol/backgroundAgent.ts';

/** What a service runs. */
export interface ServiceLaunch {
  /** Whole path of a Node. */
  readonly program: string;
  readonly args: readonly string[];
}

/** The file that describes a service to the system. */
export interface ServiceFile {
  readonly path: string;
  /** As it stands on the disk: the Task Scheduler reads UTF-16. */
  readonly bytes: Uint8Array;
  readonly mode: number;
}

/**
 * One kind of service. Making a file writes nothing, and what is not said to ask the system does not. Each function that asks it throws a
 * BackgroundFault that says what the system said.
 */
export interface ServiceManager {
  readonly kind: ServiceKind;
  /** Where its file belongs. */
  readonly path: string;
  /** The text of its file. @throws BackgroundFault `unsafePath` for what the file cannot hold */
  describe(launch: ServiceLaunch): string;
  /** The same as it stands on the disk. */
  encode(text: string): ServiceFile;
  /** What {@link ServiceManager.start} runs, to be shown. */
  readonly commands: readonly string[];
  /** @throws BackgroundFault `noManager` when nothing answers */
  check(): Promise<void>;
  /** Makes the file that stands at its path known, and runs it now and at each login. One that runs is ended first. @throws BackgroundFault `notTaken` */
  start(): Promise<void>;
  /** Ends it, and has it run no more. The file still stands. @throws BackgroundFault `cannotStop` */
  stop(): Promise<void>;
  /** The file is gone. */
  forget(): Promise<void>;
  /** Ends the process of the service when nothing else did. */
  kill(pid: number): Promise<void>;
  /** Does the system know it? Undefined when that cannot be told. */
  isRegistered(): Promise<boolean | undefined>;
  notes(): Promise<readonly BackgroundNote[]>;
}

/** Arguments as one would type them in a shell. */
export function typed(program: string, args: readonly string[]): string {
  return [program, ...args]
    .map((word) => (/^[\w@%+=:,./\\-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');
}

/** Control characters end lines, and XML has no way to write them. */
export function hasControls(text: string): boolean {
  return /[\p{Cc}\p{Cs}]/u.test(text);
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;');
}
