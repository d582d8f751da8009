import { BackgroundFault } from '../../../protocol/backgroundAgent.ts';
import { LaunchdManager } from './launchdPlist.ts';
import type { ServiceManager } from './serviceManager.ts';
import type { System } from './system.ts';
import { SystemdManager } from './systemdUnit.ts';
import { TaskManager } from './taskXml.ts';

/** What runs services for a user of this system. @param folder of the background agent @throws BackgroundFault `unsupported` */
export function managerOf(system: System, folder: string): ServiceManager {
  switch (system.platform) {
    case 'linux':
      return new SystemdManager(system);
    case 'darwin':
      return new LaunchdManager(system);
    case 'win32':
      return new TaskManager(system, folder);
    default:
      throw new BackgroundFault('unsupported', system.platform);
  }
}
