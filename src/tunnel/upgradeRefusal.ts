import type { ErrorCode } from '../protocol/errors.ts';
import type { LinkRefusal } from '../protocol/linkSocket.ts';

/** Redirects, *proxy* and *network authentication required* (RFC 9110, RFC 6585): how networks send people to a sign-in page. */
const signInStatuses: ReadonlySet<number> = new Set([302, 303, 307, 407, 511]);

/**
 * What a refused upgrade means. Only our relay's own words end a connection for good. An HTTP answer of somebody else ends it while no
 * relay was ever found at this address, for then the address is probably wrong; once the relay was there, a network stands in its place
 * for a while, and a tunnel that stopped for that would be gone for the day.
 * @param refusal HTTP status, who is older where a relay named the versions it speaks, or `certificate`
 * @param isKnown a relay has been reached at this address before
 */
export function meaningOfRefusal(refusal: LinkRefusal, isKnown: boolean): ErrorCode {
  if (refusal === 'relayOlder') return 'relayVersion';
  if (refusal === 'programOlder') return 'programOlder';
  if (refusal === 'certificate') return isKnown ? 'certificateChanged' : 'certificate';
  if (signInStatuses.has(refusal)) return 'relayIntercepted';
  if (refusal === 429 || refusal === 503) return 'relayBusy';
  if (refusal === 421 && !isKnown) return 'foreignHost';
  if (refusal >= 500) return 'relayUnreachable';
  return isKnown ? 'relayIntercepted' : 'relayNotFound';
}
