import { systemClock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { nullLogger } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import { exitCodes, UserError } from '../../base/userError.ts';
import { MAX_KEY_DAYS } from '../../protocol/agentControl.ts';
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

type Print = (line: string) => void;

/**
 * Makes an API key in the state folder and prints it, once. The next agent serves it.
 * @throws UserError while an agent or an editor leads and for options that are none, TunnelError `identityLost`, `storeFailed`
 */
export function createKey(name: string, { scope = 'api', days, ...options }: CreateKeyOptions, print: Print): void {
  if (scope !== 'api' && scope !== 'chat')
    throw new UserError('badScope', `--scope ${scope}: a key has no such scope.`, 'Use api or chat.');
  if (days !== undefined && !(/^[1-9]\d{0,3}$/.test(days) && Number(days) <= MAX_KEY_DAYS))
    throw new UserError(
      'badNumber',
      `--days ${days}: not 1 to ${String(MAX_KEY_DAYS)} days.`,
      'Leave --days out for a key without an end.',
    );
  onFolder(options, ({ folder, devices, audit }) => {
    const crypto = soundCrypto();
    const identity = folder.identity(crypto, systemRandom);
    const grant = { scope, ...(days !== undefined && { days: Number(days) }) } as const;
    const { client, key } = makeApiKey({ clock: systemClock, random: systemRandom, crypto }, identity.publicKey, name, grant);
    devices.saveClient(client);
    audit.noteNew(client);
    print(options.json === true ? JSON.stringify({ event: 'key', ...described(client), key }) : key);
  });
}

/** Prints the keys that are good now, newest first. @throws like {@link createKey} */
export function listKeys(options: KeysOptions, print: Print): void {
  onFolder(options, ({ registry }) => {
    for (const client of keysOf(registry)) {
      const { id, name, scope, expiresAt, lastSeenAt } = client;
      const end = expiresAt === undefined ? 'no end' : `until ${new Date(expiresAt).toISOString()}`;
      const used = lastSeenAt === undefined ? 'never used' : `last used ${new Date(lastSeenAt).toISOString()}`;
      if (options.json === true) print(JSON.stringify({ event: 'key', ...described(client) }));
      else print(`${id}  ${scope.padEnd(4)}  ${end}  ${used}  ${name}`);
    }
  });
}

/** Revokes the key of this id, or of this name when one key alone has it. @throws like {@link createKey} */
export function revokeKey(which: string, options: KeysOptions, print: Print): void {
  onFolder(options, ({ registry, audit }) => {
    const found = keysOf(registry).filter(({ id, name }) => id === which || name === which);
    const [client] = found;
    if (!client) throw new UserError('noSuchKey', `There is no API key ${which}.`, 'See them with: agent keys list');
    if (found.length > 1) throw new UserError('manyKeys', `Several API keys are called ${which}.`, 'Name one by its id: agent keys list');
    registry.revoke(client.id);
    audit.note(client, 'revoked');
    print(options.json === true ? JSON.stringify({ event: 'revoked', clientId: client.id }) : `Revoked: ${client.name}`);
  });
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
    const audit = new AuditTrail({ clock: systemClock, log: nullLogger, sink: new AuditFile(folder.auditFile) });
    act({ folder, devices, registry, audit });
  } finally {
    owned.dispose();
  }
}

function keysOf(registry: ClientRegistry): readonly StoredClient[] {
  return registry.paired.filter(({ kind }) => kind === 'key');
}

/** What may be told of a key. */
function described({ id, name, scope, pairedAt, expiresAt, lastSeenAt }: StoredClient): Readonly<Record<string, unknown>> {
  return { clientId: id, name, scope, madeAt: pairedAt, expiresAt, lastSeenAt };
}

function lock(folder: StateFolder): LeaderLock {
  try {
    return new LeaderLock(folder.lockFile);
  } catch (error) {
    if (!(error instanceof TunnelError) || error.code !== 'anotherLeads') throw error;
    const remedy = 'Where `agent --pair` runs, type `k NAME`. Else end the agent or close the editor for this.';
    throw new UserError('agentRunning', 'An agent or editor of this user is running.', remedy, exitCodes.failed, { cause: error });
  }
}
