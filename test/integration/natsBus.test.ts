import assert from 'node:assert/strict';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { systemClock } from '../../src/base/clock.ts';
import { nullLogger, type Logger } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { UserError } from '../../src/base/userError.ts';
import { silentMeter } from '../../src/relay/relayMeter.ts';
import { joinCluster, type Membership } from '../../src/relay/node/nats/joinCluster.ts';
import { readNatsServers } from '../../src/relay/node/nats/natsAddress.ts';
import { NatsLine } from '../../src/relay/node/nats/natsLine.ts';
import { busConformance } from '../relay/busConformance.ts';
import { lineConformance } from '../relay/cluster/lineConformance.ts';
import { hasNatsServer, NatsServer } from './support/natsServer.ts';
import { freePort, until } from './support/stack.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** A round trip to a server on this machine takes a thousandth of it. */
const SETTLE_MS = 150;

interface Said {
  readonly log: Logger;
  readonly lines: string[];
}

function listener(): Said {
  const lines: string[] = [];
  const note = (message: string): void => void lines.push(message);
  return { lines, log: { ...nullLogger, info: note, warn: note, error: note } };
}

function startLine(url: string, log: Logger = nullLogger): Promise<NatsLine> {
  const common = { connect, name: 'test', line: 'test', clock: systemClock, random: systemRandom };
  return NatsLine.start({ ...common, servers: readNatsServers('--nats', url), log });
}

function join1(url: string, log: Logger = nullLogger): Promise<Membership> {
  const common = { clock: systemClock, random: systemRandom, meter: silentMeter };
  return joinCluster({ ...common, servers: readNatsServers('--nats', url), log });
}

it('has a nats-server to test with, on Linux', () => {
  assert.ok(hasNatsServer || process.platform !== 'linux', 'npm run setup fetches it');
});

(hasNatsServer ? describe : describe.skip)('the bus over a real NATS server', () => {
  let server: NatsServer;
  before(async () => {
    server = await NatsServer.start();
  });
  after(async () => {
    await server.kill();
  });

  describe('its lines', () => {
    lineConformance(async () => {
      const [near, far] = [await startLine(server.url), await startLine(server.url)];
      return {
        near,
        far,
        settle: () => pause(SETTLE_MS),
        async end() {
          near.dispose();
          far.dispose();
          await Promise.all([near.ended, far.ended]);
        },
      };
    });
  });

  describe('between two nodes', () => {
    busConformance(async () => {
      const members = [await join1(server.url), await join1(server.url)] as const;
      await pause(500); // all are woken when nodes arrive
      const [near, far] = members;
      return {
        near: near.bus,
        far: far.bus,
        settle: () => pause(SETTLE_MS),
        dispose() {
          void near.leave();
          void far.leave();
        },
      };
    });
  });
});
