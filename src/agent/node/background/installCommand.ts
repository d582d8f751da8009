import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { systemClock } from '../../../base/clock.ts';
import { exitCodes, UserError } from '../../../base/userError.ts';
import { BackgroundFault, type BackgroundAgent, type BackgroundFaultCode } from '../../../protocol/backgroundAgent.ts';
import { TunnelError } from '../../../protocol/errors.ts';
import { parseRelayUrl } from '../../../protocol/relayUrl.ts';
import { backgroundWords } from '../../../status/backgroundText.ts';
import { LeaderLock } from '../leaderLock.ts';
import { defaultStateFolder, StateFolder } from '../stateFolder.ts';
import { HostBackground } from './hostBackground.ts';
import { thisSystem } from './system.ts';

export interface BackgroundOptions {
  readonly state?: string;
  readonly json?: boolean;
}

export interface InstallOptions extends BackgroundOptions {
  readonly relay?: string;
  readonly invite?: string;
  readonly ollama?: string;
  readonly node?: string;
  /** Does not ask. */
  readonly yes?: boolean;
  /** Shows what it would do, and ends. */
  readonly dryRun?: boolean;
}

/** What a verb needs of the terminal. */
export interface Terminal {
  readonly print: (line: string) => void;
  /** Undefined where nobody can answer. */
  readonly ask?: (question: string) => Promise<string>;
}

/** The background agent of a state folder, as the command line has it. @param cliFile the built CLI */
export function backgroundOf({ state }: BackgroundOptions, cliFile: string): BackgroundAgent {
  const stateFolder = resolve(state ?? defaultStateFolder());
  return new HostBackground({
    ...{ system: thisSystem(), clock: systemClock, stateFolder, cliFile },
    // whoever types this has chosen that Node
    own: { path: process.execPath, order: 'first' },
    ollama: process.env['OLLAMA_HOST'],
  });
}

/** Shows all that will be written, asks, writes, starts, and says what became of it. @returns the exit code @throws UserError */
export async function installBackground(background: BackgroundAgent, options: InstallOptions, { print, ask }: Terminal): Promise<number> {
  const { json = false, yes = false, dryRun = false, node, ollama } = options;
  keepRelay(options);
  return inUserWords(async () => {
    const plan = await background.plan({
      ...(node !== undefined && { node: resolve(node) }),
      ...(ollama !== undefined && { ollama }),
    });
    print(json ? JSON.stringify({ event: 'plan', ...plan }) : backgroundWords.plan(plan));
    if (dryRun) return 0;
    if (!yes && !(await isAllowed(ask))) {
      print(json ? JSON.stringify({ event: 'cancelled' }) : 'Nothing was written.');
      return exitCodes.failed;
    }
    const installed = await background.install(plan);
    print(json ? JSON.stringify({ event: 'installed', ...installed }) : backgroundWords.installed(installed));
    return 0;
  });
}

/** @returns the exit code @throws UserError */
export async function uninstallBackground(background: BackgroundAgent, { json }: BackgroundOptions, { print }: Terminal): Promise<number> {
  return inUserWords(async () => {
    const removed = await background.uninstall();
    if (json === true) print(JSON.stringify({ event: 'removed', ...removed }));
    else for (const line of [backgroundWords.removed(removed), ...removed.removed.map((path) => `    ${path}`)]) print(line);
    return 0;
  });
}

/** @returns the exit code: 0 when it is installed and runs @throws UserError */
export async function showBackground(background: BackgroundAgent, { json }: BackgroundOptions, { print }: Terminal): Promise<number> {
  return inUserWords(async () => {
    const status = await background.status();
    print(json === true ? JSON.stringify({ event: 'status', ...status }) : backgroundWords.status(status));
    return status.installed && status.running ? 0 : exitCodes.failed;
  });
}

/** Asks at this terminal, when there is a person at it. */
export const thisTerminal: Terminal = {
  print: (line) => process.stdout.write(`${line}\n`),
  ...(process.stdin.isTTY &&
    process.stdout.isTTY && {
      ask: async (question: string) => {
        const lines = createInterface({ input: process.stdin, output: process.stdout });
        try {
          return await lines.question(question);
        } finally {
          lines.close();
        }
      },
    }),
};

async function isAllowed(ask: Terminal['ask']): Promise<boolean> {
  if (!ask) throw new UserError('notAsked', 'Nothing was written: nobody is here to be asked.', 'Read the above, then add --yes.');
  return /^y(es)?$/i.test((await ask('Write this and start it? y/N ')).trim());
}

/** Keeps a relay that was named here, for the agent takes it from the state folder: a command line is read by every user of a machine. */
function keepRelay({ relay, invite, state }: InstallOptions): void {
  if (relay === undefined) return;
  const folder = new StateFolder(resolve(state ?? defaultStateFolder()));
  const origin = parseRelayUrl(relay);
  const kept = folder.relayFile.read();
  const same = kept?.origin === origin ? kept : undefined;
  if (same && (invite === undefined || invite === same.invite)) return;
  let lock: LeaderLock | undefined;
  try {
    lock = new LeaderLock(folder.lockFile);
    folder.relayFile.write({ origin, ...(invite !== undefined && { invite }) });
  } catch (error) {
    if (!(error instanceof TunnelError) || error.code !== 'anotherLeads') throw error;
    throw new UserError(
      'agentRunning',
      'An agent or editor of this user is running, and has another relay.',
      'Set the relay up there, then leave --relay out here.',
      exitCodes.failed,
      { cause: error },
    );
  } finally {
    lock?.dispose();
  }
}

/** Faults that the person brings about by what they type. */
const usageFaults: ReadonlySet<BackgroundFaultCode> = new Set(['nodeUnfit', 'noRelay', 'unsafePath', 'notInstalled']);

async function inUserWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BackgroundFault)) throw error;
    const { happened, next } = backgroundWords.fault(error);
    throw new UserError(error.code, happened, next, usageFaults.has(error.code) ? exitCodes.usage : exitCodes.failed, { cause: error });
  }
}
