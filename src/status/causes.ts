import type { ErrorCode } from '../protocol/errors.ts';
import { errorCatalogue } from '../protocol/errors.ts';
import type { StatusAction } from './statusActions.ts';

/** A cause in at most three words, for the status bar. */
const shortWords: Partial<Record<ErrorCode, string>> = {
  relayUnreachable: 'Relay unreachable',
  relayNotFound: 'No relay there',
  relayProtocol: 'Relay fault',
  relayVersion: 'Relay version unsupported',
  relaySilent: 'Relay silent',
  relayDraining: 'Relay restarting',
  relayBusy: 'Relay busy',
  inviteRequired: 'Invite needed',
  inviteRefused: 'Invite refused',
  inviteExpired: 'Invite expired',
  proofRefused: 'Proof refused',
  duplicateDevice: 'Device already connected',
  replaced: 'Replaced elsewhere',
  badRelayUrl: 'Bad relay address',
  slowReader: 'Line too slow',
  certificate: 'Certificate problem',
  deviceOffline: 'Computer offline',
  deviceSilent: 'Computer silent',
  handshakeFailed: 'Other computer answered',
  revoked: 'Access removed',
  identityLost: 'Identity lost',
  anotherLeads: 'Another window leads',
  storeFailed: 'Cannot save chats',
};

const byHop = { page: 'Connection problem', relay: 'Relay problem', device: 'Computer problem', ollama: 'Ollama problem' } as const;

export function causeInShort(code: ErrorCode | undefined): string {
  return code === undefined ? 'Connection problem' : (shortWords[code] ?? byHop[errorCatalogue[code].hop]);
}

/** What mends it, first the best. */
export function remediesOf(code: ErrorCode | undefined): readonly StatusAction[] {
  switch (code) {
    case 'inviteRequired':
    case 'inviteRefused':
    case 'inviteExpired':
    case 'badRelayUrl':
    case 'relayNotFound':
    case 'proofRefused':
      return ['setUpRelay', 'reconnect'];
    case 'identityLost':
      return ['resetIdentity', 'runDiagnostics'];
    default:
      return ['reconnect', 'runDiagnostics'];
  }
}
