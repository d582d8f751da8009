import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, type Clock } from '../../../base/clock.ts';
import { DisposableStore, toDisposable } from '../../../base/disposable.ts';
import type { LogFields, Logger } from '../../../base/log.ts';
import { systemRandom } from '../../../base/random.ts';
import { UserError } from '../../../base/userError.ts';
import { TunnelError } from '../../../protocol/errors.ts';
import { PRODUCT_VERSION } from '../../../protocol/versions.ts';
import { StatusBus } from '../../../status/statusEventBus.ts';
import { AuditFile } from '../auditFile.ts';
import type { LeaderLock } from '../leaderLock.ts';
import { SharedAgent } from '../sharedAgent.ts';
import { defaultStateFolder, StateFolder } from '../stateFolder.ts';
import { BackgroundFiles } from './backgroundFiles.ts';
import { SettingsOnDisk } from './settingsOnDisk.ts';

/** Whoever looks whether it runs has its lock for a moment. */
const LOCK_TRIES = 20;
const LOCK_EVERY_MS = 100;
/** A log of so many bytes is put aside; three are kept. */
const MAX_LOG_BYTES = 128 * 1024;

export interface BackgroundRunOptions {
  readonly state?: string | undefined;
  readonly ollama?: string | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Runs as the background agent until it is told to end: leads, or follows a newer window until that goes. It connects whenever it leads. What
 * it notes stands in a bounded file of the state folder, for a service has no terminal.
 * @throws UserError `alreadyRuns`, TunnelError when it cannot run here
 */
export async function runInBackground({ state, ollama, signal }: BackgroundRunOptions): Promise<void> {
  const owned = new DisposableStore();
  const folder = new StateFolder(state ?? defaultStateFolder());
  const files = new BackgroundFiles(folder.path);
  files.make();
  const log = fileLog(files.logFile, systemClock);
  // what the one that runs already notes is its own
  owned.add(await takeSeat(files, systemClock, signal));
  try {
    const settings = owned.add(new SettingsOnDisk(files, systemClock, log));
    const bus = owned.add(new StatusBus());
    const shared = owned.add(
      new SharedAgent({
        ...{ bus, log, clock: systemClock, random: systemRandom, stateFolder: folder.path },
        ollama: () => {
          const set = settings.now?.ollama;
          return set === undefined || set.url.trim() === '' ? { ...set, url: ollama } : set;
        },
        chatDefaults: () => settings.now?.chat ?? {},
        defaultModel: () => settings.now?.defaultModel ?? '',
        retentionDays: () => settings.now?.retentionDays ?? 0,
        remoteRules: () => settings.rules,
        face: { role: 'agent', name: 'cloudtolocalllm agent --background' },
      }),
    );
    settings.onChange = () => {
      shared.control.settingsChanged();
    };
    owned.add(
      shared.onDidChangeSeat((seat) => {
        log.info('seat', { kind: seat.kind });
        if (seat.kind !== 'leads') return;
        const { agent } = seat.node;
        if (agent.relay)
          agent.connect().catch((error: unknown) => { noteUnlessOver(log, error); }); // prettier-ignore
        else log.warn('no relay is set up yet');
      }),
    );
    bus.statusStream(({ state: kind, error, endpoint }) => {
      log.info('connection', { state: kind, endpoint, error });
    });
    const note = { version: PRODUCT_VERSION, nodeVersion: process.versions.node, pid: process.pid, folder: ownFolder() };
    const since = systemClock.now();
    files.writeRunning({ ...note, since, isReady: false });
    const ended = whenAborted(signal, owned);
    await Promise.race([shared.ready, ended]);
    files.writeRunning({ ...note, since, isReady: true });
    await ended;
    log.info('ends as it was told to');
  } catch (error) {
    log.error('ends', { code: codeOf(error), detail: error instanceof TunnelError ? error.detail : undefined });
    throw error;
  } finally {
    owned.dispose();
  }
}

function noteUnlessOver(log: Logger, error: unknown): void {
  const { code } = TunnelError.from(error);
  if (code !== 'cancelled') log.warn('not connected', { code });
}

/** The folder that this program was copied to. */
function ownFolder(): string {
  return dirname(process.argv[1] ?? fileURLToPath(import.meta.url));
}

function codeOf(error: unknown): string {
  return error instanceof UserError ? error.code : TunnelError.from(error).code;
}

async function takeSeat(files: BackgroundFiles, clock: Clock, signal: AbortSignal): Promise<LeaderLock> {
  for (let left = LOCK_TRIES; left > 0 && !signal.aborted; left--) {
    const lock = files.lockRunning();
    if (lock) return lock;
    await new Promise<void>((resolve) => void clock.after(LOCK_EVERY_MS, resolve));
  }
  throw new UserError('alreadyRuns', 'The background agent of this state folder runs already.', 'See it with: agent status');
}

function whenAborted(signal: AbortSignal, owned: DisposableStore): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      resolve();
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    owned.add(toDisposable(() => { signal.removeEventListener('abort', end); })); // prettier-ignore
  });
}

/** Lines of JSON in a bounded file. A disk that fails stops nothing. */
function fileLog(file: string, clock: Clock): Logger {
  const sink = new AuditFile(file, MAX_LOG_BYTES);
  const write = (level: string) => (message: string, fields?: LogFields) => {
    try {
      sink.append(`${JSON.stringify({ at: new Date(clock.now()).toISOString(), level, message, ...fields })}\n`);
    } catch {
      // there is nobody to tell
    }
  };
  return { debug: () => undefined, info: write('info'), warn: write('warn'), error: write('error') };
}
