import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { CryptoPort } from '../secure/crypto.ts';
import type { Bus } from './bus.ts';
import type { BacklogBudget } from './circuits/backlogBudget.ts';
import type { DeviceRegistry } from './deviceRegistry.ts';
import type { InviteDevices } from './inviteDevices.ts';
import type { ParkedDials } from './parkedDials.ts';
import type { AdmissionPolicy, RelayLimits } from './relayConfig.ts';
import type { RelayMeter } from './relayMeter.ts';
import type { RelayRates } from './relayRates.ts';

/** What every link of one relay shares. */
export interface RelayScope {
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CryptoPort;
  readonly bus: Bus;
  readonly log: Logger;
  readonly meter: RelayMeter;
  readonly origins: readonly string[];
  readonly admission: AdmissionPolicy;
  readonly limits: RelayLimits;
  readonly devices: DeviceRegistry;
  readonly invites: InviteDevices;
  readonly parked: ParkedDials;
  readonly rates: RelayRates;
  readonly budget: BacklogBudget;
}
