import { totalmem } from 'node:os';
import { toBase64url, utf8 } from '../../base/bytes.ts';
import type { LogFields } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { UserError } from '../../base/userError.ts';
import { TunnelError } from '../../protocol/errors.ts';
import { MAX_DEVICES_PER_INVITE, MAX_RELAY_BACKLOG_BYTES } from '../../protocol/limits.ts';
import { parseRelayUrl } from '../../protocol/relayUrl.ts';
import { isInviteName, MIN_INVITE_SECRET_BYTES } from '../../secure/invite.ts';
import { natsPlace, readNatsServers, type NatsServer } from './nats/natsAddress.ts';
import { adminAuthority, readAdminPlace, type AdminPlace } from './admin/adminPlace.ts';

/** Flags of `relay`, as typed. */
export interface RelayFlags {
  readonly port?: string;
  readonly host?: string;
  readonly publicUrl?: readonly string[];
  readonly secret?: string;
  readonly open?: boolean;
  readonly gateway?: boolean;
  readonly adminBind?: string;
  readonly adminExposed?: boolean;
  readonly trustedHops?: string;
  readonly revoked?: string;
  readonly nats?: string;
  readonly devicesPerInvite?: string;
  readonly maxPending?: string;
  readonly json?: boolean;
}

/** Who may register devices. A generated secret lives as long as the process. */
export type SettingsAdmission =
  { readonly kind: 'open' } | { readonly kind: 'invites'; readonly secret: Uint8Array; readonly isGenerated: boolean };

export interface RelaySettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Empty for a relay on loopback, which is known by its own addresses. */
  readonly publicOrigins: readonly string[];
  readonly admission: SettingsAdmission;
  /** Proxies before this relay whose X-Forwarded-For is believed. */
  readonly trustedHops: number;
  readonly revoked: ReadonlySet<string>;
  /** At once. */
  readonly devicesPerInvite: number;
  /** Unsent bytes that the relay holds before it ends who has the most of them. */
  readonly maxPendingBytes: number;
  /** Serves Ollama's, OpenAI's and Anthropic's API to holders of API keys; their requests and answers pass through this process readable. */
  readonly gateway: boolean;
  /** Where the operator asks for metrics and status; undefined: nowhere. */
  readonly admin: AdminPlace | undefined;
  /** What makes several relays one; undefined: this one is alone. */
  readonly nats: readonly NatsServer[] | undefined;
  readonly json: boolean;
}

export const DEFAULT_PORT = 8787;
/** Set by an editor that started this relay for itself: it has its invite already. */
export const TRIAL_VARIABLE = 'C2L_TRIAL';
export const DEFAULT_HOST = '127.0.0.1';
const MAX_TRUSTED_HOPS = 10;
const MiB = 1024 * 1024;
/** Below, one slow reader would be ended before its own bound. */
const MIN_PENDING_MIB = 16;
const MAX_PENDING_MIB = 65_536;
/** More than a process of Node can hold open. */
const MAX_LINKS = 1_000_000;
const secretRemedy = 'Make one with `openssl rand -base64 32` and set C2L_SECRET to it.';

/**
 * Flags before environment (`C2L_PORT`, `C2L_HOST`, `C2L_PUBLIC_URL`, `C2L_SECRET`, `C2L_OPEN`, `C2L_TRUSTED_HOPS`, `C2L_REVOKED`,
 * `C2L_DEVICES_PER_INVITE`, `C2L_MAX_PENDING`, `C2L_GATEWAY`, `C2L_ADMIN`, `C2L_ADMIN_EXPOSED`, `C2L_NATS`) before defaults.
 * @throws UserError for what cannot be, naming flag and remedy
 */
export function readRelaySettings(
  flags: RelayFlags,
  env: Readonly<Record<string, string | undefined>>,
  random: Random,
  memoryBytes = memoryOfProcess(),
): RelaySettings {
  const host = bare(flags.host ?? env['C2L_HOST'] ?? DEFAULT_HOST);
  const port = integer('--port', flags.port ?? env['C2L_PORT'], DEFAULT_PORT, 65_535);
  const publicOrigins = readPublicUrls(flags, env);
  if (!isLoopbackAddress(host) && publicOrigins.length === 0) {
    throw new UserError(
      'publicUrlRequired',
      `The relay would listen on ${host} without knowing its own address.`,
      'Add --public-url https://relay.example, the address that people use.',
    );
  }
  const isReachable = !isLoopbackAddress(host) || publicOrigins.some((origin) => !isLoopbackAddress(new URL(origin).hostname));
  return {
    host,
    port,
    publicOrigins,
    admission: readAdmission(flags, env, random, isReachable),
    trustedHops: integer('--trusted-hops', flags.trustedHops ?? env['C2L_TRUSTED_HOPS'], 0, MAX_TRUSTED_HOPS),
    revoked: new Set(list(flags.revoked ?? env['C2L_REVOKED']).map(readRevoked)),
    devicesPerInvite: integer(
      '--devices-per-invite',
      flags.devicesPerInvite ?? env['C2L_DEVICES_PER_INVITE'],
      MAX_DEVICES_PER_INVITE,
      MAX_LINKS,
      1,
    ),
    maxPendingBytes:
      MiB *
      integer('--max-pending', flags.maxPending ?? env['C2L_MAX_PENDING'], pendingMiBFor(memoryBytes), MAX_PENDING_MIB, MIN_PENDING_MIB),
    gateway: flags.gateway ?? truth('C2L_GATEWAY', env['C2L_GATEWAY']),
    admin: readAdmin(flags, env),
    nats: readNats(flags, env),
    json: flags.json ?? false,
  };
}

/** @returns the secret as bytes, undefined when none is set. @throws UserError when it is too short to be one */
export function readSecret(flags: Pick<RelayFlags, 'secret'>, env: Readonly<Record<string, string | undefined>>): Uint8Array | undefined {
  const text = flags.secret ?? env['C2L_SECRET'] ?? '';
  if (text === '') return undefined;
  const secret = utf8(text);
  if (secret.length >= MIN_INVITE_SECRET_BYTES) return secret;
  throw new UserError('secretTooShort', `The secret has fewer than ${String(MIN_INVITE_SECRET_BYTES)} characters.`, secretRemedy);
}

/** @throws UserError when there is none */
export function requireSecret(flags: Pick<RelayFlags, 'secret'>, env: Readonly<Record<string, string | undefined>>): Uint8Array {
  const secret = readSecret(flags, env);
  if (secret) return secret;
  throw new UserError('secretRequired', 'There is no secret to sign invites with.', secretRemedy);
}

/** Each address that people use, once. @throws UserError */
export function readPublicUrls(flags: Pick<RelayFlags, 'publicUrl'>, env: Readonly<Record<string, string | undefined>>): string[] {
  return [...new Set((flags.publicUrl ?? list(env['C2L_PUBLIC_URL'])).map(readPublicUrl))];
}

function readPublicUrl(text: string): string {
  try {
    return parseRelayUrl(text);
  } catch (error) {
    const detail = TunnelError.from(error).detail ?? 'not an address';
    throw new UserError('badPublicUrl', `--public-url ${text}: ${detail}.`, 'It looks like https://relay.example.', undefined, {
      cause: error,
    });
  }
}

/** For the log at start: what is in force, secrets hidden. */
export function describeSettings(settings: RelaySettings): LogFields {
  const { admission } = settings;
  return {
    host: settings.host,
    port: settings.port,
    origins: settings.publicOrigins.join(' ') || 'loopback',
    admission: admission.kind === 'open' ? 'open' : admission.isGenerated ? 'invites, secret of this run' : 'invites, secret hidden',
    trustedHops: settings.trustedHops,
    revoked: settings.revoked.size,
    devicesPerInvite: settings.devicesPerInvite,
    maxPending: `${String(settings.maxPendingBytes / MiB)} MiB`,
    admin: settings.admin ? adminAuthority(settings.admin) : 'off',
    nats: settings.nats ? settings.nats.map(natsPlace).join(' ') : 'off',
    gateway: settings.gateway ? 'on, this relay reads what passes through it' : 'off',
  };
}

export function isLoopbackAddress(host: string): boolean {
  return host === 'localhost' || bare(host) === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function readAdmission(
  flags: RelayFlags,
  env: Readonly<Record<string, string | undefined>>,
  random: Random,
  isReachable: boolean,
): SettingsAdmission {
  if (flags.open ?? truth('C2L_OPEN', env['C2L_OPEN'])) return { kind: 'open' };
  const secret = readSecret(flags, env);
  if (secret) return { kind: 'invites', secret, isGenerated: false };
  if (isReachable) {
    throw new UserError(
      'secretRequired',
      'A relay that others can reach needs a secret, so that only people with an invite register devices.',
      `${secretRemedy} Or add --open to let anybody in.`,
    );
  }
  return { kind: 'invites', secret: utf8(toBase64url(random.bytes(32))), isGenerated: true };
}

function readAdmin(flags: RelayFlags, env: Readonly<Record<string, string | undefined>>): AdminPlace | undefined {
  const [flag, text] = flags.adminBind === undefined ? ['C2L_ADMIN', env['C2L_ADMIN'] ?? ''] : ['--admin-bind', flags.adminBind];
  if (text === '' && flags.adminBind === undefined) return undefined;
  const place = readAdminPlace(flag, text);
  if (isLoopbackAddress(place.host) || (flags.adminExposed ?? truth('C2L_ADMIN_EXPOSED', env['C2L_ADMIN_EXPOSED']))) return place;
  throw new UserError(
    'adminExposed',
    `${flag} ${text}: other machines could ask which devices are connected and how much they are used, without a password.`,
    'Bind it to 127.0.0.1 and reach it through ssh -L; or, behind a firewall of yours, add --admin-exposed.',
  );
}

function readNats(flags: RelayFlags, env: Readonly<Record<string, string | undefined>>): readonly NatsServer[] | undefined {
  if (flags.nats !== undefined) return readNatsServers('--nats', flags.nats);
  const text = env['C2L_NATS'] ?? '';
  return text === '' ? undefined : readNatsServers('C2L_NATS', text);
}

function readRevoked(name: string): string {
  if (isInviteName(name)) return name;
  throw new UserError(
    'badInviteName',
    `--revoked ${name}: not a name of an invite.`,
    'Names are 1 to 32 of a-z, 0-9 and -, separated by commas.',
  );
}

/** A quarter of the memory that there is: the rest is for sockets, the page and Node itself. */
function pendingMiBFor(memoryBytes: number): number {
  const usual = MAX_RELAY_BACKLOG_BYTES / MiB;
  return Math.max(MIN_PENDING_MIB, Math.min(usual, Math.floor(memoryBytes / 4 / MiB)));
}

/** What this process may use: the container's or service's limit, where there is one. */
function memoryOfProcess(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function truth(name: string, text: string | undefined): boolean {
  if (text === undefined || text === '' || text === '0' || text === 'false') return false;
  if (text === '1' || text === 'true') return true;
  throw new UserError('badFlag', `${name}=${text} is neither yes nor no.`, `Set ${name}=1, or leave it out.`);
}

function integer(flag: string, text: string | undefined, fallback: number, max: number, min = 0): number {
  if (text === undefined || text === '') return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new UserError(
    'badNumber',
    `${flag} ${text}: not a whole number from ${String(min)} to ${String(max)}.`,
    `Leave ${flag} out for ${String(fallback)}.`,
  );
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Without the brackets of an IPv6 address in a URL. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
