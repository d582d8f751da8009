import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runDoctor, type DoctorOptions } from '../../src/agent/node/doctorCommand.ts';
import { createNodeAgent } from '../../src/agent/node/createNodeAgent.ts';
import { StateFolder } from '../../src/agent/node/stateFolder.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { nullLogger } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { firstFailure, type DiagnosisHop } from '../../src/protocol/diagnosis.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import { mintInvite } from '../../src/secure/invite.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { startFakeOllama, type FakeOllama, type FakeOllamaOptions } from '../standin/startFakeOllama.ts';
import { selfSigned } from '../tunnel/node/selfSigned.ts';
import { CliProcess, runners } from './relayProcess.ts';
import * as faulty from './support/faultyRelays.ts';
import { freePort } from './support/stack.ts';

const [runner = assert.fail()] = runners;
const SECRET = 'a secret of the relay, for this test';
const DAY_S = 86_400;
const invite = (notAfterDays: number): string =>
  mintInvite(nodeCrypto, utf8(SECRET), 'desk', Math.floor(Date.now() / 1000) + notAfterDays * DAY_S);

/** What one fault needs; what is opened is put into `ends`. */
interface Stage {
  readonly relay: string;
  readonly ollama: FakeOllama;
  readonly state: string;
  readonly ends: (() => Promise<void> | void)[];
}
type Arranged = Partial<DoctorOptions>;
interface Fault {
  readonly name: string;
  readonly hop: DiagnosisHop;
  readonly code: ErrorCode | readonly ErrorCode[];
  readonly cause: RegExp;
  readonly remedy: RegExp;
  arrange(stage: Stage): Promise<Arranged> | Arranged;
}

const at = (port: number, scheme = 'http'): string => `${scheme}://127.0.0.1:${String(port)}`;
const relayAt =
  (start: () => Promise<faulty.Faulty>, scheme?: string) =>
  async ({ ends }: Stage): Promise<Arranged> => {
    const server = await start();
    ends.push(() => server.stop());
    return { relay: at(server.port, scheme) };
  };
const ollamaWith =
  (knobs: FakeOllamaOptions) =>
  async ({ ends }: Stage): Promise<Arranged> => {
    const ollama = await startFakeOllama(knobs);
    ends.push(() => ollama.close());
    return { ollama: ollama.url };
  };

// prettier-ignore
const faults: readonly Fault[] = [
  {
    name: 'an address that is none',
    hop: 'address', code: 'badRelayUrl', cause: /begin with https/, remedy: /https:\/\/relay\.example/,
    arrange: () => ({ relay: 'ftp://relay.example' }),
  },
  {
    name: 'a name that nobody has',
    hop: 'network', code: 'relayUnreachable', cause: /the name relay\.invalid/, remedy: /Check the address/,
    arrange: () => ({ relay: 'https://relay.invalid' }),
  },
  {
    name: 'nobody listening',
    hop: 'network', code: 'relayUnreachable', cause: /nothing listens at 127\.0\.0\.1:\d+/, remedy: /that the relay runs/,
    arrange: async () => ({ relay: at(await freePort()) }),
  },
  {
    name: 'a black hole',
    hop: 'relay', code: 'relaySilent', cause: /no answer within 0\.6 s/, remedy: /firewall/,
    arrange: relayAt(faulty.blackHole),
  },
  {
    name: 'a black hole where TLS should begin',
    hop: 'certificate', code: 'relaySilent', cause: /no TLS within/, remedy: /firewall/,
    arrange: relayAt(faulty.blackHole, 'https'),
  },
  {
    name: 'plain HTTP where TLS should be',
    hop: 'certificate', code: 'certificate', cause: /does not speak TLS/, remedy: /Check the address/,
    arrange: relayAt(faulty.webServer, 'https'),
  },
  {
    name: 'a certificate that nobody vouches for',
    hop: 'certificate', code: 'certificate', cause: /signed by nobody but itself/, remedy: /operator/,
    arrange: relayAt(faulty.selfSignedServer, 'https'),
  },
  {
    name: 'another web server',
    hop: 'relay', code: 'relayNotFound', cause: /another program answers there/, remedy: /Check the address/,
    arrange: relayAt(faulty.webServer),
  },
  {
    name: 'a network that wants a sign-in',
    hop: 'relay', code: 'relayIntercepted', cause: /HTTP 302/, remedy: /sign in to this network/,
    arrange: relayAt(() => faulty.webServer(302, { Location: 'http://login.example/' })),
  },
  {
    name: 'a relay that is about to go',
    hop: 'relay', code: 'relayDraining', cause: /restarting/, remedy: /Wait a minute/,
    arrange: relayAt(faulty.drainingRelay),
  },
  {
    name: 'a relay of another version',
    hop: 'link', code: 'programOlder', cause: /relay is newer/, remedy: /Update this program/,
    arrange: relayAt(faulty.relayOfAnotherVersion),
  },
  {
    name: 'a proxy that passes no upgrade on',
    hop: 'link', code: 'relayNotFound', cause: /no WebSocket gets through/, remedy: /Check/,
    arrange: relayAt(faulty.relayWithoutUpgrade),
  },
  {
    name: 'no invite where one is wanted',
    hop: 'admission', code: 'inviteRequired', cause: /wants an invite/, remedy: /Ask its operator/,
    arrange: () => ({ invite: '' }),
  },
  {
    name: 'an invite that the relay did not make',
    hop: 'admission', code: 'inviteRefused', cause: /does not accept this invite/, remedy: /operator for a new one/,
    arrange: () => ({ invite: mintInvite(nodeCrypto, utf8('the secret of another relay'), 'desk', 4_000_000_000) }),
  },
  {
    name: 'an invite that is too old',
    hop: 'admission', code: 'inviteExpired', cause: /expired/, remedy: /operator for a new one/,
    arrange: () => ({ invite: invite(-1) }),
  },
  {
    name: 'an address that the relay does not know as its own',
    hop: 'link', code: 'foreignHost', cause: /does not know this address as its own/, remedy: /--public-url/,
    arrange: async ({ relay, ends }) => {
      const other = await faulty.proxyWithoutDials(() => Number(new URL(relay).port));
      ends.push(() => other.stop());
      return { relay: at(other.port) };
    },
  },
  {
    name: 'a key that was lost',
    hop: 'admission', code: 'identityLost', cause: /private key of this device is missing/, remedy: /Restore it/,
    arrange: ({ state }) => {
      new StateFolder(state).identity(nodeCrypto, systemRandom);
      rmSync(join(state, 'identity.key'));
      return {};
    },
  },
  {
    name: 'another installation with the same key',
    hop: 'admission', code: 'replaced', cause: /has taken over/, remedy: /Close it/,
    arrange: async ({ relay, state, ollama, ends }) => {
      new StateFolder(state).identity(nodeCrypto, systemRandom);
      const copy = `${state}-copy`;
      cpSync(state, copy, { recursive: true });
      const options = { stateFolder: copy, bus: new StatusBus(), log: nullLogger, ollama: () => ({ url: ollama.url }) };
      const node = createNodeAgent(options);
      ends.push(() => {
        // it kept its place throughout
        assert.equal(node.agent.bus.current.state, 'connected');
        node.dispose();
      });
      await node.agent.setRelay(relay, invite(1));
      await node.agent.connect();
      return {};
    },
  },
  {
    name: 'a relay that lets devices in and no clients',
    hop: 'farEnd', code: 'relayUnreachable', cause: /cannot be reached/, remedy: /lets you through/,
    arrange: async ({ ends }) => {
      const port = await freePort();
      const proxy = await faulty.proxyWithoutDials(() => port);
      const relay = new CliProcess(runner, ['relay', '--json', '--open', '--port', String(port), '--public-url', at(proxy.port)]);
      ends.push(() => proxy.stop(), () => relay.kill());
      await relay.event('listening');
      return { relay: at(proxy.port) };
    },
  },
  {
    name: 'Ollama stopped',
    hop: 'ollama', code: ['ollamaNotRunning', 'ollamaNotInstalled'], cause: /is not (running|installed)/, remedy: /found by itself/,
    arrange: async () => ({ ollama: at(await freePort()) }),
  },
  {
    name: 'something else at Ollama’s port',
    hop: 'ollama', code: 'ollamaForeign', cause: /Something other than Ollama/, remedy: /Ollama: Url/,
    arrange: ollamaWith({ notOllama: 'html' }),
  },
  {
    name: 'something at Ollama’s port that says nothing',
    hop: 'ollama', code: ['ollamaForeign', 'ollamaWrongHost'], cause: /Ollama/, remedy: /Ollama: Url/,
    arrange: ollamaWith({ acceptThenSilent: true }),
  },
  {
    name: 'an Ollama that refuses',
    hop: 'ollama', code: 'ollamaBlocked', cause: /refused the request/, remedy: /OLLAMA_ORIGINS/,
    arrange: ollamaWith({ forbid: 'host' }),
  },
  {
    name: 'an Ollama without models',
    hop: 'models', code: 'ollamaNoModels', cause: /no models yet/, remedy: /Pull one/,
    arrange: ollamaWith({ models: [] }),
  },
  {
    name: 'a model that is not there',
    hop: 'models', code: 'ollamaModelMissing', cause: /gone:1b/, remedy: /Pull it again/,
    arrange: () => ({ model: 'gone:1b' }),
  },
  {
    name: 'a model that does not load',
    hop: 'token', code: 'ollamaFailed', cause: /llama runner process has terminated/, remedy: /Try again/,
    arrange: ollamaWith({ errorBefore: { status: 500, text: 'llama runner process has terminated: exit status 2' } }),
  },
  {
    name: 'a model that does not fit',
    hop: 'token', code: 'ollamaOutOfMemory', cause: /does not fit into memory/, remedy: /smaller/,
    arrange: ollamaWith({ errorBefore: { status: 500, text: 'model requires more system memory (9 GiB) than is available' } }),
  },
  {
    name: 'a model that says nothing',
    hop: 'token', code: 'ollamaFirstTokenTimeout', cause: /stand-in:latest, 0\.6 s/, remedy: /smaller/,
    arrange: ollamaWith({ ttftMs: 3_600_000 }),
  },
];

/** Enough for this machine at work, and short: what a fault waits for is not the point here. */
const bounds = { certificate: 600, relay: 600, token: 600 };

interface Found {
  readonly events: readonly Record<string, unknown>[];
  readonly verdict: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
}

describe('the doctor', () => {
  let folder: string;
  let relay: CliProcess;
  let relayUrl: string;
  let ollama: FakeOllama;
  let runs = 0;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-doctor-'));
    ollama = await startFakeOllama();
    relay = new CliProcess(runner, ['relay', '--json', '--port', '0'], { C2L_SECRET: SECRET });
    relayUrl = String((await relay.event('listening'))['url']);
  });
  after(async () => {
    await relay.kill();
    await ollama.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const healthy = (): DoctorOptions => ({ relay: relayUrl, invite: invite(1), ollama: ollama.url, state: join(folder, String(++runs)) });
  const look = async (options: DoctorOptions): Promise<Found> => {
    const lines: string[] = [];
    const surroundings = { print: (line: string) => lines.push(line), onInterrupt: () => () => undefined, bounds };
    const exitCode = await runDoctor({ ...options, json: true }, surroundings);
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    return { events, verdict: events.at(-1) ?? {}, exitCode };
  };
  const open = (): number =>
    process.getActiveResourcesInfo().filter((name) => /^(TCPSocket|TCPConnect|TLS|GetAddr|HTTP)/.test(name)).length;

  for (const fault of faults)
    it(`names ${fault.name}`, async () => {
      const { hop, code, cause, remedy } = fault;
      const ends: Stage['ends'] = [];
      const base = healthy();
      try {
        const arranged = await fault.arrange({ relay: relayUrl, ollama, state: String(base.state), ends });
        const begin = performance.now();
        const { verdict, events, exitCode } = await look({ ...base, ...arranged });
        assert.ok(performance.now() - begin < 30_000);
        assert.equal(verdict['hop'], hop, JSON.stringify(events));
        assert.ok([code].flat().includes(verdict['code'] as ErrorCode), String(verdict['code']));
        assert.match(String(verdict['message']), cause);
        assert.match(String(verdict['remedy']), remedy);
        assert.deepEqual([verdict['ok'], exitCode], [false, 1]);
        // the other way was gone all the same
        const token = events.find((event) => event['hop'] === 'token' && event['event'] === 'hop');
        if (!['ollama', 'models', 'token'].includes(hop)) assert.equal(token?.['outcome'], 'passed');
      } finally {
        for (const end of ends) await end();
      }
    });

  it('knows at least a dozen faults apart', () => {
    assert.equal(faults.length, 28);
    assert.equal(new Set(faults.map(({ hop }) => hop)).size, 10);
  });

  it('finds nothing where nothing is wrong, makes no state, and leaves nothing open', async () => {
    const before = open();
    const options = healthy();
    const { verdict, events, exitCode } = await look(options);
    assert.deepEqual([verdict['ok'], exitCode], [true, 0], JSON.stringify(events));
    assert.ok(!readdirSync(folder).includes(String(runs)));
    for (let i = 0; i < 100 && open() > before; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(open() <= before, process.getActiveResourcesInfo().join(' '));
  });

  it('lets a certificate pass that this computer trusts, and looks on', async () => {
    const server = await faulty.selfSignedServer();
    const trusted = join(folder, 'trusted.pem');
    writeFileSync(trusted, selfSigned.cert);
    const args = ['doctor', '--json', '--ollama', ollama.url, '--state', join(folder, 'none')];
    const doctor = new CliProcess(runner, [...args, '--relay', `https://localhost:${String(server.port)}`], {
      NODE_EXTRA_CA_CERTS: trusted,
    });
    try {
      const { stdout } = await doctor.end();
      assert.match(stdout, /"hop":"certificate","outcome":"passed"/);
      assert.match(stdout, /"hop":"relay","outcome":"passed"/);
    } finally {
      await doctor.kill();
      await server.stop();
    }
  });

  it('does not take the place of an agent that runs here, which finds the same, and whether it is paused', async () => {
    const options = healthy();
    const bus = new StatusBus();
    const node = createNodeAgent({
      ...{ stateFolder: String(options.state), bus, log: nullLogger },
      ollama: () => ({ url: ollama.url }),
    });
    try {
      await node.agent.setRelay(relayUrl, options.invite);
      await node.agent.connect();
      const { verdict } = await look({ state: options.state, ollama: options.ollama });
      assert.equal(verdict['ok'], true);
      assert.equal(bus.current.state, 'connected');
      // the agent itself goes the same ways, over its own connection
      const own = await node.agent.diagnose();
      assert.deepEqual([firstFailure(own), own.hops.length], [undefined, 10]);
      node.agent.setRemotePaused(true);
      const paused = firstFailure(await node.agent.diagnose());
      assert.deepEqual([paused?.hop, paused?.error], ['farEnd', 'paused']);
      assert.equal(bus.current.state, 'connected');
    } finally {
      node.dispose();
    }
  });

  it('tells people, line by line, and ends with the first fault, its remedy and exit code 1', async () => {
    const { state, ollama: url, invite: kept } = healthy();
    const args = ['doctor', '--relay', relayUrl, '--ollama', String(url), '--state', String(state)];
    const good = new CliProcess(runner, args, { C2L_INVITE: String(kept) });
    const bad = new CliProcess(runner, [...args, '--invite', 'nobody.1.x']);
    const [well, ill] = await Promise.all([good.end(), bad.end()]);
    assert.deepEqual([well.code, ill.code], [0, 1]);
    assert.match(well.stdout, /^ok {6}Relay address .*\n(.*\n){9}\nAll is well, from this computer to the relay and back\.\n$/);
    assert.match(ill.stdout, /FAILED {2}Admission/);
    assert.match(ill.stdout, /The first hop that fails: Admission\. The relay does not accept this invite\.\nWhat to do: Ask its operator/);
    assert.deepEqual([well.stderr, ill.stderr], ['', '']);
  });

  it('ends at once on Ctrl+C, says what it knows, and leaves nothing behind', async () => {
    const silent = await startFakeOllama({ ttftMs: 3_600_000 });
    const options = healthy();
    const args = ['doctor', '--json', '--relay', relayUrl, '--ollama', silent.url, '--state', String(options.state)];
    const doctor = new CliProcess(runner, args, { C2L_INVITE: String(options.invite) });
    try {
      while (silent.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      const begin = performance.now();
      doctor.signal('SIGINT');
      const { code, stdout } = await doctor.end();
      assert.ok(performance.now() - begin < 3_000);
      assert.equal(code, 1);
      assert.match(stdout, /"hop":"models","outcome":"passed"/);
      assert.match(stdout, /"hop":"token","outcome":"skipped","why":"cancelled"/);
      assert.match(stdout, /"event":"diagnosis","ok":false,.*"cancelled":true/);
      while (silent.openSockets > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      await doctor.kill();
      await silent.close();
    }
  });
});
