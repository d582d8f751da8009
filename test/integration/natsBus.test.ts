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

function joinOne(url: string, log: Logger = nullLogger): Promise<Membership> {
  const common = { clock: systemClock, random: systemRandom, meter: silentMeter };
  return joinCluster({ ...common, servers: readNatsServers('--nats', url), log });
}

it('has a nats-server to test with, on Linux', () => {
  assert.ok(hasNatsServer || process.platform !== 'linux', 'npm run setup fetches it');
});

if (hasNatsServer)
  describe('the bus over a real NATS server', () => {
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
        const members = [await joinOne(server.url), await joinOne(server.url)] as const;
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

    it('is left in good order, and its outage told: lines heal by themselves, with all that they hear', async () => {
      const own = await NatsServer.start();
      const said = listener();
      const [near, far] = [await startLine(own.url, said.log), await startLine(own.url)];
      try {
        const changes: boolean[] = [];
        const heard: string[] = [];
        near.onChange((isUp) => changes.push(isUp));
        near.subscribe('test.a', ({ data }) => heard.push(String(data[0])));
        const given = near.subscribe('test.b', () => heard.push('given back'));
        await own.kill();
        await until('the end', () => !near.isUp && !far.isUp);
        far.publish('test.a', Uint8Array.of(1));
        given.dispose();
        near.subscribe('test.c', ({ data }) => heard.push(String(data[0])));
        await own.startAgain();
        await until('the return', () => near.isUp && far.isUp);
        far.publish('test.a', Uint8Array.of(2));
        far.publish('test.b', Uint8Array.of(3));
        far.publish('test.c', Uint8Array.of(4));
        await until('both', () => heard.length >= 2);
        await pause(50);
        assert.deepEqual(
          [heard, changes],
          [
            ['2', '4'],
            [false, true],
          ],
        );
        assert.deepEqual(
          said.lines.map((line) => line.split(':')[0]),
          ['NATS reached', 'NATS lost', 'NATS reached'],
        );
      } finally {
        near.dispose();
        far.dispose();
        await Promise.all([near.ended, far.ended]);
        await own.kill();
      }
    });

    it('starts before NATS does, and works when it is there', async () => {
      const port = await freePort();
      const said = listener();
      const member = await joinOne(`nats://127.0.0.1:${String(port)}`, said.log);
      assert.equal(member.bus.reading.isUp, false);
      assert.match(said.lines.join(), /cannot be reached: until it can, this relay joins its own links alone/);
      const late = await NatsServer.start([], port);
      try {
        await until('it is up', () => member.bus.reading.isUp);
      } finally {
        await member.leave();
        await late.kill();
      }
    });

    it('says that a server refuses it or takes too little, and does not repeat the password', async () => {
      const own = await NatsServer.start(['--user', 'ann', '--pass', 'hunter2']);
      const folder = mkdtempSync(join(tmpdir(), 'c2l-nats-'));
      const config = join(folder, 'nats.conf');
      writeFileSync(config, 'max_payload: 1000\n');
      const narrow = await NatsServer.start(['--config', config]);
      const fault = async (url: string): Promise<string> => {
        const error = await joinOne(url).then(
          () => assert.fail('accepted'),
          (reason: unknown) => reason,
        );
        assert.ok(error instanceof UserError && error.code === 'natsRefused', String(error));
        return error.message + error.remedy;
      };
      try {
        const at = own.url.replace('nats://', 'nats://ann:wrong-secret@');
        assert.doesNotMatch(await fault(at), /wrong-secret/);
        assert.match(await fault(own.url), /does not let this relay in/);
        assert.match(await fault(narrow.url), /takes messages of 1000 bytes/);
        const member = await joinOne(own.url.replace('nats://', 'nats://ann:hunter2@'));
        assert.equal(member.bus.reading.isUp, true);
        await member.leave();
      } finally {
        await Promise.all([own.kill(), narrow.kill()]);
        rmSync(folder, { recursive: true });
      }
    });

    it('leaves a server that goes for another one before it has gone, and hears on', async () => {
      const [a, b] = [await freePort(), await freePort()];
      const cluster = (own: number, other: number): string[] => {
        return ['--cluster', `nats://127.0.0.1:${String(own)}`, '--routes', `nats://127.0.0.1:${String(other)}`, '--cluster_name', 'test'];
      };
      const folder = mkdtempSync(join(tmpdir(), 'c2l-nats-'));
      const config = join(folder, 'nats.conf');
      writeFileSync(config, 'lame_duck_duration: "30s"\nlame_duck_grace_period: "5s"\n');
      const [first, second] = [await NatsServer.start(['--config', config, ...cluster(a, b)]), await NatsServer.start(cluster(b, a))];
      await pause(1_500); // the two find each other
      const said = listener();
      const near = await startLine(`${first.url},${second.url}`, said.log);
      const far = await startLine(second.url);
      try {
        const changes: boolean[] = [];
        const heard: number[] = [];
        near.onChange((isUp) => changes.push(isUp));
        near.subscribe('test.a', ({ data }) => heard.push(data[0] ?? 0));
        await until('heard at both', () => {
          far.publish('test.a', Uint8Array.of(0));
          return heard.length > 0;
        });
        first.child.kill('SIGUSR2');
        await until('it has moved', () => said.lines.includes('moved to another NATS server'));
        await first.kill();
        heard.length = 0;
        far.publish('test.a', Uint8Array.of(1));
        await until('heard', () => heard.includes(1));
        assert.deepEqual(changes, [], 'it was up all the time');
      } finally {
        near.dispose();
        far.dispose();
        await Promise.all([near.ended, far.ended, first.kill(), second.kill()]);
        rmSync(folder, { recursive: true });
      }
    });
  });
