import { errorCatalogue, type ErrorCode, type ErrorEntry } from './errors.ts';

const entries = Object.entries(errorCatalogue) as [ErrorCode, ErrorEntry][];

/** The WebSocket close codes of links and what they mean, from the error catalogue, in the order of their numbers. */
export const linkCloseCodes: ReadonlyMap<number, ErrorCode> = new Map(
  entries.flatMap(([code, { close }]) => (close === undefined ? [] : [[close, code] as const])).sort(([a], [b]) => a - b),
);

/** What a close code means; codes that are not ours (1001, 1006, 1009, 1011 …) read as an unreachable relay. */
export function closeCodeMeaning(code: number): ErrorCode {
  return linkCloseCodes.get(code) ?? 'relayUnreachable';
}

/** By which code a link is closed because of `error`; what has none of its own is nonsense on the wire. */
export function closeCodeFor(error: ErrorCode): number {
  const entry: ErrorEntry = errorCatalogue[error];
  return entry.close ?? errorCatalogue.relayProtocol.close;
}
