import { Emitter } from '../../src/base/emitter.ts';
import type {
  AgentControl,
  CreatedApiKey,
  KeyGrant,
  PairedClient,
  PairingOffer,
  PairingQuestion,
  Person,
  RelaySetting,
} from '../../src/protocol/agentControl.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import type { DiagnoseOptions, Diagnosis } from '../../src/protocol/diagnosis.ts';
import type { Scope } from '../../src/protocol/pairingFrames.ts';
import {
  nothingMeasured,
  type ConnectionStatusEvent,
  type OllamaStatus,
  type StatusEventBus,
  type TunnelConnection,
  type TunnelMetrics,
} from '../../src/protocol/status.ts';

/** An agent without a tunnel: it does what it is told and says so on the bus. */
export class FakeAgentControl implements AgentControl {
  role: NonNullable<AgentControl['role']> = 'leads';
  readonly deviceId = 'device';
  readonly deviceName = 'Desk';
  readonly bus: StatusEventBus;
  tunnel: TunnelConnection = { state: 'disconnected', reconnectAttempts: 0, latency: undefined };
  metrics: TunnelMetrics = nothingMeasured;
  ollama: OllamaStatus = { state: 'ok', url: 'http://127.0.0.1:11434', version: '0.12.0' };
  runningStreams = 0;
  relay: RelaySetting | undefined;
  clients: readonly PairedClient[] = [];
  /** What `connect` does; by default it connects. */
  onConnect: (signal: AbortSignal | undefined) => Promise<void> = () => {
    this.publish({ state: 'connecting' });
    this.publish({ state: 'connected' });
    return Promise.resolve();
  };
  /** Calls in order, for instance `setRelay https://relay.example`. */
  readonly calls: string[] = [];
  offers = 0;

  readonly ollamaChanges = new Emitter<OllamaStatus>();
  readonly clientChanges = new Emitter<undefined>();
  readonly questions = new Emitter<PairingQuestion>();
  readonly pairings = new Emitter<string>();
  readonly onDidChangeOllama = this.ollamaChanges.event;
  readonly onDidChangeClients = (listener: () => void) => this.clientChanges.event(listener);
  readonly onPairingQuestion = this.questions.event;
  readonly onDidPair = this.pairings.event;

  constructor(bus: StatusEventBus) {
    this.bus = bus;
  }

  publish(event: Omit<ConnectionStatusEvent, 'timestamp'>): void {
    this.tunnel = { ...this.tunnel, state: event.state };
    const endpoint = this.relay === undefined ? {} : { endpoint: this.relay.origin };
    this.bus.publishStatus({ ...endpoint, ...event, timestamp: this.bus.current.timestamp + 1 });
  }

  setRelay(address: string, invite?: string): Promise<void> {
    this.calls.push(`setRelay ${address}${invite === undefined ? '' : ` ${invite}`}`);
    this.relay = { origin: address, ...(invite === undefined ? {} : { invite }) };
    return Promise.resolve();
  }

  forgetRelay(): void {
    this.calls.push('forgetRelay');
    this.relay = undefined;
    this.publish({ state: 'disconnected' });
  }

  /** What is found at a relay that was typed; by default all is well. */
  onProbe: (address: string, invite: string | undefined, options: DiagnoseOptions) => Promise<Diagnosis> = () =>
    Promise.resolve({ startedAt: 0, tookMs: 0, hops: [] });
  probeRelay(address: string, invite?: string, options: DiagnoseOptions = {}): Promise<Diagnosis> {
    this.calls.push(`probe ${address}${invite === undefined ? '' : ` ${invite}`}`);
    return this.onProbe(address, invite, options);
  }

  async connect(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.calls.push('connect');
    if (!this.relay) throw new TunnelError('badRelayUrl');
    await this.onConnect(options.signal);
  }

  disconnect(): void {
    this.calls.push('disconnect');
    this.publish({ state: 'disconnected' });
  }

  reconnect(): void {
    this.calls.push('reconnect');
  }

  createOffer(): Promise<PairingOffer> {
    this.calls.push('createOffer');
    this.offers++;
    return Promise.resolve({
      link: `https://relay.example/#offer${String(this.offers)}`,
      code: '01234-56789-ABCDE-FGHJK',
      expiresAt: 120_000,
    });
  }

  cancelOffer(): void {
    this.calls.push('cancelOffer');
  }

  createApiKey(name: string, grant: KeyGrant = {}): Promise<CreatedApiKey> {
    this.calls.push(`createApiKey ${name} ${JSON.stringify(grant)}`);
    return Promise.resolve({ clientId: 'key', key: 'c2l_key' });
  }

  revoke(clientId: string): void {
    this.calls.push(`revoke ${clientId}`);
  }

  changeClient(clientId: string, change: { readonly name?: string; readonly scope?: Scope }): void {
    this.calls.push(`change ${clientId} ${JSON.stringify(change)}`);
  }

  isRemotePaused = false;
  setRemotePaused(paused: boolean): void {
    this.calls.push(paused ? 'pause' : 'resume');
    this.isRemotePaused = paused;
    this.clientChanges.fire(undefined);
  }

  settingsChanged(): void {
    this.calls.push('settingsChanged');
  }

  checkOllama(): Promise<OllamaStatus> {
    this.calls.push('checkOllama');
    return Promise.resolve(this.ollama);
  }

  /** What `diagnose` finds; by default nothing, at once. */
  onDiagnose: (options: DiagnoseOptions) => Promise<Diagnosis> = () => Promise.resolve({ startedAt: 0, tookMs: 0, hops: [] });
  diagnose(options: DiagnoseOptions = {}): Promise<Diagnosis> {
    this.calls.push('diagnose');
    return this.onDiagnose(options);
  }

  /** Somebody asks to pair; resolves to the answer, and then `person` is whose browser it is. */
  ask(question: Partial<PairingQuestion> = {}): { readonly answer: Promise<boolean>; readonly person: Person | undefined; end(): void } {
    let person: Person | undefined;
    const ended = new Emitter<undefined>();
    const answer = new Promise<boolean>((resolve) => {
      this.questions.fire({
        name: 'Firefox on Android',
        kind: 'page',
        scope: 'chat',
        words: ['one', 'two', 'three', 'four', 'five', 'six'],
        onDidEnd: (listener) =>
          ended.event(() => {
            listener();
          }),
        answer: (allow, as) => {
          person = as;
          resolve(allow);
        },
        ...question,
      });
    });
    return {
      answer,
      get person() {
        return person;
      },
      end: () => {
        ended.fire(undefined);
      },
    };
  }
}
