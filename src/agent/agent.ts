import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../base/log.ts';
import { RateMeter } from '../base/rateMeter.ts';
import type { Random } from '../base/random.ts';
import { Hub, type HubOptions } from '../conversation/hub.ts';
import { LocalChatPort } from '../conversation/localChatPort.ts';
import { MACHINE_OWNER, type ConversationStore, type ModelClient } from '../conversation/ports.ts';
import type { Mux } from '../mux/mux.ts';
import type { AgentControl, CreatedApiKey, PairedClient, PairingOffer, RelaySetting } from '../protocol/agentControl.ts';
import type { ChatCapabilities, ChatPort } from '../protocol/chatPort.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { DialLink } from '../protocol/linkSocket.ts';
import type { OllamaStatus, StatusEventBus, TunnelConnection, TunnelMetrics } from '../protocol/status.ts';
import type { CryptoPort, DhKey } from '../secure/crypto.ts';
import { deviceIdOf } from '../secure/deviceIdentity.ts';
import { formatPairingLink } from '../secure/pairingLink.ts';
import { formatPairingCode } from '../secure/pairingSecret.ts';
import { INSTANCE_BYTES } from '../protocol/linkFrames.ts';
import { isLive } from '../tunnel/connectionState.ts';
import { DeviceTunnel } from '../tunnel/deviceTunnel.ts';
import { makeApiKey } from './apiKeys.ts';
import type { Upstream } from '../ollama/upstream.ts';
import { serveChat } from './chatServer.ts';
import { ClientRegistry } from './clientRegistry.ts';
import { isPaired, type DeviceStore } from './deviceStore.ts';
import type { HttpLimits } from './httpLedger.ts';
import { HttpServer } from './httpServer.ts';
import { pairedClients } from './pairedClients.ts';
import { PairingHost } from './pairingHost.ts';
import { RelayChoice, type RelayFile } from './relayChoice.ts';
import { RunningReport } from './runningReport.ts';
import { publishStates } from './tunnelStatus.ts';

export interface AgentOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CryptoPort;
  readonly dial: DialLink;
  readonly identity: DhKey;
  readonly deviceName: string;
  readonly conversations: ConversationStore;
  /** See {@link HubOptions}. */
  readonly makeTemporaryStore?: () => ConversationStore;
  readonly devices: DeviceStore;
  readonly relayFile: RelayFile;
  readonly models: ModelClient;
  readonly chatDefaults?: HubOptions['defaults'];
  /** The way of `http` streams to Ollama. Without one they are refused. */
  readonly upstream?: Upstream;
  readonly httpLimits?: HttpLimits;
  readonly bus: StatusEventBus;
  readonly log: Logger;
}

/**
 * A device without an editor: hub, paired clients, tunnel. It is whole before the first callback, so no service starts half made. Stores
 * and models belong to whoever made them.
 */
export class Agent implements AgentControl, Disposable {
  readonly deviceId: string;
  readonly deviceName: string;
  readonly bus: StatusEventBus;
  readonly hub: Hub;
  readonly #options: AgentOptions;
  readonly #store = new DisposableStore();
  readonly #clientsChanged = this.#store.add(new Emitter<undefined>());
  readonly #registry: ClientRegistry;
  readonly #pairing: PairingHost;
  readonly #tunnel: DeviceTunnel;
  readonly #http: HttpServer | undefined;
  /** Of every answer that is being written, whoever asked for it. */
  readonly #tokens: RateMeter;
  readonly #relay: RelayChoice;

  /** @throws TunnelError `storeFailed` */
  constructor(options: AgentOptions) {
    const { clock, random, crypto, devices, log } = options;
    this.#options = options;
    this.deviceId = deviceIdOf(options.identity.publicKey);
    this.deviceName = options.deviceName;
    this.bus = options.bus;
    this.#relay = new RelayChoice(options.relayFile);
    this.#tokens = new RateMeter(clock);
    const onTokens = (count = 1): void => {
      this.#tokens.add(count);
    };
    this.hub = this.#store.add(
      new Hub({
        clock,
        random,
        store: options.conversations,
        makeTemporaryStore: options.makeTemporaryStore,
        models: options.models,
        deviceName: options.deviceName,
        log,
        defaults: options.chatDefaults,
        onToken: onTokens,
      }),
    );
    const { upstream, models, httpLimits: limits } = options;
    this.#http = upstream && this.#store.add(new HttpServer({ clock, log, upstream, models, onTokens, ...(limits && { limits }) }));
    this.#registry = this.#store.add(new ClientRegistry(devices, clock));
    this.#pairing = this.#store.add(
      new PairingHost({
        clock,
        random,
        crypto,
        deviceKey: options.identity.publicKey,
        deviceName: options.deviceName,
        save: (client) => {
          this.#registry.save(client);
        },
        onDidChangeHashes: this.#publishQuietly,
      }),
    );
    this.#tunnel = this.#store.add(
      new DeviceTunnel({
        dial: options.dial,
        clock,
        random,
        crypto,
        log,
        identity: options.identity,
        epoch: devices.raiseEpoch(),
        instance: random.bytes(INSTANCE_BYTES),
        relay: () => this.relay ?? { origin: '' },
        hashes: () => [...this.#registry.hashes, ...this.#pairing.hashes],
        match: (hash) => this.#pairing.match(hash) ?? this.#registry.match(hash),
        onMux: (clientId, mux) => {
          this.#serve(clientId, mux);
        },
      }),
    );
    this.#wire();
  }

  get onPairingQuestion(): AgentControl['onPairingQuestion'] {
    return this.#pairing.onQuestion;
  }

  get onDidPair(): AgentControl['onDidPair'] {
    return this.#pairing.onDidPair;
  }

  get onDidChangeOllama(): AgentControl['onDidChangeOllama'] {
    return this.#options.models.onDidChangeStatus;
  }

  readonly onDidChangeClients: AgentControl['onDidChangeClients'] = (listener) =>
    this.#clientsChanged.event(() => {
      listener();
    });

  get tunnel(): TunnelConnection {
    return this.#tunnel.connection;
  }

  get metrics(): TunnelMetrics {
    return { ...this.#tunnel.metrics, tokensPerSecond: this.#tokens.perSecond };
  }

  get ollama(): OllamaStatus {
    return this.#options.models.status;
  }

  get runningStreams(): number {
    return this.hub.runningGenerations + (this.#http?.running ?? 0);
  }

  get relay(): RelaySetting | undefined {
    return this.#relay.current;
  }

  get clients(): readonly PairedClient[] {
    return pairedClients(this.#registry.paired, this.#tunnel);
  }

  async setRelay(address: string, invite?: string): Promise<void> {
    this.#relay.choose(address, invite);
    const { supervisor } = this.#tunnel;
    if (supervisor.state.kind === 'disconnected') return;
    supervisor.disconnect();
    await supervisor.connect();
  }

  async connect(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (!this.relay) throw new TunnelError('badRelayUrl', 'no relay is set');
    await this.#tunnel.supervisor.connect(options.signal);
  }

  disconnect(): void {
    this.#tunnel.supervisor.disconnect();
  }

  reconnect(): void {
    this.#tunnel.supervisor.reconnect();
  }

  /** The machine woke up, or is in another network: looks at the line now. */
  wake(): void {
    this.#tunnel.supervisor.wake();
  }

  async createOffer(): Promise<PairingOffer> {
    const { relay } = this;
    if (!relay) throw new TunnelError('badRelayUrl', 'no relay is set');
    const { secret, expiresAt } = this.#pairing.createOffer();
    try {
      await this.#tunnel.publishHashes();
    } catch (error) {
      this.#pairing.cancelOffer();
      throw error;
    }
    const link = formatPairingLink({ origin: relay.origin, deviceKey: this.#options.identity.publicKey, secret });
    return { link, code: formatPairingCode(secret), expiresAt };
  }

  cancelOffer(): void {
    this.#pairing.cancelOffer();
  }

  async createApiKey(name: string): Promise<CreatedApiKey> {
    const { client, key } = makeApiKey(this.#options, this.#options.identity.publicKey, name);
    this.#registry.save(client);
    // Without a link the relay learns of it with the next one.
    await this.#tunnel.publishHashes().catch(() => undefined);
    return { clientId: client.id, key };
  }

  revoke(clientId: string): void {
    this.#registry.revoke(clientId);
    this.#tunnel.dismiss(clientId, 'revoked');
  }

  changeClient(clientId: string, change: Parameters<AgentControl['changeClient']>[1]): void {
    this.#registry.change(clientId, change);
    if (change.scope !== undefined) this.#tunnel.dismiss(clientId);
  }

  get isRemotePaused(): boolean {
    return this.#registry.isPaused;
  }

  setRemotePaused(paused: boolean): void {
    this.#registry.setPaused(paused);
    if (paused) for (const { id } of this.#registry.paired) this.#tunnel.dismiss(id, 'paused');
  }

  checkOllama(): Promise<OllamaStatus> {
    return this.#options.models.check();
  }

  /** A line to the hub for a view on this machine. Whoever asked for it ends it. */
  createChatPort(capabilities: ChatCapabilities = { editorActions: false, showsConnection: false }): ChatPort {
    return new LocalChatPort({ hub: this.hub, clock: this.#options.clock, peer: { owner: MACHINE_OWNER, scope: 'local' }, capabilities });
  }

  dispose(): void {
    this.#store.dispose();
  }

  #wire(): void {
    const { supervisor } = this.#tunnel;
    this.#store.add(publishStates(supervisor, this.bus, this.#options.clock, () => this.relay?.origin));
    this.#store.add(
      supervisor.onDidChange((state) => {
        if (isLive(state)) this.#relay.noteReached();
      }),
    );
    const report = this.#store.add(new RunningReport(this.#options.clock, () => this.runningStreams, supervisor));
    this.#store.add(this.hub.onDidChangeRunning(report.note));
    if (this.#http) this.#store.add(this.#http.onDidChangeRunning(report.note));
    const tellClients = (): void => {
      this.#clientsChanged.fire(undefined);
    };
    this.#store.add(this.#registry.onDidChange(this.#publishQuietly));
    this.#store.add(this.#registry.onDidChange(tellClients));
    this.#store.add(this.#tunnel.onDidChangeOnline(tellClients));
  }

  #serve(clientId: string, mux: Mux): void {
    mux.onStream((stream) => {
      const client = this.#registry.get(clientId);
      if (!client || !isPaired(client)) stream.reset('revoked');
      else if (stream.kind === 'chat') serveChat(this.hub, stream, client, this.#options.log);
      else if (stream.kind === 'http' && this.#http) this.#http.serve(stream, mux, client);
      else stream.reset('notAllowed');
    });
  }

  /** The relay learns of changed hashes; without a link it learns them with the next one. */
  readonly #publishQuietly = (): void => {
    this.#tunnel.publishHashes().catch(() => undefined);
  };
}
