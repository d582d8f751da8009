import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../harness/paths.ts';
import { SecretWatch } from '../../harness/secretWatch.ts';
import { startFakeOllama, type FakeOllama, type FakeOllamaOptions } from '../../standin/startFakeOllama.ts';
import { Balancer } from './balancer.ts';
import { JsonProcess } from './childProcess.ts';
import { NatsServer } from './natsServer.ts';
import { freePort, pairedClient, type StackClient } from './stack.ts';

const cli = join(root, 'dist', 'cli.mjs');
const relayNode = process.env['C2L_HOST_NODE'] ?? process.execPath;

/** Both have come to their nodes and found each other. */
const PLACE_MS = 20_000;

/** What the operator of a node is told of the others. */
interface NodeStatus {
  readonly now: { readonly devices: number; readonly clientLinks: number; readonly circuits: number };
  readonly bus?: { readonly isUp: boolean; readonly circuits: number; readonly nodes: number };
}

/** One relay process of several. */
export class RelayNode {
  readonly port: number;
  readonly #args: readonly string[];
  readonly #nats: string;
  readonly #secrets: SecretWatch;
  process: JsonProcess;
  #admin = '';

  constructor(port: number, args: readonly string[], nats: string, secrets: SecretWatch) {
    this.port = port;
    this.#args = args;
    this.#nats = nats;
    this.#secrets = secrets;
    this.process = this.#spawn();
  }

  async listens(): Promise<void> {
    this.#admin = String((await this.process.first('listening'))['admin']);
  }

  async status(): Promise<NodeStatus> {
    return (await (await fetch(`${this.#admin}/status`)).json()) as NodeStatus;
  }

  async startAgain(): Promise<void> {
    this.process = this.#spawn();
    await this.listens();
  }

  #spawn(): JsonProcess {
    const args = ['relay', '--json', '--port', String(this.port), '--open', '--admin-bind', '127.0.0.1:0', ...this.#args];
    return new JsonProcess(relayNode, [cli, ...args], { env: { ...process.env, C2L_NATS: this.#nats }, secrets: this.#secrets });
  }
}

/** Stand-in, nats-server, relay nodes and an agent as real processes; device and clients each come through a balancer of their own. */
export class ClusterStack {
  readonly ollama: FakeOllama;
  readonly nats: NatsServer;
  readonly nodes: readonly RelayNode[];
  readonly deviceSide: Balancer;
  readonly clientSide: Balancer;
  readonly agent: JsonProcess;
  readonly #folder: string;
  readonly #secrets: SecretWatch;
  readonly #clients: StackClient[] = [];

  private constructor(
    parts: Pick<ClusterStack, 'ollama' | 'nats' | 'nodes' | 'deviceSide' | 'clientSide' | 'agent'>,
    folder: string,
    secrets: SecretWatch,
  ) {
    ({ ollama: this.ollama, nats: this.nats, nodes: this.nodes, deviceSide: this.deviceSide } = parts);
    ({ clientSide: this.clientSide, agent: this.agent } = parts);
    this.#folder = folder;
    this.#secrets = secrets;
  }

  /** The device comes to the first node, clients to the second, and each to the next where one is away. */
  static async start(ollamaOptions: FakeOllamaOptions, count = 3): Promise<ClusterStack> {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-cluster-'));
    const secrets = new SecretWatch();
    const ollama = await startFakeOllama(ollamaOptions);
    const nats = await NatsServer.start();
    const [deviceSide, clientSide] = [await Balancer.start(), await Balancer.start()];
    const ports: number[] = [];
    while (ports.length < count) ports.push(await freePort());
    const names = [deviceSide.url, clientSide.url].flatMap((url) => ['--public-url', url]);
    const nodes = ports.map((port) => new RelayNode(port, names, nats.url, secrets));
    await Promise.all(nodes.map((node) => node.listens()));
    deviceSide.order = ports;
    clientSide.order = [...ports.slice(1), ...ports.slice(0, 1)];
    const args = ['agent', '--json', '--pair', '--allow', '--state', join(folder, 'state')];
    const where = ['--relay', deviceSide.url, '--ollama', ollama.url];
    const agent = new JsonProcess(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...args, ...where], { secrets });
    await agent.first('offer');
    return new ClusterStack({ ollama, nats, nodes, deviceSide, clientSide, agent }, folder, secrets);
  }

  node(index: number): RelayNode {
    const node = this.nodes[index];
    if (!node) throw new Error(`no node ${String(index)}`);
    return node;
  }

  /** Moves device and clients to these nodes, and to the others only where one is away. */
  async place(device: number, page: number): Promise<void> {
    const ports = this.nodes.map(({ port }) => port);
    this.deviceSide.order = [this.node(device).port, ...ports];
    this.clientSide.order = [this.node(page).port, ...ports];
    this.deviceSide.cut();
    this.clientSide.cut();
    const until = performance.now() + PLACE_MS;
    for (;;) {
      const [far, near] = [await this.node(device).status(), await this.node(page).status()];
      if (far.now.devices === 1 && near.now.clientLinks === 1 && far.bus?.circuits === 1 && near.bus?.circuits === 1) return;
      if (performance.now() > until) throw new Error(`not there: ${JSON.stringify([far.now, far.bus, near.now, near.bus])}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Pairs through the clients' balancer and connects. */
  async client(): Promise<StackClient> {
    const offers = this.agent.events.length;
    const link = String(this.agent.events.findLast(({ event }) => event === 'offer')?.['link']);
    const client = await pairedClient(link, this.clientSide.url, this.#secrets);
    this.#clients.push(client);
    await this.agent.first('offer', offers);
    return client;
  }

  /** @throws when a process has printed or written a secret where none belongs */
  async stop(): Promise<void> {
    for (const client of this.#clients) client.dispose();
    await this.agent.stop();
    await Promise.all(this.nodes.map(({ process }) => process.stop()));
    await Promise.all([this.deviceSide.stop(), this.clientSide.stop(), this.nats.kill(), this.ollama.close()]);
    this.#secrets.clear(this.#folder);
  }
}
