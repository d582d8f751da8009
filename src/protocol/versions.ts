import { noted } from '../base/say.ts';

/** WebSocket subprotocol of every link (RFC 6455, section 1.9); its number is the version of the link frames. */
export const LINK_SUBPROTOCOL = 'c2l.v1';

/** Which of the two ends is older, by the subprotocols that a relay names where it knows none that was offered; undefined: neither, or it names none. */
export function olderOf(named: string): 'relay' | 'program' | undefined {
  const numbers = named.split(',').flatMap((name) => /^\s*c2l\.v(\d{1,4})\s*$/.exec(name)?.[1] ?? []);
  const own = Number(LINK_SUBPROTOCOL.slice('c2l.v'.length));
  if (numbers.length === 0 || numbers.some((number) => Number(number) === own)) return undefined;
  return numbers.some((number) => Number(number) > own) ? 'program' : 'relay';
}

/** First bytes of every Noise prologue; the number is the version of session, mux and streams. */
export const SESSION_PROLOGUE = 'c2l1';

/** Version of the chat contract. Additive; this build speaks it and one before. */
export const CHAT_VERSION = 1;
export const CHAT_VERSION_OLDEST = 1;

/** What a hub says beside `chatVersion`, so that a person knows what to update. */
export const chatVersionFaults = { hubOlder: noted('the computer is older'), viewOlder: noted('the page is older') } as const;

/** Version of what windows say to each other over their pipe. Additive; this build speaks it and one before. */
export const PIPE_VERSION = 1;
export const PIPE_VERSION_OLDEST = 1;

/** Version of this product, also in package.json; `npm run check` compares the two. */
export const PRODUCT_VERSION = '0.1.0';
