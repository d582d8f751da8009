import { systemClock } from '../../base/clock.ts';
import { deferred } from '../../base/deferred.ts';
import type { Disposable } from '../../base/disposable.ts';
import { systemRandom } from '../../base/random.ts';
import { UserError } from '../../base/userError.ts';
import { PRODUCT_VERSION } from '../../protocol/versions.ts';
import { mintInvite } from '../../secure/invite.ts';
import { soundCrypto } from '../../secure/node/soundCrypto.ts';
import { readPage } from './pages.ts';
import { relayLog, type LogLevel } from './relayLog.ts';
import { startRelayServer, type RelayServer } from './relayServer.ts';
import {
  describeSettings,
  readPublicUrls,
  readRelaySettings,
  requireSecret,
  TRIAL_VARIABLE,
  type RelayFlags,
  type RelaySettings,
} from './settings.ts';
import { terminalQr } from './terminalQr.ts';

/** What the relay takes from its process. */
export interface RelayProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the built page. */
  readonly pageFolder: string;
  /** Prints to stdout. */
  readonly print: (text: string) => void;
  /** Calls back on SIGTERM and SIGINT. @returns how to stop listening */
  readonly onSignal: (listener: (signal: string) => void) => () => void;
}

const DAY_SECONDS = 86_400;
/** Name and life of the invite that a relay without a secret makes; it ends with the process anyway. */
const OWN_INVITE = { name: 'local', days: 365 };

/** Runs a relay until a signal ends it. @returns the exit code. @throws UserError when it cannot start */
export async function runRelay(flags: RelayFlags, host: RelayProcess): Promise<number> {
  const settings = readRelaySettings(flags, host.env, systemRandom);
  const log = relayLog(settings.json ? 2 : 1, readLogLevel(host.env['C2L_LOG_LEVEL']));
  const page = readPage(host.pageFolder);
  // Headers of frames come out of this pool. A large one is shared with whole messages, and each unsent header keeps it all in memory.
  Buffer.poolSize = 8 * 1024;
  const signals = listenForSignals(host); // before anybody can know that we listen
  let server: RelayServer | undefined;
  try {
    server = await startRelayServer({ settings, page, clock: systemClock, random: systemRandom, crypto: soundCrypto(), log });
    announce(settings, server, host);
    const inForce = { ...describeSettings(settings), origins: server.origins.join(' ') };
    log.info('relay started', { version: PRODUCT_VERSION, page: page !== undefined, ...inForce });
    if (!page) log.warn('the chat page was not built: this relay serves links only');
    const signal = await signals.first;
    log.info('draining', { signal, links: server.counts.deviceLinks + server.counts.clientLinks });
    await Promise.race([server.drain(), signals.second]);
    log.info('relay stopped');
    return 0;
  } finally {
    signals.dispose();
    await server?.close();
  }
}

interface Signals extends Disposable {
  /** Drains. */
  readonly first: Promise<string>;
  /** Ends at once. */
  readonly second: Promise<string>;
}

function listenForSignals({ onSignal }: RelayProcess): Signals {
  const [first, second] = [deferred<string>(), deferred<string>()];
  let count = 0;
  const stop = onSignal((signal) => {
    (count++ === 0 ? first : second).resolve(signal);
  });
  return { first: first.promise, second: second.promise, dispose: stop };
}

/** Mints an invite and prints it; with the relay's address the join link too, and on a terminal its QR code. */
export function runInvite(
  name: string,
  flags: RelayFlags & { readonly days: string },
  host: Pick<RelayProcess, 'env' | 'print'> & { readonly isTerminal: boolean },
): void {
  const secret = requireSecret(flags, host.env);
  const days = /^\d{1,5}$/.test(flags.days) ? Number(flags.days) : 0;
  if (days < 1) throw new UserError('badNumber', `--days ${flags.days}: not a whole number of days.`, 'Leave --days out for 365.');
  const notAfter = Math.floor(systemClock.now() / 1000) + days * DAY_SECONDS;
  const invite = mint(secret, name, notAfter);
  const [publicUrl] = readPublicUrls(flags, host.env);
  const link = publicUrl === undefined ? undefined : `${publicUrl}/join#${invite}`;
  if (flags.json === true) host.print(`${JSON.stringify({ event: 'invite', name, invite, notAfter, link })}\n`);
  else host.print(`${invite}\n${link === undefined ? '' : `${link}\n${host.isTerminal ? terminalQr(link) : ''}`}`);
}

function mint(secret: Uint8Array, name: string, notAfter: number): string {
  try {
    return mintInvite(soundCrypto(), secret, name, notAfter);
  } catch (error) {
    throw new UserError('badInviteName', `${name} cannot be the name of an invite.`, 'Use 1 to 32 of a-z, 0-9 and -.', undefined, {
      cause: error,
    });
  }
}

function announce({ admission, gateway, json }: RelaySettings, { url, adminUrl }: RelayServer, { print, env }: RelayProcess): void {
  const invite =
    admission.kind === 'invites' && admission.isGenerated
      ? mint(admission.secret, OWN_INVITE.name, Math.floor(systemClock.now() / 1000) + OWN_INVITE.days * DAY_SECONDS)
      : undefined;
  if (json) {
    print(`${JSON.stringify({ event: 'listening', url, invite, admin: adminUrl, ...(gateway ? { gateway } : {}) })}\n`);
    return;
  }
  print(`The relay listens on ${url}\n`);
  if (invite !== undefined) print(`Invite: ${invite}\nIt changes at every start. Set C2L_SECRET to keep invites valid.\n`);
  else if (admission.kind === 'open') print('Anybody may register a device here: the relay runs open.\n');
  else if (env[TRIAL_VARIABLE] !== undefined) print('A trial relay of this editor, for this computer alone. It ends with this terminal.\n');
  else print('Devices need an invite: cloudtolocalllm relay invite NAME\n');
  if (adminUrl !== undefined) print(`Metrics and status: ${adminUrl}/metrics and ${adminUrl}/status\n`);
  if (gateway) print(`The gateway is on: ${url}/api and ${url}/v1 take API keys, and this process reads what passes through them.\n`);
}

function readLogLevel(text: string | undefined): LogLevel {
  switch (text) {
    case undefined:
    case '':
      return 'info';
    case 'debug':
    case 'info':
    case 'warn':
    case 'error':
      return text;
    default:
      throw new UserError('badLogLevel', `C2L_LOG_LEVEL=${text} is not a level.`, 'Use debug, info, warn or error.');
  }
}
