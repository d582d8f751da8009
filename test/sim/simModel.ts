import assert from 'node:assert/strict';
import type { Disposable } from '../../src/base/disposable.ts';
import type { GenerationRequest, GenerationSink } from '../../src/conversation/ports.ts';
import type { AnswerStats } from '../../src/protocol/chatMessage.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { FakeModelClient, type FakeAnswer } from '../fakes/fakeModelClient.ts';
import type { SimProcess } from './simProcess.ts';
import { somePieces, someText } from './simTexts.ts';
import type { SimWorld } from './simWorld.ts';

const MOST_PIECES = 32;
/** How often the last piece and the end come in one read of the model's line. */
const ENDS_AT_ONCE = 0.3;

/** Everything the model was asked for one prompt, and what it said. */
export class ModelRun {
  readonly prompt: string;
  readonly process: SimProcess;
  /** The whole answer, whether or not it was ever said to the end. */
  readonly text: string;
  /** What the hub has heard of it. */
  said = '';
  end: 'done' | 'failed' | 'stopped' | undefined;
  /** When each piece was said, in the device's waking time, and how long the answer then was. */
  readonly #steps: { readonly awakeMs: number; readonly length: number }[] = [];

  constructor(prompt: string, process: SimProcess, text: string) {
    this.prompt = prompt;
    this.process = process;
    this.text = text;
  }

  say(piece: string): void {
    this.said += piece;
    this.#steps.push({ awakeMs: this.process.awakeMs, length: this.said.length });
  }

  /** Units said until `awakeMs`. */
  lengthAt(awakeMs: number): number {
    return this.#steps.findLast((step) => step.awakeMs <= awakeMs)?.length ?? 0;
  }
}

/** All that was ever asked of any model in one world. */
export class ModelLog {
  readonly runs = new Map<string, ModelRun>();
  /** The longest that an answer may take, ms. */
  longestMs = 0;
  readonly #world: SimWorld;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  /** The model beside a new device process. */
  serve(process: SimProcess): FakeModelClient {
    const { chance } = this.#world;
    // Slow more often than not, so that most of what befalls the world befalls it in the middle of an answer.
    const pieceMs = chance.float() < 0.3 ? this.#world.between(1, 50) : this.#world.between(50, 700);
    const firstMs = this.#world.between(1, 800);
    this.longestMs = Math.max(this.longestMs, firstMs + 2 * MOST_PIECES * pieceMs);
    return new WatchedModel(this.#world, this, process, { firstMs, pieceMs });
  }
}

class WatchedModel extends FakeModelClient {
  readonly #world: SimWorld;
  readonly #log: ModelLog;
  readonly #process: SimProcess;
  readonly #answers = new Map<GenerationRequest, FakeAnswer>();

  constructor(world: SimWorld, log: ModelLog, process: SimProcess, pace: { readonly firstMs: number; readonly pieceMs: number }) {
    super({ clock: process, ...pace });
    this.answer = (asked) => this.#answers.get(asked) ?? { pieces: [] };
    this.#world = world;
    this.#log = log;
    this.#process = process;
  }

  override generate(request: GenerationRequest, sink: GenerationSink): Disposable {
    const prompt = request.messages.at(-1)?.content ?? '';
    assert.ok(!this.#log.runs.has(prompt), `the model is asked twice: ${prompt.slice(0, 60)}`);
    const { pieces, end, text } = this.#plan();
    this.#answers.set(request, { pieces, end });
    const run = new ModelRun(prompt, this.#process, text);
    this.#log.runs.set(prompt, run);
    this.#world.note('model', `is asked ${JSON.stringify(prompt.slice(0, 12))}, will say ${String(text.length)} units`);
    const running = super.generate(request, watch(run, sink, this.#world.chance.float() < ENDS_AT_ONCE));
    return {
      dispose: () => {
        run.end ??= 'stopped';
        running.dispose();
      },
    };
  }

  #plan(): { readonly pieces: readonly string[]; readonly end: 'done' | 'early' | TunnelError; readonly text: string } {
    const { chance } = this.#world;
    const isLong = chance.float() < 0.03;
    const text = someText(chance, isLong ? this.#world.between(20_000, 150_000) : this.#world.between(1, 1_500));
    const pieces = somePieces(chance, text, this.#world.between(1, MOST_PIECES));
    const fate = chance.float();
    if (fate < 0.03) return { pieces: pieces.slice(0, chance.int(pieces.length)), end: 'early', text };
    if (fate < 0.05) return { pieces: [], end: new TunnelError('ollamaNotRunning'), text };
    return { pieces, end: 'done', text };
  }
}

function watch(run: ModelRun, sink: GenerationSink, endsAtOnce: boolean): GenerationSink {
  let last: string | undefined;
  return {
    onLoading: () => {
      sink.onLoading();
    },
    onText: (text) => {
      if (endsAtOnce && run.said.length + text.length === run.text.length) {
        last = text;
        return;
      }
      run.say(text);
      sink.onText(text);
    },
    onThought: (text) => {
      sink.onThought(text);
    },
    onEnd: (stats: AnswerStats) => {
      if (last !== undefined) {
        run.say(last);
        sink.onText(last);
      }
      run.end = 'done';
      sink.onEnd(stats);
    },
    onError: (error) => {
      run.end = 'failed';
      sink.onError(error);
    },
  };
}
