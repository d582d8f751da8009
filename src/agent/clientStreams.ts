import type { Logger } from '../base/log.ts';
import type { Hub } from '../conversation/hub.ts';
import type { Mux } from '../mux/mux.ts';
import type { AuditTrail } from './auditTrail.ts';
import { serveChat } from './chatServer.ts';
import type { ClientRegistry } from './clientRegistry.ts';
import type { RemoteRules } from '../protocol/remoteRules.ts';
import type { LastWord } from '../tunnel/circuitMatch.ts';
import { lastWordOf } from './deviceStore.ts';
import type { HttpRecord } from './httpLedger.ts';
import type { HttpServer } from './httpServer.ts';

export interface ClientServices {
  readonly hub: Hub;
  /** Absent where `http` streams are refused. */
  readonly http: HttpServer | undefined;
  readonly registry: ClientRegistry;
  /** What the machine's owner lets clients do; read for each stream. */
  readonly rules: () => RemoteRules;
  readonly audit: AuditTrail | undefined;
  /** Is the client at its line now? */
  readonly isHere: () => boolean;
  readonly log: Logger;
}

/** Serves the streams that a client opens on one of its muxes, as what it is and may do at that moment. */
export function serveStreams(mux: Mux, clientId: string, { hub, http, registry, rules, audit, isHere, log }: ClientServices): void {
  mux.onStream((stream) => {
    const client = registry.get(clientId);
    const refuse = (reason: LastWord | 'notAllowed'): void => {
      if (client) audit?.note(client, 'stream', reason, { kind: stream.kind });
      stream.reset(reason);
    };
    const lastWord = client ? lastWordOf(client) : 'revoked';
    if (!client || lastWord) {
      refuse(lastWord ?? 'revoked');
      return;
    }
    const { id, owner, name, kind } = client;
    const { modelManagement, cloudModels, maxContextLength } = rules();
    const scope = client.scope === 'models' && !modelManagement ? 'chat' : client.scope;
    const asker = { scope, cloudModels, maxContextLength };
    const who = {
      id,
      get name() {
        return registry.get(id)?.name ?? client.name;
      },
    };
    if (stream.kind === 'chat') {
      // what it asks past the hub counts as well
      const maxGenerations = (): number => rules().maxGenerations - (http?.runsOf(id) ?? 0);
      const peer = {
        owner,
        name,
        isHere,
        ...asker,
        // conversations are no key's business, whatever it may ask Ollama
        ...(kind === 'key' ? { scope: 'api' as const } : {}),
        client: { id, maxGenerations },
        ...(audit && { onOutcome: audit.noteChat.bind(audit, who) }),
      };
      serveChat(hub, stream, peer, log, (reason) => audit?.note(who, 'stream', reason, { kind: 'chat' }));
    } else if (stream.kind === 'http' && http) {
      const onRequest =
        audit &&
        (({ status, error, ...more }: HttpRecord) => {
          audit.note(who, 'http', status ?? error ?? 'ended', more);
        });
      const maxRuns = (): number => rules().maxGenerations - hub.generationsOf(id);
      http.serve(stream, mux, { id, ...asker, ...(scope === 'api' ? {} : { maxRuns }), ...(onRequest && { onRequest }) });
    } else refuse('notAllowed');
  });
}
