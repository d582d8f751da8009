import { assertNever } from '../base/assertNever.ts';
import { hopLevels, type HopLevel, type OllamaState, type TunnelConnectionState } from '../protocol/status.ts';

/** Silence of a live link after which nothing is known of it, ms. */
export const PROOF_LIFETIME_MS = 25_000;

/** What is known of each hop. A hop that is not in use has no level and counts for nothing. */
export interface HopLevels {
  readonly relay?: HopLevel;
  readonly ollama?: HopLevel;
}

/** @param lastActivity wall clock of the last frame; without one nothing has been proved */
export function relayLevel(state: TunnelConnectionState, lastActivity: number | undefined, now: number): HopLevel {
  switch (state) {
    case 'connecting':
    case 'reconnecting':
      return 'waiting';
    case 'connected':
    case 'streaming':
      return lastActivity !== undefined && now - lastActivity <= PROOF_LIFETIME_MS ? 'up' : 'unknown';
    case 'disconnected':
    case 'error':
      return 'down';
    default:
      return assertNever(state);
  }
}

export function ollamaLevel(state: OllamaState): HopLevel {
  if (state === 'ok') return 'up';
  return state === 'unknown' ? 'unknown' : 'down';
}

/** The worst of the hops in use; `unknown` when there is none. */
export function overallLevel(hops: HopLevels): HopLevel {
  const levels = [hops.relay, hops.ollama].filter((level) => level !== undefined);
  return hopLevels.find((level) => levels.includes(level)) ?? 'unknown';
}
