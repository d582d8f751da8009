import { systemClock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { nullLogger } from '../../base/log.ts';
import { AuditTrail } from '../auditTrail.ts';
import { AuditFile } from './auditFile.ts';
import { LeaderLock } from './leaderLock.ts';
import { SqliteDeviceStore } from './sqliteDeviceStore.ts';
import { defaultStateFolder, StateFolder } from './stateFolder.ts';

/**
 * Makes the device of this state folder another one: its key and all that is paired with it are gone, chats and relay stay. The next agent makes
 * the new key. What is paired goes first, so that a program that ends in between leaves nobody paired with a key that is not there.
 * @throws TunnelError `anotherLeads` while an agent runs on the folder, `storeFailed`
 */
export function resetIdentity(stateFolder: string = defaultStateFolder()): void {
  const owned = new DisposableStore();
  try {
    const folder = new StateFolder(stateFolder);
    owned.add(new LeaderLock(folder.lockFile));
    const devices = owned.add(new SqliteDeviceStore(folder.deviceFile, systemClock.now()));
    for (const { id } of devices.clients()) devices.removeClient(id);
    folder.forgetIdentity();
    const sink = new AuditFile(folder.auditFile);
    owned.add(new AuditTrail({ clock: systemClock, log: nullLogger, sink })).note(undefined, 'identityReset');
  } finally {
    owned.dispose();
  }
}
