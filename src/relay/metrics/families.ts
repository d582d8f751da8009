import type { LinkRole } from '../../protocol/linkFrames.ts';
import type { BusReading } from '../bus.ts';
import type { RelayCounts } from '../relayCore.ts';
import type { Family } from './exposition.ts';
import type { CounterSet, HistogramReading } from './instruments.ts';
import type { RelayMetrics, RoleMetrics } from './relayMetrics.ts';

/** The relay's process at one moment. */
export interface ProcessReading {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly cpuSeconds: number;
  readonly eventLoopDelay: HistogramReading;
}

/** What a relay is at one moment, beside what it has counted. */
export interface RelayReading {
  readonly counts: RelayCounts;
  readonly busReading: BusReading;
  readonly isDraining: boolean;
}

/** All that `/metrics` says; docs/RELAY.md has the table. */
export function familiesOf(metrics: RelayMetrics, { counts, busReading, isDraining }: RelayReading, process: ProcessReading): Family[] {
  return [
    gauge('c2l_relay_info', 'Always 1; the version of this relay is its label.', 1, { version: process.version }),
    gauge('c2l_relay_uptime_seconds', 'Since the start of this relay.', process.uptimeSeconds),
    gauge('c2l_relay_draining', '1 while the relay takes no new links and lets the others go.', isDraining ? 1 : 0),
    gauge('c2l_relay_devices', 'Devices admitted now.', counts.devices),
    byRoleNow('c2l_relay_links', 'Links open now, admitted or not.', { device: counts.deviceLinks, client: counts.clientLinks }),
    gauge('c2l_relay_circuits', 'Circuits now, those included whose last frames are still on their way to the device.', counts.circuits),
    gauge('c2l_relay_parked_dials', 'Clients that wait now for a device.', counts.parkedDials),
    gauge('c2l_relay_pending_bytes', 'Bytes that wait now for their readers.', counts.backlogBytes),
    gauge('c2l_relay_bus_up', '1 while other nodes of this relay can be reached, and where there are none.', busReading.isUp ? 1 : 0),
    gauge('c2l_relay_bus_circuits', 'Circuits now whose other end is at another node.', busReading.circuits),
    gauge('c2l_relay_bus_pending_bytes', 'Bytes now on their way to other nodes, not confirmed yet.', busReading.pendingBytes),
    counter('c2l_relay_bus_losses_total', 'Times that other nodes could no longer be reached.', metrics.busLosses.value),
    bySet('c2l_relay_bus_cuts_total', 'Circuits between nodes that were cut, by reason.', 'reason', metrics.busCuts),
    bySet('c2l_relay_upgrades_total', 'Tries to open a link, by outcome.', 'outcome', metrics.upgrades),
    byRole('c2l_relay_links_total', 'Links opened.', metrics, (of) => of.links.value),
    linkEnds(metrics),
    bySet('c2l_relay_registrations_total', 'Tries of devices to be admitted, by outcome.', 'outcome', metrics.registrations),
    bySet('c2l_relay_dials_total', 'Searches for a device, by who began them.', 'by', metrics.dials),
    counter('c2l_relay_dials_parked_total', 'Dials that had to wait because nobody served them.', metrics.dialsParked.value),
    bySet('c2l_relay_dial_outcomes_total', 'Ends of searches for a device.', 'outcome', metrics.dialOutcomes),
    counter('c2l_relay_circuits_total', 'Circuits opened.', metrics.circuits.value),
    bySet('c2l_relay_circuits_ended_total', 'Circuits ended, by who ended them.', 'by', metrics.circuitEnds),
    traffic('c2l_relay_frames_total', 'Link frames, by role of the other end and direction.', metrics, 'frames'),
    traffic('c2l_relay_bytes_total', 'Bytes of link frames, by role of the other end and direction.', metrics, 'bytes'),
    histogram('c2l_relay_first_record_seconds', 'From JOINED to the first record toward the client.', metrics.firstRecord.reading),
    histogram('c2l_relay_record_gap_seconds', 'Between two records toward one client.', metrics.gaps.reading),
    gauge('process_resident_memory_bytes', 'Memory of the process.', process.residentBytes),
    gauge('nodejs_heap_size_used_bytes', 'Heap in use.', process.heapBytes),
    counter('process_cpu_seconds_total', 'Processor time, of user and system.', process.cpuSeconds),
    histogram('c2l_relay_event_loop_delay_seconds', 'How late the process comes to what is due.', process.eventLoopDelay),
  ];
}

const roles: readonly LinkRole[] = ['device', 'client'];

function gauge(name: string, help: string, value: number, labels: Readonly<Record<string, string>> = {}): Family {
  return { name, help, type: 'gauge', samples: [{ labels, value }] };
}

function counter(name: string, help: string, value: number): Family {
  return { name, help, type: 'counter', samples: [{ value }] };
}

function histogram(name: string, help: string, reading: HistogramReading): Family {
  return { name, help, type: 'histogram', reading };
}

function bySet(name: string, help: string, label: string, set: CounterSet<string>): Family {
  return { name, help, type: 'counter', samples: set.values.map(([word, value]) => ({ labels: { [label]: word }, value })) };
}

function byRoleNow(name: string, help: string, values: Readonly<Record<LinkRole, number>>): Family {
  return { name, help, type: 'gauge', samples: roles.map((role) => ({ labels: { role }, value: values[role] })) };
}

function byRole(name: string, help: string, metrics: RelayMetrics, read: (of: RoleMetrics) => number): Family {
  return { name, help, type: 'counter', samples: roles.map((role) => ({ labels: { role }, value: read(metrics.roles[role]) })) };
}

function linkEnds(metrics: RelayMetrics): Family {
  const samples = roles.flatMap((role) => metrics.roles[role].cuts.values.map(([reason, value]) => ({ labels: { role, reason }, value })));
  return { name: 'c2l_relay_links_ended_total', help: 'Links ended, by reason.', type: 'counter', samples };
}

function traffic(name: string, help: string, metrics: RelayMetrics, unit: 'frames' | 'bytes'): Family {
  const samples = roles.flatMap((role) => {
    const of = metrics.roles[role];
    const [received, sent] = unit === 'frames' ? [of.framesIn, of.framesOut] : [of.bytesIn, of.bytesOut];
    return [
      { labels: { role, direction: 'in' }, value: received.value },
      { labels: { role, direction: 'out' }, value: sent.value },
    ];
  });
  return { name, help, type: 'counter', samples };
}
