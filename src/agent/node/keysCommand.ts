import { systemClock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { systemRandom } from '../../base/random.ts';
import { exitCodes, UserError } from '../../base/userError.ts';
import { TunnelError } from '../../protocol/errors.ts';
import { soundCrypto } from '../../secure/node/soundCrypto.ts';
import { makeApiKey } from '../apiKeys.ts';
import { LeaderLock } from './leaderLock.ts';
import { SqliteDeviceStore } from './sqliteDeviceStore.ts';
import { defaultStateFolder, StateFolder } from './stateFolder.ts';

export interface KeysOptions {
  readonly state?: string;
  readonly json?: boolean;
}

/**
 * Makes an API key in the state folder and prints it, once. The next agent serves it.
 * @throws UserError while an agent or an editor leads, TunnelError `identityLost`, `storeFailed`
 */
export function createKey(name: string, { state, json }: KeysOptions, print: (line: string) => void): void {
  const store = new DisposableStore();
  try {
    const crypto = soundCrypto();
    const folder = new StateFolder(state ?? defaultStateFolder());
    store.add(lock(folder));
    const devices = store.add(new SqliteDeviceStore(folder.deviceFile, systemClock.now()));
    const identity = folder.identity(crypto, systemRandom);
    const { client, key } = makeApiKey({ clock: systemClock, random: systemRandom, crypto }, identity.publicKey, name);
    devices.saveClient(client);
    print(json === true ? JSON.stringify({ event: 'key', clientId: client.id, name, key }) : key);
  } finally {
    store.dispose();
  }
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
