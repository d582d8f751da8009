import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../harness/paths.ts';
import { startFakeOllama, type FakeOllama } from '../../standin/startFakeOllama.ts';
import { AnswerView } from './answerView.ts';
import { JsonProcess } from './childProcess.ts';
import { FaultProxy } from './faultProxy.ts';
import { freePort, newId, pairedClient, type StackClient } from './stack.ts';

const cli = join(root, 'dist', 'cli.mjs');
const relayNode = process.env['C2L_HOST_NODE'] ?? process.execPath;
const quiet = '--disable-warning=ExperimentalWarning';

/** The three lines on which something can go wrong, named after the end that dials. */
export const hops = ['client', 'device', 'ollama'] as const;
export type HopName = (typeof hops)[number];

export interface FaultWorldOptions {
  /** Devices, each with a client, an Ollama and lines of its own. Trials run on them side by side. */
  readonly lanes: number;
  readonly seed: number;
  readonly tokensPerSec?: number;
}

/** One device with all that belongs to it. */
export class Lane {
  readonly index: number;
  readonly ollama: FakeOllama;
  readonly agent: JsonProcess;
  readonly client: StackClient;
  readonly proxies: Readonly<Record<HopName, FaultProxy>>;

  constructor(parts: Pick<Lane, 'index' | 'ollama' | 'agent' | 'client' | 'proxies'>) {
    this.index = parts.index;
    this.ollama = parts.ollama;
    this.agent = parts.agent;
    this.client = parts.client;
    this.proxies = parts.proxies;
  }

  /** A new conversation and what its view shows. */
  ask(prompt: string): AnswerView {
    const view = new AnswerView(this.client.port, newId());
    this.client.port.send({ type: 'open', conversationId: view.conversationId });
    this.client.port.send({
      type: 'send',
      requestId: newId(),
      conversationId: view.conversationId,
      text: prompt,
      model: 'stand-in:latest',
    });
    return view;
  }

  get isUp(): boolean {
    const { kind } = this.client.tunnel.supervisor.state;
    return kind === 'connected' || kind === 'streaming';
  }

  async stop(): Promise<void> {
    this.client.dispose();
    await this.agent.stop();
    await Promise.all(hops.map((hop) => this.proxies[hop].stop()));
    await this.ollama.close();
  }
}

/** A relay and several devices as real processes, with a fault proxy on every line between them. */
export class FaultWorld {
  readonly relay: JsonProcess;
  readonly lanes: readonly Lane[];
  readonly #folder: string;

  private constructor(folder: string, relay: JsonProcess, lanes: readonly Lane[]) {
    this.#folder = folder;
    this.relay = relay;
    this.lanes = lanes;
  }

  static async start({ lanes: count, seed, tokensPerSec = 150 }: FaultWorldOptions): Promise<FaultWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-faults-'));
    const parts = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const ollama = await startFakeOllama({ script: ({ prompt }) => tokensOf(prompt), tokensPerSec, numParallel: 4 });
        const proxy = (hop: HopName): Promise<FaultProxy> =>
          FaultProxy.start(hop === 'ollama' ? ollama.port : 0, seed + 10 * index + hops.indexOf(hop));
        return { index, ollama, proxies: { client: await proxy('client'), device: await proxy('device'), ollama: await proxy('ollama') } };
      }),
    );
    const origins = parts.flatMap(({ proxies }) => [proxies.device, proxies.client]).flatMap(({ url }) => ['--public-url', url]);
    const port = await freePort();
    const relay = new JsonProcess(relayNode, [cli, 'relay', '--json', '--port', String(port), ...origins], { cwd: folder });
    const { invite } = await relay.first('listening');
    const lanes = await Promise.all(
      parts.map(async ({ index, ollama, proxies }) => {
        proxies.client.targetPort = port;
        proxies.device.targetPort = port;
        const where = ['--state', join(folder, String(index)), '--relay', proxies.device.url, '--ollama', proxies.ollama.url];
        const args = [quiet, cli, 'agent', '--json', '--pair', '--allow', ...where];
        const agent = new JsonProcess(process.execPath, [...args, '--invite', String(invite)]);
        const client = await pairedClient(String((await agent.first('offer'))['link']), proxies.client.url);
        return new Lane({ index, ollama, agent, client, proxies });
      }),
    );
    return new FaultWorld(folder, relay, lanes);
  }

  /** Gives each job to the next lane that is free. */
  async runAll<Job>(jobs: readonly Job[], run: (lane: Lane, job: Job) => Promise<void>): Promise<void> {
    const waiting = [...jobs];
    await Promise.all(
      this.lanes.map(async (lane) => {
        for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await run(lane, job);
      }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.stop()));
    await this.relay.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/** `COUNT NONCE`: so many tokens that carry their number and the nonce; some are of several bytes. */
function tokensOf(prompt: string): string[] {
  const [count = '0', nonce = ''] = prompt.split(' ');
  return Array.from({ length: Number(count) }, (_, i) => ` ${String(i)}${i % 7 === 0 ? 'é🙂' : ''}:${nonce}`);
}

/** What the model says to that prompt. */
export function wholeAnswer(prompt: string): string {
  return tokensOf(prompt).join('');
}
