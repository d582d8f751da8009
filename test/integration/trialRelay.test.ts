import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeAgent, type NodeAgent } from '../../src/agent/node/createNodeAgent.ts';
import { nullLogger } from '../../src/base/log.ts';
import { firstFailure, wasCancelled, type Diagnosis } from '../../src/protocol/diagnosis.ts';
import { prepareTrialRelay } from '../../src/relay/node/trialLaunch.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { CliProcess, runners } from './relayProcess.ts';
import * as faulty from './support/faultyRelays.ts';

/** Takes the usual port, unless somebody has it already. */
async function occupy(port: number): Promise<Server> {
  const server = createServer();
  await new Promise((resolve) => {
    server.once('error', resolve);
    server.listen(port, '127.0.0.1', () => {
      resolve(undefined);
    });
  });
  return server;
}

describe('setting up a relay', () => {
  let folder: string;
  let node: NodeAgent;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-setup-'));
    node = createNodeAgent({ stateFolder: folder, bus: new StatusBus(), log: nullLogger, ollama: () => ({ url: 'http://127.0.0.1:1' }) });
  });
  after(() => {
    node.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  const verdict = (found: Diagnosis): string => {
    const failed = firstFailure(found);
    return failed ? `${failed.hop} ${failed.error}` : 'admitted';
  };
  const probe = async (origin: string, invite?: string): Promise<string> => verdict(await node.agent.probeRelay(origin, invite));

  for (const runner of runners)
    it(`runs a trial relay in an environment of its own, which takes this device in and nobody without its invite (${runner.name})`, async () => {
      process.env['C2L_HOST'] = '0.0.0.0'; // what the person has set for another relay must not open this one
      const launch = await prepareTrialRelay(runner.cli, runner.node);
      delete process.env['C2L_HOST'];
      const relay = spawn(launch.program, launch.args, { env: launch.environment, stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = once(relay, 'close');
      let said = '';
      relay.stdout.on('data', (part: Buffer) => (said += part.toString()));
      try {
        while (!said.includes('listens')) await Promise.race([once(relay.stdout, 'data'), ended]);
        assert.ok(said.includes(launch.origin), said);
        assert.ok(!said.includes(launch.environment['C2L_SECRET'] ?? assert.fail()), 'the secret is not shown');
        assert.deepEqual(
          [await probe(launch.origin, launch.invite), await probe(launch.origin), await probe(launch.origin, `${launch.invite}x`)],
          ['admitted', 'admission inviteRequired', 'admission inviteRefused'],
        );
        assert.equal(node.agent.relay, undefined, 'nothing is kept');
        await node.agent.setRelay(launch.origin, launch.invite);
        await node.agent.connect();
        assert.equal(await probe(launch.origin, launch.invite), 'admitted');
        assert.equal(node.agent.bus.current.state, 'connected', 'a look takes nobody’s place');
      } finally {
        node.agent.disconnect();
        await node.agent.setRelay('https://nowhere.invalid');
        rmSync(join(folder, 'relay.json'));
        relay.kill('SIGTERM');
        await ended;
      }
      assert.deepEqual([relay.exitCode, relay.signalCode], [0, null]);
      node.dispose();
      node = createNodeAgent({ stateFolder: folder, bus: new StatusBus(), log: nullLogger });
    });

  it('takes another port for a trial relay when the usual one is taken', async () => {
    const other = await occupy(8787);
    try {
      const { origin, args } = await prepareTrialRelay('/cli.mjs');
      assert.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.notEqual(new URL(origin).port, '8787');
      assert.deepEqual(args.slice(0, 4), ['/cli.mjs', 'relay', '--host', '127.0.0.1']);
    } finally {
      other.close();
    }
  });

  for (const [start, scheme, expected] of [
    [faulty.webServer, 'http', 'relay relayNotFound'],
    [faulty.relayOfAnotherVersion, 'http', 'link programOlder'],
    [faulty.selfSignedServer, 'https', 'certificate certificate'],
    [faulty.relayWithoutUpgrade, 'http', 'link relayNotFound'],
  ] as const)
    it(`finds ${expected} before anything is stored`, async () => {
      const server = await start();
      try {
        assert.equal(await probe(`${scheme}://127.0.0.1:${String(server.port)}`), expected);
        assert.equal(node.agent.relay, undefined);
      } finally {
        await server.stop();
      }
    });

  it('needs no invite at an open relay, and can be called off', async () => {
    const [runner = assert.fail()] = runners;
    const relay = new CliProcess(runner, ['relay', '--json', '--open', '--port', '0']);
    try {
      const url = String((await relay.event('listening'))['url']);
      assert.equal(await probe(url), 'admitted');
      const found = await node.agent.probeRelay(url, undefined, { signal: AbortSignal.abort() });
      assert.ok(wasCancelled(found));
    } finally {
      await relay.kill();
    }
  });
});
