import type { IncomingHttpHeaders } from 'node:http';

/**
 * The address that counts for limits: the peer's own or, behind `trustedHops` proxies, the one that the outermost of them reports.
 * Counted from the right, for whatever stands further left a stranger may have written.
 */
export function remoteAddressOf(peer: string | undefined, headers: IncomingHttpHeaders, trustedHops: number): string {
  const own = peer ?? 'unknown';
  if (trustedHops === 0) return own;
  const forwarded = headers['x-forwarded-for'];
  const reported = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',').map((part) => part.trim());
  const chain = [...reported.filter((part) => part !== ''), own];
  return chain[Math.max(0, chain.length - 1 - trustedHops)] ?? own;
}

/** Somebody before us reports addresses that we were not told to believe: the operator is told once. */
export function hasUntrustedForwarding(headers: IncomingHttpHeaders, trustedHops: number): boolean {
  return trustedHops === 0 && (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined);
}
