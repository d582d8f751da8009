import { Agent } from '../../src/agent/agent.ts';
import { toBase64url } from '../../src/base/bytes.ts';
import { nullLogger, type Logger } from '../../src/base/log.ts';
import type { Person } from '../../src/protocol/agentControl.ts';
import type { ChatReply } from '../../src/protocol/chat.ts';
import { rulesWithoutSettings, type RemoteRules } from '../../src/protocol/remoteRules.ts';
import type { ConnectionStatusEvent } from '../../src/protocol/status.ts';
import { parsePairingLink } from '../../src/secure/pairingLink.ts';
import { deriveClient } from '../../src/secure/pairingSecret.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import { pairClient, type PairingResult } from '../../src/tunnel/pairingClient.ts';
import { TunnelChatPort } from '../../src/tunnel/tunnelChatPort.ts';
import { FakeClock } from './fakeClock.ts';
import { FakeModelClient } from './fakeModelClient.ts';
import { FakeUpstream } from './fakeUpstream.ts';
import { MemoryDeviceStore, memoryRelayFile } from './memoryDeviceStore.ts';
import { MEMORY_RELAY_ORIGIN, MemoryNetwork } from './memoryNetwork.ts';
import { MemoryStore } from './memoryStore.ts';
import { answeringVisit } from './answeringVisit.ts';
import { SeededRandom } from './seededRandom.ts';

/** A client's end: its tunnel, a chat port on it and what the port has said. */
export interface WorldClient {
  readonly tunnel: ClientTunnel;
  readonly port: TunnelChatPort;
  readonly replies: ChatReply[];
}

/** Relay, agent and clients in memory: everything that ships but sockets, clock, chance and disk. */
export class AgentWorld {
  readonly clock = new FakeClock();
  readonly random = new SeededRandom(7);
  readonly network = new MemoryNetwork(this.clock, this.random, nodeCrypto);
  readonly models = new FakeModelClient({ clock: this.clock });
  /** Where `http` streams lead. */
  readonly upstream = new FakeUpstream();
  readonly conversations = new MemoryStore();
  readonly devices = new MemoryDeviceStore();
  readonly relayFile = memoryRelayFile({ origin: MEMORY_RELAY_ORIGIN });
  readonly identity = nodeCrypto.importKey(this.random.bytes(32));
  readonly events: ConnectionStatusEvent[] = [];
  /** Lines of the audit, oldest first; while `auditFault` is set its disk fails with that. */
  readonly audit: string[] = [];
  auditFault: Error | undefined;
  log: Logger = nullLogger;
  /** What clients from elsewhere may do. Tell the agent of a change: `agent.settingsChanged()`. */
  rules: RemoteRules = rulesWithoutSettings;
  agent = this.#makeAgent();
  readonly #clients: WorldClient[] = [];

  async start(): Promise<void> {
    const connected = this.agent.connect();
    await this.clock.advance(100);
    await connected;
  }

  /** The agent's process ends and another one begins on the same disk. */
  restartAgent(): void {
    this.agent.dispose();
    this.agent = this.#makeAgent();
  }

  /** A second process with the same device's key, newer than ours, takes the place of ours at the relay, and leaves after `meanwhile`. */
  async rival(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const heard = this.events.length;
    const other = this.#makeAgent();
    const connected = other.connect();
    await this.clock.advance(500);
    await connected;
    await meanwhile();
    other.dispose();
    this.rivalEvents = this.events.splice(heard).filter(({ state }) => state === 'error');
    this.events.push(...this.rivalEvents);
  }

  /** What our agent published when the rival came. */
  rivalEvents: readonly ConnectionStatusEvent[] = [];

  newId(): string {
    return toBase64url(this.random.bytes(16));
  }

  /** Pairs through the real ceremony; `answer` decides the question, and `person` whose client it is. */
  async pair(
    answer: boolean,
    key = nodeCrypto.importKey(this.random.bytes(32)),
    person: Person = 'owner',
  ): Promise<PairingResult & { readonly staticKey: typeof key }> {
    const questions = this.agent.onPairingQuestion((question) => {
      question.answer(answer, person);
    });
    const offer = this.agent.createOffer();
    await this.clock.advance(10);
    const link = parsePairingLink((await offer).link);
    const result = pairClient(
      {
        dial: this.network.dial,
        clock: this.clock,
        random: this.random,
        crypto: nodeCrypto,
        staticKey: key,
        link,
        name: 'Test',
        kind: 'cli',
        scope: 'chat',
      },
      { onWaiting: () => undefined, onAsked: () => undefined },
    );
    result.catch(() => undefined);
    await this.clock.advance(100);
    questions.dispose();
    return { ...(await result), staticKey: key };
  }

  /** A paired client's tunnel, not yet dialled; whoever asked for it ends it. */
  async pairedTunnel(person?: Person): Promise<ClientTunnel> {
    const { root, staticKey } = await this.pair(true, undefined, person);
    const { psk, dialHash } = deriveClient(nodeCrypto, root);
    return new ClientTunnel({
      dial: this.network.dial,
      clock: this.clock,
      random: this.random,
      crypto: nodeCrypto,
      pairing: { origin: MEMORY_RELAY_ORIGIN, deviceKey: this.identity.publicKey, staticKey, psk, dialHash },
    });
  }

  /** A paired client with a tunnel of its own, connected. */
  async client(person?: Person): Promise<WorldClient> {
    const tunnel = await this.pairedTunnel(person);
    const port = new TunnelChatPort(tunnel);
    const replies: ChatReply[] = [];
    port.onReply((reply) => replies.push(reply));
    tunnel.supervisor.start();
    await this.clock.advance(100);
    const client = { tunnel, port, replies };
    this.#clients.push(client);
    return client;
  }

  dispose(): void {
    for (const { port, tunnel } of this.#clients) {
      port.dispose();
      tunnel.dispose();
    }
    this.agent.dispose();
    this.network.dispose();
    this.models.dispose();
  }

  #makeAgent(): Agent {
    const bus = new StatusBus();
    bus.statusStream((event) => this.events.push(event));
    return new Agent({
      clock: this.clock,
      random: this.random,
      crypto: nodeCrypto,
      dial: this.network.dial,
      visit: answeringVisit(),
      identity: this.identity,
      deviceName: 'Desk',
      conversations: this.conversations,
      devices: this.devices,
      relayFile: this.relayFile,
      models: this.models,
      upstream: this.upstream,
      remoteRules: () => this.rules,
      bus,
      log: {
        debug: (...line) => {
          this.log.debug(...line);
        },
        info: (...line) => {
          this.log.info(...line);
        },
        warn: (...line) => {
          this.log.warn(...line);
        },
        error: (...line) => {
          this.log.error(...line);
        },
      },
      audit: {
        append: (line) => {
          if (this.auditFault) throw this.auditFault;
          this.audit.push(line);
        },
      },
    });
  }
}

/** The text of an answer as the replies tell it, or undefined while there is none. */
export function answerText(replies: readonly ChatReply[]): string {
  let text = '';
  for (const reply of replies) {
    if (reply.type === 'snapshot') text = reply.messages.findLast(({ role }) => role === 'assistant')?.text ?? '';
    else if (reply.type === 'event' && reply.event.type === 'turn') text = '';
    else if (reply.type === 'event' && reply.event.type === 'chunk') text += reply.event.message.chunk;
  }
  return text;
}
