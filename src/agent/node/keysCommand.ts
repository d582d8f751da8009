import { systemClock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { nullLogger } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import { exitCodes, UserError } from '../../base/userError.ts';
import { MAX_KEY_DAYS, type KeyGrant } from '../../protocol/agentControl.ts';
import { TunnelError } from '../../protocol/errors.ts';
import { soundCrypto } from '../../secure/node/soundCrypto.ts';
import { makeApiKey } from '../apiKeys.ts';
import { AuditTrail } from '../auditTrail.ts';
import { ClientRegistry } from '../clientRegistry.ts';
import type { StoredClient } from '../deviceStore.ts';
import { AuditFile } from './auditFile.ts';
import { LeaderLock } from './leaderLock.ts';
import { SqliteDeviceStore } from './sqliteDeviceStore.ts';
import { defaultStateFolder, StateFolder } from './stateFolder.ts';

export interface KeysOptions {
  readonly state?: string;
  readonly json?: boolean;
}

export interface CreateKeyOptions extends KeysOptions {
  readonly scope?: string;
  readonly days?: string;
}

export type Print = (line: string) => void;

/**
 * Makes an API key in the state folder and prints it, once. The next agent serves it.
 * @throws UserError while an agent or an editor leads and for options that are none, TunnelError `identityLost`, `storeFailed`
 */
export function createKey(name: string, { scope = 'api', days, ...options }: CreateKeyOptions, print: Print): void {
  const grant = readGrant(scope, days);
  onFolder(options, ({ folder, devices, audit }) => {
    const crypto = soundCrypto();
    const identity = folder.identity(crypto, systemRandom);
    const { client, key } = makeApiKey({ clock: systemClock, random: systemRandom, crypto }, identity.publicKey, name, grant);
    devices.saveClient(client);
    audit.noteNew(client);
    print(options.json === true ? JSON.stringify({ event: 'key', ...described(client), key }) : key);
  });
}

/** What a key is made for, from its options. @throws UserError for options that are none */
export function readGrant(scope: string, days: string | undefined): KeyGrant & { readonly scope: 'api' | 'chat' } {
  if (scope !== 'api' && scope !== 'chat')
    throw new UserError('badScope', `--scope ${scope}: a key has no such scope.`, 'Use api or chat.');
  if (days !== undefined && !(/^[1-9]\d{0,3}$/.test(days) && Number(days) <= MAX_KEY_DAYS))
    throw new UserError(
      'badNumber',
      `--days ${days}: not 1 to ${String(MAX_KEY_DAYS)} days.`,
      'Leave --days out for a key without an end.',
    );
  return { scope, ...(days !== undefined && { days: Number(days) }) };
}

/** Prints the keys, or the other clients, that are good now, newest first. @throws like {@link createKey} */
export function listKeys(options: KeysOptions, print: Print, what: Listed = 'key'): void {
  onFolder(options, ({ registry }) => {
    for (const client of registry.paired) if (isListed(client, what)) print(clientLine(client, what, options.json === true));
  });
}

/** Revokes the key or client of this id, or of this name when one alone has it. @throws like {@link createKey} */
export function revokeKey(which: string, options: KeysOptions, print: Print, what: Listed = 'key'): void {
  onFolder(options, ({ registry, audit }) => {
    const client = chosen(registry.paired, which, what);
    registry.revoke(client.id);
    audit.note(client, 'revoked');
    print(revokedLine(client, options.json === true));
  });
}

/** What a list is of: API keys, or browsers, editors and whatever else was paired. */
export type Listed = 'key' | 'client';

/** What a list shows of a client, as the state folder has it and as the program that leads tells it. */
export type ListedClient = Pick<StoredClient, 'id' | 'name' | 'kind' | 'scope' | 'pairedAt' | 'expiresAt' | 'lastSeenAt'>;

export function isListed({ kind }: ListedClient, what: Listed): boolean {
  return (kind === 'key') === (what === 'key');
}

/** One line for one of them, or one JSON object. */
export function clientLine(client: ListedClient, what: Listed, json: boolean): string {
  if (json) return JSON.stringify({ event: what, ...described(client) });
  const { id, name, kind, scope, expiresAt, lastSeenAt } = client;
  const end = expiresAt === undefined ? 'no end' : `until ${new Date(expiresAt).toISOString()}`;
  const used = lastSeenAt === undefined ? 'never used' : `last used ${new Date(lastSeenAt).toISOString()}`;
  return `${id}  ${scope.padEnd(what === 'key' ? 4 : 6)}  ${what === 'key' ? end : kind.padEnd(6)}  ${used}  ${name}`;
}

export function revokedLine({ id, name }: ListedClient, json: boolean): string {
  return json ? JSON.stringify({ event: 'revoked', clientId: id }) : `Revoked: ${name}`;
}

/** @throws UserError where nobody, or more than one, is meant */
export function chosen<C extends ListedClient>(clients: readonly C[], which: string, what: Listed): C {
  const found = clients.filter((client) => isListed(client, what) && (client.id === which || client.name === which));
  const [client] = found;
  if (what === 'key') {
    const see = 'agent keys list';
    if (!client) throw new UserError('noSuchKey', `There is no API key ${which}.`, `See them with: ${see}`);
    if (found.length > 1) throw new UserError('manyKeys', `Several API keys are called ${which}.`, `Name one by its id: ${see}`);
    return client;
  }
  const see = 'agent clients list';
  if (!client) throw new UserError('noSuchClient', `There is no paired client ${which}.`, `See them with: ${see}`);
  if (found.length > 1) throw new UserError('manyClients', `Several paired clients are called ${which}.`, `Name one by its id: ${see}`);
  return client;
}

interface OpenFolder {
  readonly folder: StateFolder;
  readonly devices: SqliteDeviceStore;
  readonly registry: ClientRegistry;
  readonly audit: AuditTrail;
}

function onFolder({ state }: KeysOptions, act: (open: OpenFolder) => void): void {
  const owned = new DisposableStore();
  try {
    const folder = new StateFolder(state ?? defaultStateFolder());
    owned.add(lock(folder));
    const devices = owned.add(new SqliteDeviceStore(folder.deviceFile, systemClock.now()));
    const registry = owned.add(new ClientRegistry(devices, systemClock));
    const audit = owned.add(new AuditTrail({ clock: systemClock, log: nullLogger, sink: new AuditFile(folder.auditFile) }));
    act({ folder, devices, registry, audit });
  } finally {
    owned.dispose();
  }
}

/** What may be told of a key. */
export function described({ id, name, kind, scope, pairedAt, expiresAt, lastSeenAt }: ListedClient): Readonly<Record<string, unknown>> {
  return { clientId: id, name, ...(kind !== 'key' && { kind }), scope, madeAt: pairedAt, expiresAt, lastSeenAt };
}

function lock(folder: StateFolder): LeaderLock {
  try {
    return new LeaderLock(folder.lockFile);
  } catch (error) {
    if (!(error instanceof TunnelError) || error.code !== 'anotherLeads') throw error;
    const remedy = 'End the agent or close the editor for this.';
    throw new UserError('agentRunning', 'An agent or editor of this user is running.', remedy, exitCodes.failed, { cause: error });
  }
}
