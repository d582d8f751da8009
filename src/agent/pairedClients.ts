import { MAX_TOKENS_PER_DEVICE } from '../protocol/limits.ts';
import { isGuest } from '../conversation/ports.ts';
import type { PairedClient } from '../protocol/agentControl.ts';
import type { DeviceTunnel } from '../tunnel/deviceTunnel.ts';
import type { StoredClient } from './deviceStore.ts';

/** The clients that may come, as people see them: with who is there now, and how far away. */
export function pairedClients(
  clients: readonly StoredClient[],
  tunnel: Pick<DeviceTunnel, 'onlineClients' | 'roundTripTo'>,
): readonly PairedClient[] {
  const online = tunnel.onlineClients;
  return clients.map(({ id, name, kind, scope, owner, pairedAt, lastSeenAt, expiresAt }) => {
    const rttMs = tunnel.roundTripTo(id);
    const measured = { ...(lastSeenAt === undefined ? {} : { lastSeenAt }), ...(rttMs === undefined ? {} : { rttMs }) };
    const end = expiresAt === undefined ? {} : { expiresAt };
    const person = isGuest(owner) ? { isGuest: true as const } : {};
    return { id, name, kind, scope, ...person, pairedAt, ...measured, ...end, online: online.has(id) };
  });
}

/** What the relay is told of: all that is wanted now, and of the clients as many as fit beside it. */
export function tokensOf(clients: readonly Uint8Array[], now: readonly Uint8Array[]): Uint8Array[] {
  return [...clients.slice(0, MAX_TOKENS_PER_DEVICE - now.length), ...now];
}
