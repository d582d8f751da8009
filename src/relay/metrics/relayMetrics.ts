import type { LinkRole } from '../../protocol/linkFrames.ts';
import {
  busCuts,
  circuitEnders,
  dialOutcomes,
  diallers,
  linkCuts,
  registrationOutcomes,
  upgradeOutcomes,
  type BusCut,
  type CircuitEnder,
  type Dialler,
  type DialOutcome,
  type LinkCut,
  type RegistrationOutcome,
  type RelayMeter,
  type UpgradeOutcome,
} from '../relayMeter.ts';
import { Counter, CounterSet, Histogram } from './instruments.ts';

/** A circuit's first record is the device's answer to a handshake: a round trip and the curve. */
const FIRST_RECORD_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** From models that speak faster than one can read to a load of a minute. */
const GAP_BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What is counted of one role's links. */
export class RoleMetrics {
  readonly links = new Counter();
  readonly cuts = new CounterSet<LinkCut>(linkCuts);
  readonly framesIn = new Counter();
  readonly bytesIn = new Counter();
  readonly framesOut = new Counter();
  readonly bytesOut = new Counter();
}

/** Counts what a relay does since its start. Bounded: every series exists from the beginning, and there are no others. */
export class RelayMetrics implements RelayMeter {
  readonly upgrades = new CounterSet<UpgradeOutcome>(upgradeOutcomes);
  readonly registrations = new CounterSet<RegistrationOutcome>(registrationOutcomes);
  readonly dials = new CounterSet<Dialler>(diallers);
  readonly dialsParked = new Counter();
  readonly dialOutcomes = new CounterSet<DialOutcome>(dialOutcomes);
  readonly circuits = new Counter();
  readonly circuitEnds = new CounterSet<CircuitEnder>(circuitEnders);
  readonly busCuts = new CounterSet<BusCut>(busCuts);
  readonly busLosses = new Counter();
  readonly firstRecord = new Histogram(FIRST_RECORD_BOUNDS);
  readonly gaps = new Histogram(GAP_BOUNDS);
  readonly roles: Readonly<Record<LinkRole, RoleMetrics>> = { device: new RoleMetrics(), client: new RoleMetrics() };

  upgraded(outcome: UpgradeOutcome): void {
    this.upgrades.add(outcome);
  }

  linkOpened(role: LinkRole): void {
    this.roles[role].links.add();
  }

  linkEnded(role: LinkRole, cut: LinkCut): void {
    this.roles[role].cuts.add(cut);
  }

  registered(outcome: RegistrationOutcome): void {
    this.registrations.add(outcome);
  }

  dialBegan(by: Dialler): void {
    this.dials.add(by);
  }

  dialWaited(): void {
    this.dialsParked.add();
  }

  dialEnded(outcome: DialOutcome): void {
    this.dialOutcomes.add(outcome);
  }

  circuitOpened(): void {
    this.circuits.add();
  }

  circuitEnded(by: CircuitEnder): void {
    this.circuitEnds.add(by);
  }

  busCut(reason: BusCut): void {
    this.busCuts.add(reason);
  }

  busLost(): void {
    this.busLosses.add();
  }

  received(role: LinkRole, bytes: number): void {
    const of = this.roles[role];
    of.framesIn.add();
    of.bytesIn.add(bytes);
  }

  sent(role: LinkRole, bytes: number): void {
    const of = this.roles[role];
    of.framesOut.add();
    of.bytesOut.add(bytes);
  }

  firstRecordAfter(ms: number): void {
    this.firstRecord.observeMs(ms);
  }

  recordGap(ms: number): void {
    this.gaps.observeMs(ms);
  }
}
