import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultProxy } from '../../integration/support/faultProxy.ts';
import { freePort } from '../../integration/support/stack.ts';
import { GatewayCall } from './gatewayCall.ts';
import { PageClient } from './pageClient.ts';
import { cli, ProbedProcess, startRelay } from './probedProcess.ts';
import type { Question } from './spoken.ts';

export interface LoadSiteOptions {
  readonly devices: number;
  /** Knobs of the stand-in, as JSON can carry them. */
  readonly model?: object;
  readonly relayArgs?: readonly string[];
}

/** How often the model was run for a question, as it says itself. */
export interface Asked {
  readonly text: string;
  /** From the request to the first byte of its answer, ms. */
  readonly waitMs?: number;
  readonly cancelled: boolean;
}

/** A device: the agent that people run, with a state of its own, behind a line that can be spoilt. */
export class LoadDevice {
  readonly agent: ProbedProcess;
  readonly line: FaultProxy;
  readonly #gateway: string;
  #key = '';
  #proxy: ProbedProcess | undefined;

  constructor(agent: ProbedProcess, line: FaultProxy, gateway: string) {
    this.agent = agent;
    this.line = line;
    this.#gateway = gateway;
  }

  /** Of an API key to it. */
  get key(): string {
    return this.#key;
  }

  async ready(): Promise<void> {
    await this.agent.first('offer');
    this.agent.say('k load');
    this.#key = String((await this.agent.first('key'))['key']);
  }

  /** Pairs one more page. One at a time: an offer is good for one. */
  async page(): Promise<PageClient> {
    const offers = this.agent.events('offer');
    const page = await PageClient.pair(String(offers.at(-1)?.['link']));
    await this.agent.heard('offer', offers.length + 1);
    return page;
  }

  /** A program asks through the relay's gateway. */
  call(question: Question): GatewayCall {
    return new GatewayCall(this.#gateway, this.#key, question);
  }

  /** A program asks through a proxy on its own computer, which the first such call starts. */
  async callByProxy(question: Question): Promise<GatewayCall> {
    if (!this.#proxy) {
      const args = [cli, 'proxy', '--json', '--port', '0', '--relay', this.line.url];
      this.#proxy = new ProbedProcess(process.env['C2L_HOST_NODE'] ?? process.execPath, args, { C2L_KEY: this.#key });
    }
    return new GatewayCall(String((await this.#proxy.first('listening'))['url']), undefined, question);
  }

  async stop(): Promise<void> {
    await this.#proxy?.stop('SIGTERM');
    await this.agent.stop('SIGTERM');
    await this.line.stop();
  }
}

/** A relay with its gateway from the built bundle, devices with agents from it, and the stand-in they ask: each a process of its own. */
export class LoadSite {
  relay: ProbedProcess;
  readonly model: ProbedProcess;
  readonly modelUrl: string;
  readonly url: string;
  readonly devices: readonly LoadDevice[];
  readonly #folder: string;
  readonly #relayArgs: readonly string[];
  /** Where the relay of now listens. */
  #port: number;

  private constructor(
    parts: Pick<LoadSite, 'relay' | 'model' | 'modelUrl' | 'url' | 'devices'>,
    folder: string,
    relayArgs: readonly string[],
  ) {
    this.relay = parts.relay;
    this.model = parts.model;
    this.modelUrl = parts.modelUrl;
    this.url = parts.url;
    this.devices = parts.devices;
    this.#folder = folder;
    this.#relayArgs = relayArgs;
    this.#port = Number(new URL(parts.url).port);
  }

  static async start({ devices: count, model: knobs = {}, relayArgs = [] }: LoadSiteOptions): Promise<LoadSite> {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-load-'));
    const model = new ProbedProcess(process.execPath, [join(import.meta.dirname, 'modelMain.ts'), JSON.stringify(knobs)]);
    const modelUrl = String((await model.first('listening'))['url']);
    const port = await freePort();
    const url = `http://127.0.0.1:${String(port)}`;
    const lines = await Promise.all(Array.from({ length: count }, (_, index) => FaultProxy.start(port, index + 1)));
    const origins = [url, ...lines.map((line) => line.url)].flatMap((origin) => ['--public-url', origin]);
    const args = ['--gateway', ...origins, ...relayArgs];
    const { process: relay } = await startRelay(port, args);
    const devices = lines.map((line, index) => {
      const state = join(folder, `device${String(index)}`);
      const places = ['--state', state, '--relay', line.url, '--ollama', modelUrl];
      const agent = new ProbedProcess(process.execPath, [cli, 'agent', '--json', '--pair', '--allow', ...places]);
      return new LoadDevice(agent, line, url);
    });
    await Promise.all(devices.map((device) => device.ready()));
    return new LoadSite({ relay, model, modelUrl, url, devices }, folder, args);
  }

  /** Ends the relay in good order and starts another at its address. */
  async restartRelay(): Promise<void> {
    await this.relay.stop('SIGTERM');
    ({ process: this.relay } = await startRelay(this.#port, this.#relayArgs));
  }

  /** Starts another relay, has all lines lead there, then ends the first in good order: as an operator with a web server before two does. */
  async rollRelay(): Promise<void> {
    const { relay } = this;
    this.#port = await freePort();
    ({ process: this.relay } = await startRelay(this.#port, this.#relayArgs));
    for (const { line } of this.devices) line.targetPort = this.#port;
    await relay.stop('SIGTERM');
  }

  /** The newest questions that reached the model. */
  async asked(): Promise<readonly Asked[]> {
    const before = this.model.events('asked').length;
    this.model.tell({ ask: 'asked' });
    const answers = await this.model.heard('asked', before + 1);
    return answers.at(-1)?.['asked'] as Asked[];
  }

  async stop(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.stop()));
    await this.relay.stop();
    await this.model.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}
