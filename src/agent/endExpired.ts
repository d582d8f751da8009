import type { Disposable } from '../base/disposable.ts';
import type { DeviceTunnel } from '../tunnel/deviceTunnel.ts';
import type { ClientRegistry } from './clientRegistry.ts';
import { lastWordOf } from './deviceStore.ts';

/** Whose time is over while it is here is told so and ended, and all that runs for it. */
export function endExpired({ onDidExpire }: ClientRegistry, tunnel: Pick<DeviceTunnel, 'dismiss'>): Disposable {
  return onDidExpire((client) => {
    tunnel.dismiss(client.id, lastWordOf(client));
  });
}
