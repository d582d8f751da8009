import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import { RateMeter } from '../base/rateMeter.ts';
import { Hub } from '../conversation/hub.ts';
import { LocalChatPort, ownView } from '../conversation/localChatPort.ts';
import type { AgentControl, CreatedApiKey, KeyGrant, PairedClient, PairingOffer, RelaySetting } from '../protocol/agentControl.ts';
import type { ChatCapabilities, ChatPort } from '../protocol/chatPort.ts';
import type { DiagnoseOptions, Diagnosis } from '../protocol/diagnosis.ts';
import { TunnelError } from '../protocol/errors.ts';
import { rulesWithoutSettings } from '../protocol/remoteRules.ts';
import type { OllamaStatus, StatusEventBus, TunnelConnection, TunnelMetrics } from '../protocol/status.ts';
import { deviceIdOf } from '../secure/deviceIdentity.ts';
import { formatPairingLink } from '../secure/pairingLink.ts';
import { formatPairingCode } from '../secure/pairingSecret.ts';
import { INSTANCE_BYTES } from '../protocol/linkFrames.ts';
import { isLive } from '../tunnel/connectionState.ts';
import { DeviceTunnel } from '../tunnel/deviceTunnel.ts';
import { makeApiKey } from './apiKeys.ts';
import type { AgentOptions } from './agentOptions.ts';
import { AuditTrail } from './auditTrail.ts';
import { ClientRegistry } from './clientRegistry.ts';
import { serveStreams } from './clientStreams.ts';
import { Diagnostics } from './diagnostics.ts';
import { endExpired } from './endExpired.ts';
import { HttpServer } from './httpServer.ts';
import { pairedClients, tokensOf } from './pairedClients.ts';
import { PairingHost } from './pairingHost.ts';
import { RemoteBounds } from './remoteBounds.ts';
import { RelayChoice } from './relayChoice.ts';
import { RunningReport } from './runningReport.ts';
import { publishStates } from './tunnelStatus.ts';
import { watchClients } from './watchClients.ts';

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
  readonly #audit: AuditTrail | undefined;
  /** Of every answer that is being written, whoever asked for it. */
  readonly #tokens: RateMeter;
  readonly #relay: RelayChoice;
  readonly #diagnostics: Diagnostics;
  readonly #remote: RemoteBounds;

  /** @throws TunnelError `storeFailed` */
  constructor(options: AgentOptions) {
    const { clock, random, crypto, devices, log, remoteRules: rules = () => rulesWithoutSettings } = options;
    this.#options = options;
    this.deviceId = deviceIdOf(options.identity.publicKey);
    this.deviceName = options.deviceName;
    this.bus = options.bus;
    this.#audit = options.audit && this.#store.add(new AuditTrail({ clock, log, sink: options.audit })); // first, to end last
    this.#relay = new RelayChoice(options.relayFile);
    this.#tokens = new RateMeter(clock);
    const onTokens = this.#tokens.add.bind(this.#tokens);
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
        defaultModel: options.defaultModel,
        pullNotes: options.pullNotes,
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
        save: this.#registry.save.bind(this.#registry),
        onDidChangeHashes: this.#publishQuietly,
      }),
    );
    this.#diagnostics = this.#store.add(
      new Diagnostics({ ...options, relay: () => this.relay, tunnel: () => this.#tunnel, isPaused: () => this.isRemotePaused }),
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
        hashes: () => tokensOf(this.#registry.hashes, [...this.#pairing.hashes, ...this.#diagnostics.hashes]),
        match: (hash) => this.#diagnostics.match(hash) ?? this.#pairing.match(hash) ?? this.#registry.match(hash),
        isPaced: () => rules().privatePacing,
        onMux: (clientId, mux) => {
          const { hub } = this;
          const isHere = (): boolean => this.#tunnel.onlineClients.has(clientId);
          serveStreams(mux, clientId, { hub, http: this.#http, registry: this.#registry, rules, audit: this.#audit, isHere, log });
        },
      }),
    );
    this.#remote = this.#store.add(new RemoteBounds({ clock, log, rules, registry: this.#registry, tunnel: this.#tunnel }));
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

  forgetRelay(): void {
    this.#tunnel.supervisor.disconnect();
    this.#pairing.cancelOffer();
    this.#relay.forget();
  }

  probeRelay(origin: string, invite?: string, options?: DiagnoseOptions): Promise<Diagnosis> {
    return this.#diagnostics.probe({ origin, ...(invite !== undefined && { invite }) }, options);
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

  async createApiKey(name: string, grant?: KeyGrant): Promise<CreatedApiKey> {
    const { client, key } = makeApiKey(this.#options, this.#options.identity.publicKey, name, grant);
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

  settingsChanged(): void {
    this.hub.modelsChanged();
    this.#remote.check();
  }

  diagnose(options?: DiagnoseOptions): Promise<Diagnosis> {
    return this.#diagnostics.run(options);
  }

  /** A line to the hub for a view on this machine. Whoever asked for it ends it. */
  createChatPort(capabilities: ChatCapabilities = { editorActions: false, showsConnection: false }): ChatPort {
    return new LocalChatPort({ hub: this.hub, clock: this.#options.clock, peer: ownView, capabilities });
  }

  dispose(): void {
    this.#store.dispose();
  }

  #wire(): void {
    const { supervisor } = this.#tunnel;
    const watched = { registry: this.#registry, pairing: this.#pairing, tunnel: this.#tunnel };
    if (this.#audit) this.#store.add(watchClients(watched, this.#audit));
    this.#store.add(publishStates(supervisor, this.bus, this.#options.clock, () => this.relay?.origin));
    this.#store.add(
      supervisor.onDidChange((state) => {
        if (isLive(state)) this.#relay.noteReached();
      }),
    );
    const tellClients = (): void => {
      this.#clientsChanged.fire(undefined);
    };
    const setStreams = (count: number): void => {
      supervisor.setStreams(count);
      tellClients();
    };
    const report = this.#store.add(new RunningReport(this.#options.clock, () => this.runningStreams, { setStreams }));
    this.#store.add(this.hub.onDidChangeRunning(report.note));
    if (this.#http) this.#store.add(this.#http.onDidChangeRunning(report.note));
    this.#store.add(this.#registry.onDidChange(this.#publishQuietly));
    this.#store.add(this.#registry.onDidChange(tellClients));
    this.#store.add(endExpired(this.#registry, this.#tunnel));
    this.#store.add(this.#tunnel.onDidChangeOnline(tellClients));
    this.#store.add(this.#tunnel.onDidChangeOnline(this.hub.lookersChanged));
  }

  /** The relay learns of changed hashes; without a link it learns them with the next one. */
  readonly #publishQuietly = (): void => {
    this.#tunnel.publishHashes().catch(() => undefined);
  };
}
