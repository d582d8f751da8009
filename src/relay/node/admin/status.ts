import * as v from 'valibot';
import { PRODUCT_VERSION } from '../../../protocol/versions.ts';
import type { BusReading } from '../../bus.ts';
import type { RelayMetrics } from '../../metrics/relayMetrics.ts';
import type { RelayCore } from '../../relayCore.ts';

/** Of more devices those with the most traffic are named, and the rest counted. */
const MAX_DEVICES = 1_000;

const count = v.pipe(v.number(), v.finite(), v.minValue(0));
/** Counts under words of closed sets: letters alone, so that nothing moves a terminal's cursor. */
const countsByWord = v.record(v.pipe(v.string(), v.regex(/^[A-Za-z]{1,32}$/)), count);
const traffic = { framesIn: count, bytesIn: count, framesOut: count, bytesOut: count };

/** What `GET /status` answers. No name stands in it, no address, no whole key. Fields may be added, none changes its meaning. */
export const relayStatus = v.object({
  version: v.pipe(v.string(), v.regex(/^[0-9A-Za-z.+-]{1,64}$/)),
  uptimeSeconds: count,
  draining: v.boolean(),
  now: v.object({
    devices: count,
    deviceLinks: count,
    clientLinks: count,
    circuits: count,
    parkedDials: count,
    backlogBytes: count,
  }),
  /** What joins this node with others; `cuts`: of circuits between nodes, since the start. Left out by a relay that knows no other nodes. */
  bus: v.optional(v.object({ isUp: v.boolean(), circuits: count, nodes: count, pendingBytes: count, losses: count, cuts: countsByWord })),
  /** Since the start, by outcome or reason; what never happened is left out. */
  upgrades: countsByWord,
  registrations: countsByWord,
  dials: countsByWord,
  cuts: v.object({ device: countsByWord, client: countsByWord }),
  traffic: v.object({ device: v.object(traffic), client: v.object(traffic) }),
  /** Admitted now, the busiest first. `id`: as the log has it. `circuits`: of them. */
  devices: v.array(
    v.object({ id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{8}$/)), link: count, connectedSeconds: count, circuits: count, ...traffic }),
  ),
  /** Devices that found no room in the list. */
  moreDevices: count,
});
export type RelayStatus = v.InferOutput<typeof relayStatus>;

export function statusOf(
  core: Pick<RelayCore, 'counts' | 'busReading' | 'isDraining' | 'deviceReadings'>,
  metrics: RelayMetrics,
  uptimeSeconds: number,
): RelayStatus {
  const all = core.deviceReadings.sort((a, b) => b.bytesIn + b.bytesOut - (a.bytesIn + a.bytesOut) || a.link - b.link);
  const { device, client } = metrics.roles;
  return {
    version: PRODUCT_VERSION,
    uptimeSeconds: milliseconds(uptimeSeconds),
    draining: core.isDraining,
    now: core.counts,
    ...(core.busReading.kind === 'nats' ? { bus: busOf(core.busReading, metrics) } : {}),
    upgrades: happened(metrics.upgrades.values),
    registrations: happened(metrics.registrations.values),
    dials: happened(metrics.dialOutcomes.values),
    cuts: { device: happened(device.cuts.values), client: happened(client.cuts.values) },
    traffic: { device: trafficOf(device), client: trafficOf(client) },
    devices: all
      .slice(0, MAX_DEVICES)
      .map(({ connectedMs, ...reading }) => ({ ...reading, connectedSeconds: milliseconds(connectedMs / 1000) })),
    moreDevices: Math.max(0, all.length - MAX_DEVICES),
  };
}

function busOf({ isUp, circuits, nodes, pendingBytes }: BusReading, metrics: RelayMetrics): RelayStatus['bus'] {
  return { isUp, circuits, nodes, pendingBytes, losses: metrics.busLosses.value, cuts: happened(metrics.busCuts.values) };
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

function happened(values: readonly (readonly [string, number])[]): Record<string, number> {
  return Object.fromEntries(values.filter(([, times]) => times > 0));
}

function trafficOf(of: RelayMetrics['roles']['device']): RelayStatus['traffic']['device'] {
  return { framesIn: of.framesIn.value, bytesIn: of.bytesIn.value, framesOut: of.framesOut.value, bytesOut: of.bytesOut.value };
}
