import type { ErrorCode } from './errors.ts';

/**
 * WebSocket close codes of links (RFC 6455, section 7.4.2: 4000 to 4999 are private). 44xx: stop and ask the user; 45xx: try again;
 * 46xx: replaced. The table in docs/PROTOCOL.md is checked against this one.
 */
export const linkCloseCodes = {
  4400: 'relayProtocol',
  4401: 'inviteRequired',
  4402: 'inviteRefused',
  4403: 'inviteExpired',
  4404: 'proofRefused',
  4405: 'relayVersion',
  4500: 'relaySilent',
  4501: 'relayDraining',
  4502: 'relayBusy',
  4503: 'slowReader',
  4600: 'replaced',
  4601: 'duplicateDevice',
} as const satisfies Record<number, ErrorCode>;

export type LinkCloseCode = keyof typeof linkCloseCodes;

/** What a close code means; codes that are not ours (1001, 1006, 1009, 1011 …) read as an unreachable relay. */
export function closeCodeMeaning(code: number): ErrorCode {
  return (linkCloseCodes as Readonly<Record<number, ErrorCode>>)[code] ?? 'relayUnreachable';
}

export function closeCodeFor(error: ErrorCode): number {
  for (const [code, meaning] of Object.entries(linkCloseCodes)) if (meaning === error) return Number(code);
  return 4400;
}
