import { setTimeout as delay } from 'node:timers/promises';
import { Histogram } from '../lib/histogram.ts';
import { nowUs } from '../lib/monotonic.ts';
import { promptFor } from '../lib/tokenLine.ts';
import { AnswerMeter } from './answerMeter.ts';
import type { FromClient, Group, GroupResult, RunSpec } from './messages.ts';
import type { Question, Transport } from './transport.ts';

type StreamsSpec = Extract<RunSpec, { kind: 'streams' }>;

/** Answers at once, in groups. Latency counts within the window: from when all have begun until the first one ends. */
export class StreamsRun {
  readonly #transport: Transport;
  readonly #spec: StreamsSpec;
  readonly #say: (message: FromClient) => void;
  readonly #groups: RunningGroup[];
  readonly #faults: string[] = [];
  #window: 'before' | 'open' | 'over' = 'before';
  #isGivingUp = false;

  constructor(transport: Transport, spec: StreamsSpec, say: (message: FromClient) => void) {
    this.#transport = transport;
    this.#spec = spec;
    this.#say = say;
    let index = 0;
    this.#groups = spec.groups.map((group) => {
      const first = index;
      index += group.streams;
      return new RunningGroup(group, first);
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        const states = this.#groups.map(({ spec, tokens, running }) => `${spec.name}: ${String(tokens)} tokens, ${String(running)} open`);
        reject(new Error(`not done in time: ${states.join('; ')}`));
      });
    });
    aborted.catch(() => undefined);
    const began = this.#groups.map((group) => this.#begin(group, signal));
    const settled = Promise.all(began).then(() => delay(this.#spec.settleMs, undefined, { signal }));
    settled.then(
      () => {
        this.#openWindow();
      },
      () => undefined,
    );
    try {
      await Promise.race([Promise.all(this.#groups.filter(({ spec }) => spec.isBackground !== true).map(({ done }) => done)), aborted]);
      this.#closeWindow();
    } finally {
      this.#isGivingUp = true;
      for (const group of this.#groups) group.abort();
    }
    this.#say({ type: 'result', groups: this.#groups.map((group) => group.result()), faults: this.#faults });
  }

  #openWindow(): void {
    if (this.#window !== 'before') return;
    this.#window = 'open';
    this.#say({ type: 'window', edge: 'begin', tokens: this.#tokens });
  }

  #closeWindow(): void {
    if (this.#window !== 'open') return;
    this.#window = 'over';
    this.#say({ type: 'window', edge: 'end', tokens: this.#tokens });
  }

  get #tokens(): number {
    return this.#groups.reduce((sum, { tokens }) => sum + tokens, 0);
  }

  async #begin(group: RunningGroup, signal: AbortSignal): Promise<void> {
    const { streams, rampMs } = group.spec;
    const start = nowUs();
    for (let at = 0; at < streams; at++) {
      const waitMs = (rampMs * at) / streams - (nowUs() - start) / 1000;
      if (waitMs >= 1) await delay(waitMs, undefined, { signal });
      this.#ask(group, at);
    }
  }

  #ask(group: RunningGroup, at: number): void {
    const { spec } = group;
    const askedAt = nowUs();
    let isFirst = true;
    const meter = new AnswerMeter(spec.count, {
      onToken: ({ latencyUs, lagUs }) => {
        group.note();
        if (isFirst) group.firstToken.record(nowUs() - askedAt);
        else if (this.#window === 'open') {
          group.latency.record(latencyUs);
          group.intended.record(latencyUs + lagUs);
        }
        isFirst = false;
        if (spec.stall && meter.received === spec.stall.afterTokens) this.#stall(question, spec.stall.forMs);
      },
      onEnd: (fault) => {
        if (this.#isGivingUp) return;
        if (spec.isBackground !== true) this.#closeWindow();
        if (fault !== undefined && this.#faults.length < 10) this.#faults.push(`${spec.name} ${String(at)}: ${fault}`);
        group.onEnd(question);
      },
    });
    const question: Question = this.#transport.ask(
      promptFor({ count: spec.count, rate: spec.rate }),
      {
        onBytes: (bytes) => {
          meter.pushBytes(bytes);
        },
        onText: (text) => {
          meter.pushText(text);
        },
        onEnd: (error, finished) => {
          if (finished) meter.finish();
          else meter.end(error);
        },
      },
      { cold: false, index: group.firstIndex + at },
    );
    group.questions.add(question);
  }

  #stall(question: Question, forMs: number): void {
    question.setReading(false);
    this.#say({ type: 'stall', edge: 'begin' });
    setTimeout(() => {
      this.#say({ type: 'stall', edge: 'end' });
      question.setReading(true);
    }, forMs);
  }
}

class RunningGroup {
  readonly spec: Group;
  readonly firstIndex: number;
  readonly firstToken = new Histogram();
  readonly latency = new Histogram();
  readonly intended = new Histogram();
  readonly questions = new Set<Question>();
  readonly done: Promise<void>;
  tokens = 0;
  running: number;
  #finish: () => void = () => undefined;
  #firstAt = 0;
  #lastAt = 0;
  #longestGapUs = 0;

  constructor(spec: Group, firstIndex: number) {
    this.spec = spec;
    this.firstIndex = firstIndex;
    this.running = spec.streams;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  note(): void {
    const now = nowUs();
    if (this.tokens === 0) this.#firstAt = now;
    else this.#longestGapUs = Math.max(this.#longestGapUs, now - this.#lastAt);
    this.#lastAt = now;
    this.tokens++;
  }

  onEnd(question: Question): void {
    this.questions.delete(question);
    this.running--;
    if (this.running === 0) this.#finish();
  }

  abort(): void {
    for (const question of this.questions) question.abort();
  }

  result(): GroupResult {
    return {
      name: this.spec.name,
      tokens: this.tokens,
      rate: this.tokens > 1 ? (this.tokens - 1) / ((this.#lastAt - this.#firstAt) / 1e6) : 0,
      firstToken: this.firstToken.encode(),
      latency: this.latency.encode(),
      intended: this.intended.encode(),
      longestGapMs: this.#longestGapUs / 1000,
    };
  }
}
