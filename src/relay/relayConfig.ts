import type { Rate } from '../base/rateLimiter.ts';
import {
  CROWDED_RELAY,
  DIALS_PER_ADDRESS,
  FIRST_FRAME_TIMEOUT_MS,
  HEARTBEAT_INTERVAL_MS,
  JOINS_PER_DEVICE,
  LINKS_PER_ADDRESS,
  LINKS_PER_NETWORK,
  MAX_CIRCUITS_PER_HASH,
  MAX_CLIENT_BACKLOG_BYTES,
  MAX_DEVICE_QUEUE_BYTES,
  MAX_DEVICES_PER_INVITE,
  MAX_PARKED_DIALS,
  MAX_PARKED_DIALS_PER_ADDRESS,
  MAX_RATE_NAMES,
  MAX_RELAY_BACKLOG_BYTES,
  MAX_SOCKET_BACKLOG_BYTES,
  MAX_TOKENS_PER_DEVICE,
  REGISTRATIONS_PER_INVITE,
  TOKENS_PER_DEVICE,
} from '../protocol/limits.ts';

/** Who may register a device: anybody, or holders of an invite that this relay minted. */
export type AdmissionPolicy =
  { readonly kind: 'open' } | { readonly kind: 'invites'; readonly secret: Uint8Array; readonly revoked: ReadonlySet<string> };

/** Bounds of a relay; tests lower them to reach an edge. */
export interface RelayLimits {
  readonly firstFrameMs: number;
  readonly heartbeatMs: number;
  readonly tokensPerDevice: number;
  readonly circuitsPerHash: number;
  readonly parkedDials: number;
  readonly parkedDialsPerAddress: number;
  readonly linksPerAddress: Rate;
  readonly linksPerNetwork: Rate;
  readonly dialsPerAddress: Rate;
  readonly tokensRatePerDevice: Rate;
  readonly joinsPerDevice: Rate;
  readonly registrationsPerInvite: Rate;
  /** At once. */
  readonly devicesPerInvite: number;
  /** Names that each of these rates remembers. */
  readonly rateNames: number;
  /** Unsent bytes of one link before it is ended. */
  readonly linkBacklogBytes: number;
  /** Unsent bytes of a circuit toward its device before the client is no longer read. */
  readonly deviceQueueBytes: number;
  /** What the relay puts into a device's socket; the rest waits in its circuits' queues. */
  readonly deviceSocketBytes: number;
  /** Unsent bytes in the whole relay before the largest queue is shed. */
  readonly totalBacklogBytes: number;
  /** Share of that from which on no new links are taken. */
  readonly crowded: number;
  /** A circuit that a device ends sooner than this after its beginning is joined again only after as long. */
  readonly rejoinPauseMs: number;
  /** All links are told to leave and ended within this time. Below the 2 s in which the process must be gone. */
  readonly drainMs: number;
}

export const defaultRelayLimits: RelayLimits = {
  firstFrameMs: FIRST_FRAME_TIMEOUT_MS,
  heartbeatMs: HEARTBEAT_INTERVAL_MS,
  tokensPerDevice: MAX_TOKENS_PER_DEVICE,
  circuitsPerHash: MAX_CIRCUITS_PER_HASH,
  parkedDials: MAX_PARKED_DIALS,
  parkedDialsPerAddress: MAX_PARKED_DIALS_PER_ADDRESS,
  linksPerAddress: LINKS_PER_ADDRESS,
  linksPerNetwork: LINKS_PER_NETWORK,
  dialsPerAddress: DIALS_PER_ADDRESS,
  tokensRatePerDevice: TOKENS_PER_DEVICE,
  joinsPerDevice: JOINS_PER_DEVICE,
  registrationsPerInvite: REGISTRATIONS_PER_INVITE,
  devicesPerInvite: MAX_DEVICES_PER_INVITE,
  rateNames: MAX_RATE_NAMES,
  linkBacklogBytes: MAX_CLIENT_BACKLOG_BYTES,
  deviceQueueBytes: MAX_DEVICE_QUEUE_BYTES,
  deviceSocketBytes: MAX_SOCKET_BACKLOG_BYTES,
  totalBacklogBytes: MAX_RELAY_BACKLOG_BYTES,
  crowded: CROWDED_RELAY,
  rejoinPauseMs: 1_000,
  drainMs: 1_000,
};

export interface RelayConfig {
  /** The origins under which this relay may be dialled, as from `parseRelayUrl`. */
  readonly origins: readonly string[];
  readonly admission: AdmissionPolicy;
  readonly limits?: Partial<RelayLimits>;
}
