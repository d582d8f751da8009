import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { DeviceTunnel } from '../tunnel/deviceTunnel.ts';
import type { AuditTrail } from './auditTrail.ts';
import type { ClientRegistry } from './clientRegistry.ts';
import type { StoredClient } from './deviceStore.ts';
import type { PairingHost } from './pairingHost.ts';

export interface WatchedClients {
  readonly registry: ClientRegistry;
  readonly pairing: Pick<PairingHost, 'onDidRefuse'>;
  readonly tunnel: Pick<DeviceTunnel, 'onlineClients' | 'onDidChangeOnline'>;
}

/**
 * Audits who was let in, came, went and was kept out. What was done with a client is read off what is kept of it, so that no way of doing
 * it can be forgotten.
 */
export function watchClients({ registry, pairing, tunnel }: WatchedClients, audit: AuditTrail): Disposable {
  const store = new DisposableStore();
  const paired = (): ReadonlyMap<string, StoredClient> => new Map(registry.paired.map((client) => [client.id, client]));
  let known = paired();
  let isPaused = registry.isPaused;
  let online: ReadonlySet<string> = new Set();
  /** Who is turned away again and again is noted once in a row. */
  const turnedAway = new Map<string, string>();
  store.add(
    registry.onDidChange(() => {
      if (registry.isPaused !== isPaused) {
        isPaused = registry.isPaused;
        turnedAway.clear();
        audit.note(undefined, isPaused ? 'paused' : 'resumed');
      }
      const now = paired();
      for (const [id, client] of now) if (!known.has(id)) audit.noteNew(client);
      for (const [id, before] of known) noteChange(audit, before, registry.get(id));
      known = now;
    }),
  );
  store.add(
    registry.onDidTurnAway(({ client, reason }) => {
      if (turnedAway.get(client.id) === reason) return;
      turnedAway.set(client.id, reason);
      audit.note(client, 'turnedAway', reason);
    }),
  );
  store.add(
    tunnel.onDidChangeOnline(() => {
      const now = tunnel.onlineClients;
      for (const id of now) if (!online.has(id)) note(id, 'connected');
      for (const id of online) if (!now.has(id)) note(id, 'left');
      online = now;
    }),
  );
  store.add(
    pairing.onDidRefuse(({ name, reason }) => {
      audit.note({ name }, 'pairing', reason);
    }),
  );
  const note = (id: string, what: 'connected' | 'left'): void => {
    turnedAway.delete(id);
    const client = registry.get(id);
    if (client) audit.note(client, what);
  };
  return store;
}

function noteChange(audit: AuditTrail, before: StoredClient, now: StoredClient | undefined): void {
  if (!now || before === now) return;
  if (now.name !== before.name) audit.note(now, 'renamed', 'ok', { before: before.name });
  if (now.scope !== before.scope) audit.note(now, 'scope', 'ok', { before: before.scope, scope: now.scope });
  if (now.state === 'revoked') audit.note(now, 'revoked');
  if (now.state === 'expired') audit.note(now, now.kind === 'key' ? 'keyExpired' : 'unused');
}
