import { utf8 } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { ConversationEvent } from '../protocol/chat.ts';
import type { AnswerState, AnswerStats, ChatMessage } from '../protocol/chatMessage.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { CHECKPOINT_BYTES, CHECKPOINT_INTERVAL_MS, MAX_ANSWER_BYTES, MAX_CHUNK_UNITS } from '../protocol/limits.ts';
import type { AnswerUpdate, GenerationSink } from './ports.ts';
import { HeldText } from './heldText.ts';
import { pieceAt, piecesOf } from './textPieces.ts';
import { ThinkingTime } from './thinking.ts';

/** How an answer ended. */
export interface AnswerEnd {
  readonly state: Extract<AnswerState, 'done' | 'stopped' | 'interrupted' | 'error'>;
  readonly error?: ErrorCode;
  readonly errorDetail?: string;
  readonly stats?: AnswerStats;
}

export interface GenerationOptions {
  readonly clock: Clock;
  readonly conversationId: string;
  /** The answer as committed: empty, or what is to be gone on with. */
  readonly answer: ChatMessage;
  /** @throws TunnelError `storeFailed` */
  readonly save: (update: AnswerUpdate) => void;
  readonly publish: (...events: readonly ConversationEvent[]) => void;
  /** A piece has come from the model: Ollama sends one a token. */
  readonly onToken: () => void;
  /** The first piece has come. */
  readonly onBegin: () => void;
  /** The answer has ended, and viewers know. */
  readonly onEnd: () => void;
  /** The ended answer is stored; until then {@link Generation.message} is its only copy. */
  readonly onStored: () => void;
}

const SAVE_AGAIN_AFTER_MS = 5_000;
const MAX_DETAIL_UNITS = 500;
const MAX_UTF8_BYTES_PER_UNIT = 3;
const tooLong: AnswerEnd = { state: 'interrupted', error: 'messageTooLong' };

/** One run of the model: waiting, loading, streaming, then exactly one end. Hears the model, tells the viewers, stores. */
export class Generation implements GenerationSink {
  readonly #options: GenerationOptions;
  #message: ChatMessage;
  #phase: 'running' | 'ended' = 'running';
  #model: Disposable | undefined;
  #timer: Disposable | undefined;
  readonly #text = new HeldText();
  readonly #thoughts = new HeldText();
  readonly #thinking: ThinkingTime;
  #flushPlanned = false;
  /** More has come than an answer may hold. */
  #isFull = false;
  /** Bytes of the answer and its thinking, and of their last checkpoint. */
  #bytes: number;
  #bytesStored: number;

  constructor(options: GenerationOptions) {
    this.#options = options;
    this.#message = options.answer;
    const { text, thinking = '', thinkingMs } = options.answer;
    this.#bytes = this.#bytesStored = utf8(text).length + utf8(thinking).length;
    this.#thinking = new ThinkingTime(options.clock, thinkingMs);
  }

  /** The answer as viewers have been told. */
  get message(): ChatMessage {
    return this.#message;
  }

  get isRunning(): boolean {
    return this.#phase === 'running';
  }

  /** Asks the model. Called once; nothing happens when it was stopped before. */
  start(ask: (sink: GenerationSink) => Disposable): void {
    if (!this.isRunning) return;
    try {
      this.#model = ask(this);
    } catch (error) {
      this.onError(TunnelError.from(error));
    }
  }

  onLoading(): void {
    if (this.isRunning && this.#message.state === 'waiting') this.#publishState('loading');
  }

  onText(text: string): void {
    if (!this.isRunning || text === '') return;
    this.#hold(this.#text, text);
  }

  onThought(text: string): void {
    if (!this.isRunning || text === '') return;
    this.#thinking.begin();
    this.#hold(this.#thoughts, text);
  }

  #hold(held: HeldText, text: string): void {
    this.#options.onToken();
    held.add(text);
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    this.#options.clock.defer(() => {
      this.#flushPlanned = false;
      this.#flush();
    });
  }

  onEnd(stats: AnswerStats): void {
    this.end({ state: 'done', stats });
  }

  onError(error: TunnelError): void {
    const hasText = this.#message.text !== '' || !this.#text.isEmpty;
    const detail = error.detail === undefined ? {} : { errorDetail: error.detail.slice(0, MAX_DETAIL_UNITS) };
    this.end({ state: hasText ? 'interrupted' : 'error', error: error.code, ...detail });
  }

  /** Ends the answer; the model, if still at work, is stopped. What has come is kept. The first end counts. */
  end(how: AnswerEnd): void {
    if (!this.isRunning) return;
    this.#phase = 'ended';
    this.#model?.dispose();
    this.#timer?.dispose();
    // Half a character is text only when the model meant to end with it.
    const isAll = how.state === 'done';
    const thoughts = this.#think(this.#fit(this.#thoughts.take(isAll)), true);
    const pieces = piecesOf(this.#fit(this.#text.take(isAll)), MAX_CHUNK_UNITS);
    const chunks = [...thoughts, ...this.#append(pieces.length === 0 ? [''] : pieces, true)];
    this.#message = { ...this.#message, ...(this.#isFull ? tooLong : how) };
    const stored = this.#trySave();
    if (!stored) this.#message = { ...this.#message, state: 'interrupted', error: 'storeFailed' };
    const { state = how.state, error, errorDetail, stats } = this.#message;
    this.#options.publish(...chunks, {
      type: 'answerState',
      answerId: this.#message.id,
      state,
      ...(error === undefined ? {} : { error }),
      ...(errorDetail === undefined ? {} : { errorDetail }),
      ...(stats === undefined ? {} : { stats }),
    });
    if (stored) this.#options.onStored();
    else this.#saveAgainLater();
    this.#options.onEnd();
  }

  /** No more tries to store; at the next start the answer is `interrupted` at its last checkpoint. */
  abandon(): void {
    this.end({ state: 'interrupted' });
    this.#timer?.dispose();
  }

  #flush(): void {
    if (!this.isRunning) return;
    const thought = this.#fit(this.#thoughts.take(false));
    const text = this.#fit(this.#text.take(false));
    if (thought !== '' || text !== '') this.#publishText(thought, text);
    this.#keepUp();
  }

  /** Stores what is due, unless a viewer has stopped it just now. */
  #keepUp(): void {
    if (!this.isRunning) return;
    if (this.#isFull) this.end(tooLong);
    else if (this.#bytes - this.#bytesStored >= CHECKPOINT_BYTES) this.#checkpoint();
    else if (this.#bytes > this.#bytesStored)
      this.#timer ??= this.#options.clock.after(CHECKPOINT_INTERVAL_MS, () => {
        this.#checkpoint();
      });
  }

  #publishText(thought: string, text: string): void {
    const begins = this.#message.state !== 'streaming';
    const states = begins ? [this.#stateEvent('streaming')] : [];
    const thoughts = this.#think(thought, text !== '');
    this.#options.publish(...states, ...thoughts, ...this.#append(piecesOf(text, MAX_CHUNK_UNITS), false));
    if (begins) this.#options.onBegin();
  }

  /** What of it still fits the answer. */
  #fit(text: string): string {
    const room = MAX_ANSWER_BYTES - this.#bytes;
    const bytes = utf8(text).length;
    this.#isFull ||= bytes > room;
    const fitting = bytes > room ? pieceAt(text, 0, Math.floor(room / MAX_UTF8_BYTES_PER_UNIT)) : text;
    this.#bytes += fitting === text ? bytes : utf8(fitting).length;
    return fitting;
  }

  /** Adds to what is thought. @param isOver it has ended, so how long it took is said even if nothing was added */
  #think(thought: string, isOver: boolean): ConversationEvent[] {
    if (!this.#thinking.isThinking) return [];
    const { ms } = this.#thinking;
    if (isOver) this.#thinking.end();
    const pieces = piecesOf(thought, MAX_CHUNK_UNITS);
    return (pieces.length === 0 && isOver ? [''] : pieces).map((text) => {
      const { id, thinking = '' } = this.#message;
      this.#message = { ...this.#message, thinking: thinking + text, thinkingMs: ms };
      return { type: 'thought', answerId: id, offset: thinking.length, text, ms };
    });
  }

  #append(pieces: readonly string[], isEnd: boolean): ConversationEvent[] {
    const { id, nextSequence = 0, text } = this.#message;
    const { conversationId, clock } = this.#options;
    const timestamp = clock.now();
    const added = pieces.join('');
    this.#message = { ...this.#message, text: text + added, nextSequence: nextSequence + pieces.length };
    return pieces.map((chunk, index) => {
      const isComplete = isEnd && index === pieces.length - 1;
      return { type: 'chunk', message: { id, conversationId, chunk, isComplete, sequence: nextSequence + index, timestamp } };
    });
  }

  #publishState(state: AnswerState): void {
    this.#options.publish(this.#stateEvent(state));
  }

  #stateEvent(state: AnswerState): ConversationEvent {
    this.#message = { ...this.#message, state };
    return { type: 'answerState', answerId: this.#message.id, state };
  }

  #checkpoint(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    if (!this.isRunning) return;
    if (this.#trySave()) this.#bytesStored = this.#bytes;
    else this.end({ state: 'interrupted', error: 'storeFailed' });
  }

  #trySave(): boolean {
    const { text, thinking, thinkingMs, state = 'waiting', nextSequence = 0, stats, error, errorDetail } = this.#message;
    try {
      this.#options.save({
        text,
        state,
        nextSequence,
        ...(thinking === undefined ? {} : { thinking }),
        ...(thinkingMs === undefined ? {} : { thinkingMs }),
        ...(stats === undefined ? {} : { stats }),
        ...(error === undefined ? {} : { error }),
        ...(errorDetail === undefined ? {} : { errorDetail }),
      });
      return true;
    } catch {
      // The hub has logged why; viewers learn it from the answer's state.
      return false;
    }
  }

  #saveAgainLater(): void {
    this.#timer = this.#options.clock.after(SAVE_AGAIN_AFTER_MS, () => {
      if (this.#trySave()) this.#options.onStored();
      else this.#saveAgainLater();
    });
  }
}
