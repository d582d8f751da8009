import { parseRelayUrl, relayPaths } from '../protocol/relayUrl.ts';

/** What a person pasted: an address, or a join link with the invite in it. */
export interface RelayInvitation {
  readonly origin: string;
  readonly invite?: string;
}

/**
 * Reads `https://relay.example` or `https://relay.example/join#<invite>`.
 * @throws TunnelError `badRelayUrl`, with what is wrong as its detail
 */
export function parseRelayInvitation(text: string): RelayInvitation {
  const [address = '', ...rest] = text.trim().split('#');
  const fragment = rest.join('#');
  const isJoinLink = address.endsWith(relayPaths.join);
  const origin = parseRelayUrl(isJoinLink ? address.slice(0, -relayPaths.join.length) : address);
  return isJoinLink && fragment !== '' ? { origin, invite: decodeURIComponentLoosely(fragment) } : { origin };
}

function decodeURIComponentLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
