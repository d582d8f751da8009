import { connect } from '@nats-io/transport-node';
import { toHex } from '../../../base/bytes.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import { exitCodes, UserError } from '../../../base/userError.ts';
import type { Bus } from '../../bus.ts';
import { NODE_NAME_BYTES } from '../../cluster/busFrames.ts';
import { ClusterBus } from '../../cluster/clusterBus.ts';
import type { RelayMeter } from '../../relayMeter.ts';
import type { NatsServer } from './natsAddress.ts';
import { NatsLine } from './natsLine.ts';

export interface JoinOptions {
  readonly servers: readonly NatsServer[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly meter: RelayMeter;
}

/** This relay as one node of several. */
export interface Membership {
  readonly bus: Bus;
  /** Leaves in good order; resolves when the connections have ended. */
  leave(): Promise<void>;
}

/**
 * Connects to NATS, once for who serves what and once for circuits. Where no server can be reached the relay starts all the same, joins its own links
 * alone and goes on trying. @throws UserError when a server refuses it
 */
export async function joinCluster(options: JoinOptions): Promise<Membership> {
  const { servers, clock, random, log, meter } = options;
  const node = toHex(random.bytes(NODE_NAME_BYTES));
  const start = (line: string): Promise<NatsLine> =>
    NatsLine.start({ connect, servers, name: `cloudtolocalllm ${node} ${line}`, line, clock, random, log });
  const started = await Promise.allSettled([start('control'), start('data')]);
  const lines = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const [control, data] = lines;
  if (!control || !data) {
    for (const line of lines) line.dispose();
    await Promise.all(lines.map(({ ended }) => ended));
    const failed = started.find((result) => result.status === 'rejected');
    throw refused(failed?.reason);
  }
  if (!control.isUp || !data.isUp) log.warn('NATS cannot be reached: until it can, this relay joins its own links alone', { node });
  const bus = new ClusterBus({
    ...{ node, control, data, clock, random, meter },
    onError: (error) => {
      log.error('bus handler failed', { error: error instanceof Error ? error.name : typeof error });
    },
  });
  return {
    bus,
    async leave() {
      bus.dispose();
      await Promise.all([control.ended, data.ended]);
    },
  };
}

function refused(cause: unknown): UserError {
  const what = cause instanceof Error ? cause.message : 'The NATS server refuses this relay';
  return new UserError(
    'natsRefused',
    `${what}.`,
    'Look at user, password and max_payload in the NATS server’s configuration, and at --nats.',
    exitCodes.failed,
    { cause },
  );
}
