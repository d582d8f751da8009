import type { Clock } from '../../src/base/clock.ts';
import { toDisposable, type Disposable } from '../../src/base/disposable.ts';
import { Emitter, type Event } from '../../src/base/emitter.ts';
import type { GenerationRequest, GenerationSink, ModelClient, PullSink } from '../../src/conversation/ports.ts';
import type { LoadedModel, ModelInfo } from '../../src/protocol/chatModels.ts';
import { TunnelError, type ErrorCode } from '../../src/protocol/errors.ts';
import type { OllamaState, OllamaStatus } from '../../src/protocol/status.ts';

/** What the fake answers to one request. */
export interface FakeAnswer {
  /** Said before the pieces, at once. */
  readonly thoughts?: readonly string[];
  readonly pieces: readonly string[];
  /** Why it is done. Default `stop`. */
  readonly reason?: string;
  /** How it ends: `done` (default), `early` without a done, `hang` never, or with an error. */
  readonly end?: 'done' | 'early' | 'hang' | TunnelError;
}

/** One request that reached the fake; `index` counts from 0. */
export interface FakeGenerationRecord {
  readonly request: GenerationRequest;
  readonly state: 'running' | 'ended' | 'failed' | 'stopped';
  /** Pieces handed out so far. */
  readonly sent: number;
}

export interface FakeModelClientOptions {
  readonly clock: Clock;
  /** Default: repeats the question in words. */
  readonly answer?: (request: GenerationRequest, index: number) => FakeAnswer;
  /** Default: one, `fake:latest`. */
  readonly models?: readonly ModelInfo[];
  /** From request to first piece, ms. Default 1. */
  readonly firstMs?: number;
  /** Between pieces, ms. Default 1. */
  readonly pieceMs?: number;
  /** `manual`: each piece waits for {@link FakeModelClient.release}. */
  readonly gate?: 'open' | 'manual';
}

/** A model server in memory. Everything happens in timers of the clock, so the same seed makes the same run. */
export class FakeModelClient implements ModelClient {
  /** Every request ever made, oldest first. */
  readonly requests: readonly FakeGenerationRecord[];
  answer: (request: GenerationRequest, index: number) => FakeAnswer;
  models: readonly ModelInfo[];
  /** Counts at once, also for generations under way. */
  gate: 'open' | 'manual';
  /** What is in memory. */
  loaded: readonly LoadedModel[] = [];
  /** Downloads under way, by name: the test plays Ollama. */
  readonly pulls = new Map<string, PullSink>();
  readonly #options: FakeModelClientOptions;
  readonly #generations: FakeGeneration[] = [];
  readonly #changed = new Emitter<OllamaStatus>();
  #status: OllamaStatus = { state: 'ok', url: 'http://127.0.0.1:11434', version: '0.33.0', standIn: true };
  #disposed = false;
  /** Pieces that may still go out, all generations together. */
  #permits = 0;

  constructor(options: FakeModelClientOptions) {
    this.#options = options;
    this.answer = options.answer ?? repeatQuestion;
    this.models = options.models ?? [{ name: 'fake:latest', capabilities: ['completion'] }];
    this.gate = options.gate ?? 'open';
    this.requests = this.#generations;
  }

  get status(): OllamaStatus {
    return this.#status;
  }

  get onDidChangeStatus(): Event<OllamaStatus> {
    return this.#changed.event;
  }

  /** Generations that are neither ended nor stopped. */
  get running(): number {
    return this.#generations.filter((generation) => generation.state === 'running').length;
  }

  /** Starts, stops or otherwise changes the model server. Generations under way break off when it is no longer reachable. */
  setStatus(status: OllamaStatus): void {
    if (JSON.stringify(status) === JSON.stringify(this.#status)) return;
    this.#status = status;
    if (unreachable(status.state)) for (const generation of this.#generations) generation.breakOff();
    this.#changed.fire(status);
  }

  /** With a manual gate: lets the next `count` pieces out, oldest generation first. */
  release(count = 1): void {
    this.#permits += count;
    for (const generation of this.#generations) generation.wake();
  }

  check(): Promise<OllamaStatus> {
    return Promise.resolve(this.#status);
  }

  listModels(): Promise<readonly ModelInfo[]> {
    const error = unreachable(this.#status.state);
    return error ? Promise.reject(new TunnelError(error)) : Promise.resolve(this.models);
  }

  generate(request: GenerationRequest, sink: GenerationSink): Disposable {
    if (this.#disposed) return toDisposable(() => undefined);
    const { clock, firstMs = 1, pieceMs = 1 } = this.#options;
    const index = this.#generations.length;
    const generation = new FakeGeneration(request, sink, {
      clock,
      firstMs,
      pieceMs,
      plan: () => this.#plan(request, index),
      mayPass: () => this.gate === 'open' || this.#takePermit(),
    });
    this.#generations.push(generation);
    return generation;
  }

  listLoaded(): Promise<readonly LoadedModel[]> {
    const error = unreachable(this.#status.state);
    return error ? Promise.reject(new TunnelError(error)) : Promise.resolve(this.loaded);
  }

  unload(model: string): Promise<void> {
    this.loaded = this.loaded.filter(({ name }) => name !== model);
    return Promise.resolve();
  }

  deleteModel(model: string): Promise<void> {
    if (!this.models.some(({ name }) => name === model)) return Promise.reject(new TunnelError('ollamaModelMissing'));
    this.models = this.models.filter(({ name }) => name !== model);
    return this.unload(model);
  }

  pull(model: string, sink: PullSink): Disposable {
    this.pulls.set(model, sink);
    return toDisposable(() => {
      if (this.pulls.get(model) === sink) this.pulls.delete(model);
    });
  }

  dispose(): void {
    this.#disposed = true;
    for (const generation of this.#generations) generation.dispose();
    this.#changed.dispose();
  }

  #takePermit(): boolean {
    if (this.#permits === 0) return false;
    this.#permits--;
    return true;
  }

  #plan(request: GenerationRequest, index: number): FakeAnswer {
    const error = unreachable(this.#status.state);
    if (error) return { pieces: [], end: new TunnelError(error) };
    if (!this.models.some((model) => model.name === request.model))
      return { pieces: [], end: new TunnelError('ollamaModelMissing', request.model) };
    return this.answer(request, index);
  }
}

interface FakeGenerationOptions {
  readonly clock: Clock;
  readonly firstMs: number;
  readonly pieceMs: number;
  readonly plan: () => FakeAnswer;
  readonly mayPass: () => boolean;
}

class FakeGeneration implements FakeGenerationRecord, Disposable {
  readonly request: GenerationRequest;
  state: 'running' | 'ended' | 'failed' | 'stopped' = 'running';
  sent = 0;
  readonly #sink: GenerationSink;
  readonly #options: FakeGenerationOptions;
  readonly #startedAt: number;
  #answer: FakeAnswer | undefined;
  #timer: Disposable | undefined;
  #waitsAtGate = false;

  constructor(request: GenerationRequest, sink: GenerationSink, options: FakeGenerationOptions) {
    this.request = request;
    this.#sink = sink;
    this.#options = options;
    this.#startedAt = options.clock.monotonic();
    this.#later(0, () => {
      this.#begin();
    });
  }

  wake(): void {
    if (this.#waitsAtGate) this.#next(0);
  }

  /** The model server has gone away. */
  breakOff(): void {
    if (this.state !== 'running') return;
    this.#later(0, () => {
      this.#fail(new TunnelError('ollamaEndedEarly'));
    });
  }

  dispose(): void {
    if (this.state === 'running') this.#finish('stopped');
  }

  #begin(): void {
    const answer = this.#options.plan();
    this.#answer = answer;
    const error = answer.end;
    if (answer.pieces.length === 0 && error instanceof TunnelError) {
      this.#fail(error);
      return;
    }
    this.#sink.onLoading();
    this.#later(this.#options.firstMs, () => {
      this.#think(0);
    });
  }

  #think(index: number): void {
    const thought = this.#answer?.thoughts?.[index];
    if (thought === undefined) {
      this.#step();
      return;
    }
    this.#sink.onThought(thought);
    this.#later(this.#options.pieceMs, () => {
      this.#think(index + 1);
    });
  }

  #next(delayMs: number): void {
    this.#waitsAtGate = false;
    this.#later(delayMs, () => {
      this.#step();
    });
  }

  #step(): void {
    const piece = this.#answer?.pieces[this.sent];
    if (piece === undefined) {
      this.#end();
      return;
    }
    if (!this.#options.mayPass()) {
      this.#waitsAtGate = true;
      return;
    }
    this.sent++;
    this.#sink.onText(piece);
    this.#next(this.sent === this.#answer?.pieces.length ? 0 : this.#options.pieceMs);
  }

  #end(): void {
    const end = this.#answer?.end ?? 'done';
    if (end === 'hang') return;
    if (end !== 'done') {
      this.#fail(end === 'early' ? new TunnelError('ollamaEndedEarly') : end);
      return;
    }
    this.#finish('ended');
    const totalMs = this.#options.clock.monotonic() - this.#startedAt;
    this.#sink.onEnd({
      totalMs,
      loadMs: 0,
      promptTokens: 1,
      promptMs: 0,
      answerTokens: this.sent,
      answerMs: totalMs,
      reason: this.#answer?.reason ?? 'stop',
    });
  }

  #fail(error: TunnelError): void {
    this.#finish('failed');
    this.#sink.onError(error);
  }

  #finish(state: 'ended' | 'failed' | 'stopped'): void {
    this.state = state;
    this.#waitsAtGate = false;
    this.#timer?.dispose();
  }

  /** One timer at a time; nothing runs once the generation is over. */
  #later(delayMs: number, task: () => void): void {
    if (this.state !== 'running') return;
    this.#timer?.dispose();
    this.#timer = this.#options.clock.after(delayMs, task);
  }
}

function repeatQuestion(request: GenerationRequest): FakeAnswer {
  const question = request.messages.at(-1)?.content ?? '';
  return { pieces: `You asked: ${question}`.match(/\s*\S+|\s+$/g) ?? [] };
}

/** Why nothing can be asked in this state. */
function unreachable(state: OllamaState): ErrorCode | undefined {
  switch (state) {
    case 'notInstalled':
      return 'ollamaNotInstalled';
    case 'notRunning':
      return 'ollamaNotRunning';
    case 'wrongHost':
      return 'ollamaWrongHost';
    case 'blocked':
      return 'ollamaBlocked';
    case 'foreign':
      return 'ollamaForeign';
    case 'unknown':
    case 'ok':
    case 'noModels':
      return undefined;
  }
}
