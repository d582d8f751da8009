import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from '../../src/agent/agent.ts';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import { nullLogger } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { SqliteStore } from '../../src/conversation/node/sqliteStore.ts';
import { OllamaClient } from '../../src/ollama/node/ollamaClient.ts';
import { DETACHED_MUX_LIFETIME_MS } from '../../src/protocol/limits.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { visitRelay } from '../../src/agent/node/visitRelay.ts';
import { dialWs } from '../../src/tunnel/node/wsLinkSocket.ts';
import { MemoryDeviceStore, memoryRelayFile } from '../fakes/memoryDeviceStore.ts';
import { root } from '../harness/paths.ts';
import { JsonProcess } from '../integration/support/childProcess.ts';
import { FaultProxy } from '../integration/support/faultProxy.ts';
import { freePort } from '../integration/support/stack.ts';
import { startFakeOllama, type FakeOllama, type FakeOllamaOptions } from '../standin/startFakeOllama.ts';

const cli = join(root, 'dist', 'cli.mjs');
const relayNode = process.env['C2L_HOST_NODE'] ?? process.execPath;

export interface DeskOptions {
  readonly ollama?: FakeOllamaOptions;
  /** How long this device keeps what a page that is away may come back to, ms. Default: as in the product. */
  readonly muxLifetimeMs?: number;
}

/**
 * A computer named *Desk* whose owner is the test: the real agent in this process, with a stand-in for Ollama, at a relay that is a process of
 * its own. Pages come by a proxy that can spoil their line.
 */
export class Desk {
  readonly ollama: FakeOllama;
  readonly proxy: FaultProxy;
  readonly conversations = SqliteStore.inMemory(systemClock);
  relay: JsonProcess;
  agent: Agent;
  readonly #devices = new MemoryDeviceStore();
  readonly #identity = nodeCrypto.importKey(systemRandom.bytes(32));
  readonly #models: OllamaClient;
  readonly #options: DeskOptions;
  readonly #folder: string;
  readonly #relayPort: number;

  private constructor(options: DeskOptions, ollama: FakeOllama, proxy: FaultProxy, relayPort: number) {
    this.#options = options;
    this.ollama = ollama;
    this.proxy = proxy;
    this.#relayPort = relayPort;
    this.#folder = mkdtempSync(join(tmpdir(), 'c2l-desk-'));
    this.#models = new OllamaClient({
      clock: systemClock,
      log: nullLogger,
      settings: () => ({ url: ollama.url }),
      hasBinary: () => Promise.resolve(true),
    });
    this.relay = this.#newRelay();
    this.agent = this.#newAgent();
  }

  static async start(options: DeskOptions = {}): Promise<Desk> {
    const ollama = await startFakeOllama(options.ollama);
    const port = await freePort();
    const desk = new Desk(options, ollama, await FaultProxy.start(port), port);
    await desk.relay.first('listening');
    await desk.agent.connect();
    return desk;
  }

  /** Where pages are. */
  get pageUrl(): string {
    return this.proxy.url;
  }

  /** A link that pairs a page; this computer's owner allows it. */
  async pairingLink(): Promise<string> {
    const { link } = await this.agent.createOffer();
    return `${this.pageUrl}/${new URL(link).hash}`;
  }

  /** What the model was asked, oldest first. */
  get prompts(): readonly string[] {
    return this.ollama.asked.map(({ body }) => {
      const { messages } = JSON.parse(body) as { readonly messages: readonly { readonly content: string }[] };
      return messages.at(-1)?.content ?? '';
    });
  }

  async killRelay(): Promise<void> {
    await this.relay.stop('SIGKILL');
  }

  async startRelay(): Promise<void> {
    this.relay = this.#newRelay();
    await this.relay.first('listening');
  }

  /** As if its programs were closed. What is stored stays. */
  leave(): void {
    this.agent.dispose();
  }

  async comeBack(): Promise<void> {
    this.agent = this.#newAgent();
    await this.agent.connect();
  }

  async stop(): Promise<void> {
    this.agent.dispose();
    this.#models.dispose();
    this.conversations.dispose();
    await this.relay.stop();
    await this.proxy.stop();
    await this.ollama.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  #newRelay(): JsonProcess {
    const origins = [this.proxy.url, `http://127.0.0.1:${String(this.#relayPort)}`].flatMap((url) => ['--public-url', url]);
    return new JsonProcess(relayNode, [cli, 'relay', '--json', '--open', '--port', String(this.#relayPort), ...origins], {
      cwd: this.#folder,
    });
  }

  #newAgent(): Agent {
    const agent = new Agent({
      clock: this.#clock(),
      random: systemRandom,
      crypto: nodeCrypto,
      dial: dialWs,
      visit: visitRelay,
      identity: this.#identity,
      deviceName: 'Desk',
      conversations: this.conversations,
      devices: this.#devices,
      relayFile: memoryRelayFile({ origin: `http://127.0.0.1:${String(this.#relayPort)}` }),
      models: this.#models,
      bus: new StatusBus(),
      log: nullLogger,
    });
    agent.onPairingQuestion((question) => {
      question.answer(true);
    });
    return agent;
  }

  #clock(): Clock {
    const { muxLifetimeMs = DETACHED_MUX_LIFETIME_MS } = this.#options;
    return {
      ...systemClock,
      after: (delayMs, task) => systemClock.after(delayMs === DETACHED_MUX_LIFETIME_MS ? muxLifetimeMs : delayMs, task),
    };
  }
}
