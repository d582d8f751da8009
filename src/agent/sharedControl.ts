import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../base/log.ts';
import type {
  AgentControl,
  CreatedApiKey,
  KeyGrant,
  PairedClient,
  PairingOffer,
  PairingQuestion,
  RelaySetting,
} from '../protocol/agentControl.ts';
import type { DiagnoseOptions, Diagnosis } from '../protocol/diagnosis.ts';
import { TunnelError } from '../protocol/errors.ts';
import { nothingMeasured, type OllamaStatus, type StatusEventBus, type TunnelConnection, type TunnelMetrics } from '../protocol/status.ts';
import type { PipeArgs, PipeMethod, PipeResult } from '../protocol/windowPipe.ts';
import type { CallOptions } from './carryOut.ts';
import type { ControlSource } from './controlSource.ts';

/** The agent of this machine as a window has it, whoever leads: the same object from one leader to the next. */
export class SharedControl implements AgentControl, Disposable {
  readonly bus: StatusEventBus;
  readonly #log: Logger;
  readonly #owned = new DisposableStore();
  readonly #bound = this.#owned.add(new DisposableStore());
  readonly #clientsChanged = this.#owned.add(new Emitter<undefined>());
  readonly #ollamaChanged = this.#owned.add(new Emitter<OllamaStatus>());
  readonly #questions = this.#owned.add(new Emitter<PairingQuestion>());
  readonly #pairings = this.#owned.add(new Emitter<string>());
  #source: ControlSource | undefined;
  #refusal: TunnelError | undefined;

  readonly onDidChangeOllama = this.#ollamaChanged.event;
  readonly onPairingQuestion = this.#questions.event;
  readonly onDidPair = this.#pairings.event;

  constructor(bus: StatusEventBus, log: Logger) {
    this.bus = bus;
    this.#log = log;
  }

  readonly onDidChangeClients: AgentControl['onDidChangeClients'] = (listener) =>
    this.#clientsChanged.event(() => {
      listener();
    });

  /** From now on this agent is the one. */
  use(source: ControlSource): void {
    this.#source = source;
    this.#refusal = undefined;
    this.#bound.clear();
    this.#bound.add(source.onDidChangeClients(this.#tellClients));
    this.#bound.add(
      source.onDidChangeOllama((status) => {
        this.#ollamaChanged.fire(status);
      }),
    );
    this.#bound.add(
      source.onPairingQuestion((question) => {
        this.#questions.fire(question);
      }),
    );
    this.#bound.add(
      source.onDidPair((clientId) => {
        this.#pairings.fire(clientId);
      }),
    );
    this.#tellClients();
    this.#ollamaChanged.fire(this.ollama);
  }

  /** The agent cannot be asked anything now; what was known of it stays. */
  refuse(why: TunnelError): void {
    this.#refusal = why;
    this.#tellClients();
  }

  get role(): NonNullable<AgentControl['role']> {
    return this.#source?.role ?? 'follows';
  }

  get deviceId(): string {
    return this.#source?.facts.deviceId ?? '';
  }

  get deviceName(): string {
    return this.#source?.facts.deviceName ?? '';
  }

  /** While the agent cannot be asked, its connection is as the bus has it. */
  get tunnel(): TunnelConnection {
    const known = this.#refusal ? undefined : this.#source?.facts.tunnel;
    return known ?? { state: this.bus.current.state, reconnectAttempts: 0, latency: undefined };
  }

  get metrics(): TunnelMetrics {
    return (this.#refusal ? undefined : this.#source?.facts.metrics) ?? nothingMeasured;
  }

  get ollama(): OllamaStatus {
    return (this.#refusal ? undefined : this.#source?.facts.ollama) ?? { state: 'unknown' };
  }

  get runningStreams(): number {
    return (this.#refusal ? undefined : this.#source?.facts.runningStreams) ?? 0;
  }

  get relay(): RelaySetting | undefined {
    return this.#source?.facts.relay;
  }

  get clients(): readonly PairedClient[] {
    const clients = this.#source?.facts.clients ?? [];
    return this.#refusal ? clients.map(({ rttMs: _past, ...client }) => ({ ...client, online: false })) : clients;
  }

  get isRemotePaused(): boolean {
    return this.#source?.facts.isRemotePaused ?? false;
  }

  async setRelay(address: string, invite?: string): Promise<void> {
    await this.#call('setRelay', [address, invite ?? null]);
  }

  async forgetRelay(): Promise<void> {
    await this.#call('forgetRelay', []);
  }

  async probeRelay(address: string, invite?: string, options?: DiagnoseOptions): Promise<Diagnosis> {
    return this.#call('probeRelay', [address, invite ?? null], options);
  }

  async connect(options?: { readonly signal?: AbortSignal }): Promise<void> {
    await this.#call('connect', [], options);
  }

  disconnect(): void {
    this.#order('disconnect');
  }

  reconnect(): void {
    this.#order('reconnect');
  }

  async createOffer(): Promise<PairingOffer> {
    return this.#call('createOffer', []);
  }

  cancelOffer(): void {
    this.#order('cancelOffer');
  }

  async createApiKey(name: string, grant: KeyGrant = {}): Promise<CreatedApiKey> {
    return this.#call('createApiKey', [name, grant]);
  }

  async revoke(clientId: string): Promise<void> {
    await this.#call('revoke', [clientId]);
  }

  async changeClient(clientId: string, change: Parameters<AgentControl['changeClient']>[1]): Promise<void> {
    await this.#call('changeClient', [clientId, change]);
  }

  async setRemotePaused(paused: boolean): Promise<void> {
    await this.#call('setRemotePaused', [paused]);
  }

  async checkOllama(): Promise<OllamaStatus> {
    return this.#call('checkOllama', []).catch(() => this.ollama);
  }

  settingsChanged(): void {
    this.#source?.settingsChanged?.();
  }

  async diagnose(options?: DiagnoseOptions): Promise<Diagnosis> {
    return this.#call('diagnose', [], options);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  readonly #tellClients = (): void => {
    this.#clientsChanged.fire(undefined);
  };

  async #call<M extends PipeMethod>(method: M, args: PipeArgs<M>, options?: CallOptions): Promise<PipeResult<M>> {
    if (this.#refusal || !this.#source) throw this.#refusal ?? new TunnelError('anotherLeads');
    return this.#source.call(method, args, options);
  }

  /** What nobody waits for. */
  #order(method: 'disconnect' | 'reconnect' | 'cancelOffer'): void {
    this.#call(method, []).catch((error: unknown) => {
      this.#log.warn('not done', { method, code: TunnelError.from(error).code });
    });
  }
}
