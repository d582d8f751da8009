import { concatBytes, utf8 } from '../base/bytes.ts';
import { SESSION_PROLOGUE } from '../protocol/versions.ts';

/** What a handshake is for. The matched dial-token hash tells the device which one to expect. */
export type SessionPurpose = 'pairing' | 'session';

const purposeNumbers = { pairing: 1, session: 2 } as const satisfies Record<SessionPurpose, number>;

/** What both ends must agree on before a handshake: version, purpose, and the device's key D. */
export function prologue(purpose: SessionPurpose, deviceKey: Uint8Array): Uint8Array {
  return concatBytes(utf8(SESSION_PROLOGUE), Uint8Array.of(purposeNumbers[purpose]), deviceKey);
}
