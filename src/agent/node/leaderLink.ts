import { every, type Clock } from '../../base/clock.ts';
import { deferred, type Deferred } from '../../base/deferred.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Logger } from '../../base/log.ts';
import type { PairingQuestion } from '../../protocol/agentControl.ts';
import { TunnelError, type ErrorCode } from '../../protocol/errors.ts';
import type { ConnectionStatusEvent, OllamaStatus } from '../../protocol/status.ts';
import {
  parseControlReply,
  parsePipeResult,
  type AgentFacts,
  type ControlReply,
  type ControlRequest,
  type LeaderNote,
  type PipeAnswer,
  type PipeArgs,
  type PipeMethod,
  type PipeResult,
} from '../../protocol/windowPipe.ts';
import type { CallOptions } from '../carryOut.ts';
import type { ControlSource } from '../controlSource.ts';
import { openPipe, type PipeVersions } from './openPipe.ts';
import type { PipeLine } from './pipeLine.ts';

/** How often a leader is asked whether it is there, and how it is, ms. */
const PING_MS = 1_000;
/** A leader that has said nothing for so long is stuck, ms. */
const STUCK_AFTER_MS = 5_000;
/** A ping that comes so much too late was held up here: this process slept, ms. */
const OWN_STALL_MS = 1_000;

export interface LeaderLinkOptions {
  readonly leader: LeaderNote;
  readonly clock: Clock;
  readonly log: Logger;
  readonly versions?: PipeVersions | undefined;
}

/** What becomes of the line to a leader; `closed` comes once and last. */
export type LinkEvent =
  /** It leads, and answers (again). */
  | { readonly kind: 'up' }
  | { readonly kind: 'status'; readonly event: ConnectionStatusEvent }
  /** It has said nothing for 5 s. */
  | { readonly kind: 'stuck' }
  | { readonly kind: 'closed'; readonly refused?: ErrorCode };

type Known = Extract<ControlReply, { type: 'facts' }>['facts'];

interface Call {
  readonly method: PipeMethod;
  readonly done: Deferred<unknown>;
  readonly options: CallOptions;
}

/** A follower's line to the agent that leads: mirrors how it is, and carries what is asked of it. */
export class LeaderLink implements ControlSource, Disposable {
  readonly leader: LeaderNote;
  readonly #clock: Clock;
  readonly #owned = new DisposableStore();
  readonly #events = this.#owned.add(new Emitter<LinkEvent>());
  readonly #clientsChanged = this.#owned.add(new Emitter<undefined>());
  readonly #ollamaChanged = this.#owned.add(new Emitter<OllamaStatus>());
  readonly #asked = this.#owned.add(new Emitter<PairingQuestion>());
  readonly #pairings = this.#owned.add(new Emitter<string>());
  readonly #calls = new Map<number, Call>();
  readonly #questions = new Map<number, Emitter<undefined>>();
  readonly #line: PipeLine;
  #answer: PipeAnswer | undefined;
  #known: Known | undefined;
  #callId = 0;
  #heardAt: number;
  #isUp = false;
  #isStuck = false;

  readonly onEvent = this.#events.event;
  readonly onDidChangeOllama = this.#ollamaChanged.event;
  readonly onPairingQuestion = this.#asked.event;
  readonly onDidPair = this.#pairings.event;

  constructor({ leader, clock, log, versions }: LeaderLinkOptions) {
    this.leader = leader;
    this.#clock = clock;
    this.#heardAt = clock.monotonic();
    this.#line = openPipe(leader.address, 'control', { log, versions }, (answer, line) => {
      this.#heard();
      this.#answer = answer;
      line.hear((message) => {
        this.#receive(parseControlReply(message));
      });
    });
    this.#line.onClose(() => {
      this.#end(this.#answer?.type === 'refused' ? this.#answer.error : undefined);
    });
    let tickAt = clock.monotonic();
    this.#owned.add(
      every(clock, PING_MS, () => {
        const now = clock.monotonic();
        const late = now - tickAt - PING_MS;
        if (late > OWN_STALL_MS) this.#heardAt += late;
        tickAt = now;
        this.#ping();
      }),
    );
  }

  readonly onDidChangeClients: ControlSource['onDidChangeClients'] = (listener) =>
    this.#clientsChanged.event(() => {
      listener();
    });

  get role(): ControlSource['role'] {
    return this.leader.role === 'agent' ? 'agent' : 'follows';
  }

  /** The version of the product that leads; undefined until it has answered. */
  get product(): string | undefined {
    return this.#answer?.product;
  }

  /** Before `up` there are none. */
  get facts(): AgentFacts {
    if (!this.#known) throw new TunnelError('anotherLeads');
    return this.#known;
  }

  async call<M extends PipeMethod>(method: M, args: PipeArgs<M>, options: CallOptions = {}): Promise<PipeResult<M>> {
    if (this.#owned.isDisposed) throw new TunnelError('deviceRestarted');
    const id = ++this.#callId;
    const call = { method, done: deferred<unknown>(), options };
    this.#calls.set(id, call);
    const abort = (): void => {
      this.#send({ type: 'abort', id });
    };
    options.signal?.addEventListener('abort', abort);
    this.#send({ type: 'call', id, method, args: [...args] });
    if (options.signal?.aborted === true) abort();
    try {
      return parsePipeResult(method, await call.done.promise);
    } finally {
      options.signal?.removeEventListener('abort', abort);
      this.#calls.delete(id);
    }
  }

  dispose(): void {
    this.#line.dispose();
    this.#release();
  }

  #end(refused: ErrorCode | undefined): void {
    if (this.#owned.isDisposed) return;
    this.#events.fire({ kind: 'closed', ...(refused === undefined ? {} : { refused }) });
    this.#release();
  }

  #release(): void {
    this.#owned.dispose();
    for (const { done } of this.#calls.values()) done.reject(new TunnelError('deviceRestarted'));
    for (const [id] of this.#questions) this.#over(id);
  }

  #ping(): void {
    this.#send({ type: 'ping' });
    if (this.#isStuck || this.#clock.monotonic() - this.#heardAt < STUCK_AFTER_MS) return;
    this.#isStuck = true;
    this.#isUp = false;
    this.#events.fire({ kind: 'stuck' });
  }

  #heard(): void {
    this.#heardAt = this.#clock.monotonic();
    this.#isStuck = false;
  }

  #receive(reply: ControlReply): void {
    this.#heard();
    switch (reply.type) {
      case 'facts':
        this.#learn(reply.facts);
        break;
      case 'done':
        this.#calls.get(reply.id)?.done.resolve(reply.result);
        break;
      case 'failed':
        this.#calls.get(reply.id)?.done.reject(new TunnelError(reply.error, reply.detail));
        break;
      case 'hop':
        this.#calls.get(reply.id)?.options.onHop?.(reply.result);
        break;
      case 'question':
        this.#ask(reply);
        break;
      case 'questionOver':
        this.#over(reply.questionId);
        break;
      case 'paired':
        this.#pairings.fire(reply.clientId);
        break;
      case 'pong':
        break;
    }
    if (this.#isUp || !this.#known) return;
    this.#isUp = true;
    this.#events.fire({ kind: 'up' });
  }

  #learn(facts: Known): void {
    const before = this.#known;
    this.#known = facts;
    if (!before || !this.#isUp) return; // who hears `up` looks at everything
    this.#events.fire({ kind: 'status', event: facts.event });
    this.#clientsChanged.fire(undefined);
    if (before.ollama.state !== facts.ollama.state || before.ollama.url !== facts.ollama.url) this.#ollamaChanged.fire(facts.ollama);
  }

  /** How the connection is there; undefined until it is known. */
  get event(): ConnectionStatusEvent | undefined {
    return this.#known?.event;
  }

  #ask({ questionId, name, kind, scope, words }: Extract<ControlReply, { type: 'question' }>): void {
    const ended = new Emitter<undefined>();
    this.#questions.set(questionId, ended);
    this.#asked.fire({
      ...{ name, kind, scope, words },
      onDidEnd: (listener) =>
        ended.event(() => {
          listener();
        }),
      answer: (allow, person) => {
        if (!this.#questions.delete(questionId)) return;
        this.#send({ type: 'answer', questionId, allow, ...(person === undefined ? {} : { person }) });
        ended.dispose();
      },
    });
  }

  #over(questionId: number): void {
    const ended = this.#questions.get(questionId);
    this.#questions.delete(questionId);
    ended?.fire(undefined);
    ended?.dispose();
  }

  #send(request: ControlRequest): void {
    this.#line.send(request);
  }
}
