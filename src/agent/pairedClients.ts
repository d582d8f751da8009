import type { PairedClient } from '../protocol/agentControl.ts';
import type { DeviceTunnel } from '../tunnel/deviceTunnel.ts';
import type { StoredClient } from './deviceStore.ts';

/** The clients that may come, as people see them: with who is there now, and how far away. */
export function pairedClients(
  clients: readonly StoredClient[],
  tunnel: Pick<DeviceTunnel, 'onlineClients' | 'roundTripTo'>,
): readonly PairedClient[] {
  const online = tunnel.onlineClients;
  return clients.map(({ id, name, kind, scope, pairedAt, lastSeenAt }) => {
    const rttMs = tunnel.roundTripTo(id);
    const measured = { ...(lastSeenAt === undefined ? {} : { lastSeenAt }), ...(rttMs === undefined ? {} : { rttMs }) };
    return { id, name, kind, scope, pairedAt, ...measured, online: online.has(id) };
  });
}
