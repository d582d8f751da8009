import { mkdtempSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBase64url } from '../../../src/base/bytes.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { nullLogger, type Logger } from '../../../src/base/log.ts';
import { systemRandom } from '../../../src/base/random.ts';
import type { ChatReply } from '../../../src/protocol/chat.ts';
import { nodeCrypto } from '../../../src/secure/node/nodeCrypto.ts';
import { parsePairingLink } from '../../../src/secure/pairingLink.ts';
import { deriveClient } from '../../../src/secure/pairingSecret.ts';
import { ClientTunnel } from '../../../src/tunnel/clientTunnel.ts';
import { dialWs } from '../../../src/tunnel/node/wsLinkSocket.ts';
import { pairClient } from '../../../src/tunnel/pairingClient.ts';
import { TunnelChatPort } from '../../../src/tunnel/tunnelChatPort.ts';
import { root } from '../../harness/paths.ts';
import { SecretWatch } from '../../harness/secretWatch.ts';
import { startFakeOllama, type FakeOllama, type FakeOllamaOptions } from '../../standin/startFakeOllama.ts';
import { JsonProcess } from './childProcess.ts';

const cli = join(root, 'dist', 'cli.mjs');
/** The relay runs on the Node that people have; the agent and the tests on one with node:sqlite. */
const relayNode = process.env['C2L_HOST_NODE'] ?? process.execPath;
const quiet = '--disable-warning=ExperimentalWarning';

export interface StackOptions {
  readonly ollama?: FakeOllamaOptions;
  /** What the agent asks instead of the stand-in in this process. */
  readonly ollamaUrl?: string;
  /** Flags for the relay's Node. */
  readonly relayNodeFlags?: readonly string[];
  /** Extra arguments of the relay. */
  readonly relayArgs?: readonly string[];
  /** What device and clients dial instead of the relay itself: something between them. */
  readonly dialled?: string;
  readonly relayPort?: number;
  /** Whether the agent lets everybody in that holds the link. Default true; else `agent.say('y')` answers. */
  readonly allow?: boolean;
  /** A program that is run instead of the CLI; it gets the same arguments. */
  readonly relayProgram?: string;
  /** What the agent's environment has beside this process's own. */
  readonly agentEnv?: Readonly<Record<string, string>>;
  /** What the relay logs; `info` unless said otherwise. */
  readonly relayLogLevel?: 'debug';
}

/** A client of the stack in this process: tunnel, chat port, and what the port has said. */
export interface StackClient {
  readonly tunnel: ClientTunnel;
  readonly port: TunnelChatPort;
  readonly replies: ChatReply[];
  /** Streams that ended, each by its reason: what then comes is asked for anew, not resumed. */
  readonly lostStreams: string[];
  dispose(): void;
}

/** Stand-in, relay and agent as real processes with real sockets, on this machine alone. */
export class Stack {
  readonly ollama: FakeOllama;
  relay: JsonProcess;
  agent: JsonProcess;
  readonly relayUrl: string;
  /** Folder of this stack: the device's state, and the relay's working folder. */
  readonly folder: string;
  /** What none of the stack's processes may print or write. */
  readonly secrets: SecretWatch;
  readonly #options: StackOptions;
  readonly #invite: string;
  readonly #clients: StackClient[] = [];

  private constructor(parts: {
    ollama: FakeOllama;
    relay: JsonProcess;
    relayUrl: string;
    invite: string;
    folder: string;
    secrets: SecretWatch;
    options: StackOptions;
  }) {
    this.ollama = parts.ollama;
    this.relay = parts.relay;
    this.relayUrl = parts.relayUrl;
    this.#invite = parts.invite;
    this.folder = parts.folder;
    this.secrets = parts.secrets;
    this.#options = parts.options;
    this.agent = this.#startAgent();
  }

  static async start(options: StackOptions = {}): Promise<Stack> {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-stack-'));
    const ollama = await startFakeOllama(options.ollama);
    const port = options.relayPort ?? (await freePort());
    const secrets = new SecretWatch();
    const relay = startRelay(folder, port, options, secrets);
    const { url, invite } = await relay.first('listening');
    const stack = new Stack({ ollama, relay, relayUrl: options.dialled ?? String(url), invite: String(invite), folder, secrets, options });
    await stack.agent.first('offer');
    return stack;
  }

  /** The newest pairing link. */
  get link(): string {
    return String(this.agent.events.findLast(({ event }) => event === 'offer')?.['link']);
  }

  /** The newest pairing code. */
  get code(): string {
    return String(this.agent.events.findLast(({ event }) => event === 'offer')?.['code']);
  }

  async killRelay(): Promise<void> {
    await this.relay.stop('SIGKILL');
  }

  async startRelay(): Promise<void> {
    const { relayPort = Number(new URL(this.relayUrl).port), relayArgs = [] } = this.#options;
    this.relay = startRelay(this.folder, relayPort, { ...this.#options, relayArgs: [...relayArgs, '--open'] }, this.secrets);
    await this.relay.first('listening');
  }

  /** SIGKILL, then a new process on the same state. */
  async restartAgent(): Promise<void> {
    await this.agent.stop('SIGKILL');
    this.agent = this.#startAgent();
    await this.agent.first('offer');
  }

  /** Pairs through the relay and connects; the agent allows by itself. */
  async client(): Promise<StackClient> {
    const offers = this.agent.events.length;
    const client = await pairedClient(this.link, undefined, this.secrets);
    this.#clients.push(client);
    await this.agent.first('offer', offers);
    return client;
  }

  /** @throws when a process of the stack has printed or written a secret where none belongs */
  async stop(): Promise<void> {
    for (const client of this.#clients) client.dispose();
    await this.agent.stop();
    await this.relay.stop();
    await this.ollama.close();
    this.secrets.clear(this.folder);
  }

  /** Another computer at the same relay, with chats of its own; whoever asked for it ends it. */
  async startOtherDevice(): Promise<JsonProcess> {
    const other = this.#startAgent('other');
    await other.first('offer');
    return other;
  }

  #startAgent(folder = 'state'): JsonProcess {
    const state = join(this.folder, folder);
    const args = [
      'agent',
      '--json',
      '--pair',
      ...(this.#options.allow === false ? [] : ['--allow']),
      '--state',
      state,
      '--relay',
      this.relayUrl,
      '--ollama',
      this.#options.ollamaUrl ?? this.ollama.url,
    ];
    return new JsonProcess(process.execPath, [quiet, cli, ...args, ...(this.#invite === 'undefined' ? [] : ['--invite', this.#invite])], {
      secrets: this.secrets,
      env: { ...process.env, ...this.#options.agentEnv },
    });
  }
}

function startRelay(folder: string, port: number, options: StackOptions, secrets: SecretWatch): JsonProcess {
  const { relayNodeFlags = [], relayArgs = [], relayProgram, relayLogLevel } = options;
  const node = relayProgram === undefined ? relayNode : process.execPath;
  return new JsonProcess(node, [...relayNodeFlags, relayProgram ?? cli, 'relay', '--json', '--port', String(port), ...relayArgs], {
    cwd: folder,
    secrets,
    ...(relayLogLevel === undefined ? {} : { env: { ...process.env, C2L_LOG_LEVEL: relayLogLevel } }),
  });
}

/**
 * Pairs by a link and connects.
 * @param origin what the client dials, when it is not what the link says
 * @param secrets learns what the pairing has made
 */
export async function pairedClient(linkText: string, origin?: string, secrets?: SecretWatch): Promise<StackClient> {
  const parsed = parsePairingLink(linkText);
  const link = origin === undefined ? parsed : { ...parsed, origin };
  const privateKey = systemRandom.bytes(32);
  const staticKey = nodeCrypto.importKey(privateKey);
  const common = { dial: dialWs, clock: systemClock, random: systemRandom, crypto: nodeCrypto };
  const progress = { onWaiting: () => undefined, onAsked: () => undefined };
  const { root: secret } = await pairClient({ ...common, staticKey, link, name: 'Test', kind: 'cli', scope: 'chat' }, progress);
  const dialled = deriveClient(nodeCrypto, secret);
  secrets?.add('client key', privateKey);
  secrets?.add('pairing root', secret);
  secrets?.addDial(dialled);
  const { psk, dialHash } = dialled;
  const tunnel = new ClientTunnel({ ...common, pairing: { origin: link.origin, deviceKey: link.deviceKey, staticKey, psk, dialHash } });
  const lostStreams: string[] = [];
  const log: Logger = {
    ...nullLogger,
    info: (message, fields) => {
      if (message === 'chat stream ended') lostStreams.push(String(fields?.['reason']));
    },
  };
  const port = new TunnelChatPort(tunnel, log);
  const replies: ChatReply[] = [];
  port.onReply((reply) => replies.push(reply));
  await tunnel.supervisor.connect();
  return {
    tunnel,
    port,
    replies,
    lostStreams,
    dispose: () => {
      port.dispose();
      tunnel.dispose();
    },
  };
}

/** A port on which nobody listens just now: a relay that comes back must have the same one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function newId(): string {
  return toBase64url(systemRandom.bytes(16));
}

/** The text of the answer as a view would show it. */
export function shownAnswer(replies: readonly ChatReply[]): string {
  let text = '';
  for (const reply of replies) {
    if (reply.type === 'snapshot') text = reply.messages.findLast(({ role }) => role === 'assistant')?.text ?? '';
    else if (reply.type === 'event' && reply.event.type === 'turn') text = '';
    else if (reply.type === 'event' && reply.event.type === 'chunk') text += reply.event.message.chunk;
  }
  return text;
}

/** Resolves when `condition` holds; fails, naming it, after `limitMs`. */
export async function until(what: string, condition: () => boolean, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`${what}: not within ${String(limitMs)} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
