import type { Counters } from './answer.ts';
import { collectAnswer } from './collectAnswer.ts';
import type { Exchange } from './exchange.ts';
import { runModel, type Asked } from './generating.ts';
import { goJson } from './goJson.ts';
import { LineWriter } from './lineWriter.ts';
import { Refusal } from './refusal.ts';
import type { ScriptedToolCall } from './script.ts';
import type { StandInState } from './state.ts';

/** A tool call as Ollama names it on its way out. */
export interface NamedCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** An answer that is whole. */
export interface WholeAnswer {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly NamedCall[];
  readonly reason: string;
  readonly counters: Counters;
}

/** One event of a stream; without a name it is data alone. */
export interface V1Event {
  readonly event?: string;
  readonly data: unknown;
}

/** What one API under `/v1` makes of a native answer (`middleware/`): each native write becomes some events, or the answer one value. */
export interface Translator {
  piece(text: string, thinking: string): V1Event[];
  calls(calls: readonly NamedCall[]): V1Event[];
  done(reason: string, counters: Counters): V1Event[];
  /** What becomes of a native error in mid-stream, whose text is lost. */
  readonly swallowed: readonly V1Event[];
  /** As a later version might say it. */
  error(text: string): V1Event[];
  whole(answer: WholeAnswer): object;
}

/** Runs the model and answers as the API of `translator`. @throws Refusal in Ollama's own words, Gone */
export async function answerV1(exchange: Exchange, state: StandInState, asked: Asked, translator: Translator): Promise<void> {
  if (asked.stream) await stream(exchange, state, asked, translator);
  else await answerAtOnce(exchange, state, asked, translator);
}

async function stream(exchange: Exchange, state: StandInState, asked: Asked, translator: Translator): Promise<void> {
  const writer = new LineWriter(exchange, state.clock, 'text/event-stream');
  const write = async (events: readonly V1Event[]): Promise<void> => {
    for (const { event, data } of events)
      await writer.line(`${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : goJson(data)}\n`);
  };
  for await (const item of runModel(exchange, state, asked)) {
    switch (item.kind) {
      case 'text':
        await write(translator.piece(item.text, ''));
        break;
      case 'thinking':
        await write(translator.piece('', item.text));
        break;
      case 'toolCalls':
        await write(translator.calls(named(item.calls)));
        break;
      case 'error':
        if (exchange.record.firstByteAt === undefined) throw Refusal.json(500, item.text);
        await write(exchange.knobs.faithfulErrors ? translator.swallowed : translator.error(item.text));
        break;
      case 'cut':
        if (item.how !== 'cleanEnd') await writer.break(item.how);
        break;
      case 'done':
        if (item.calls.length > 0) await write(translator.calls(named(item.calls)));
        await write(translator.done(item.reason, item.counters));
    }
  }
  await writer.end();
}

async function answerAtOnce(exchange: Exchange, state: StandInState, asked: Asked, translator: Translator): Promise<void> {
  const whole = await collectAnswer(exchange, state, asked);
  if (whole) exchange.sendJson(200, translator.whole({ ...whole, calls: named(whole.calls) }), 'application/json');
}

function named(calls: readonly ScriptedToolCall[]): NamedCall[] {
  return calls.map((call, index) => ({ id: `call_${String(index).padStart(8, '0')}`, ...call }));
}

/** Answers a refusal in Ollama's words as `word` puts it. */
export async function refusingAs(word: (status: number, text: string) => object, answer: () => void | Promise<void>): Promise<void> {
  try {
    await answer();
  } catch (error) {
    if (!(error instanceof Refusal) || typeof error.body !== 'object' || !('error' in error.body)) throw error;
    throw new Refusal(error.status, word(error.status, String(error.body.error)), 'application/json');
  }
}

/** `openai/openai.go`, NewError. */
export function openAiError(status: number, message: string): object {
  const type = status === 404 ? 'not_found_error' : status === 400 ? 'invalid_request_error' : 'api_error';
  return { error: { message, type, param: null, code: null } };
}

/** The text of a message's content, whichever of its shapes it has. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const parts = (Array.isArray(content) ? content : []) as ({ readonly text?: string } | null)[];
  return parts.map((part) => part?.text ?? '').join('');
}
