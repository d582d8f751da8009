import type { Counters } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { runModel, type Asked } from './generating.ts';
import { Refusal } from './refusal.ts';
import type { ScriptedToolCall } from './script.ts';
import type { StandInState } from './state.ts';

/** An answer from beginning to end. */
export interface CollectedAnswer {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly ScriptedToolCall[];
  readonly reason: string;
  readonly counters: Counters;
}

/** Lets the model answer without a stream. Undefined when the script cuts the line. @throws Refusal for an error of the script */
export async function collectAnswer(exchange: Exchange, state: StandInState, asked: Asked): Promise<CollectedAnswer | undefined> {
  let text = '';
  let thinking = '';
  let calls: readonly ScriptedToolCall[] = [];
  let whole: CollectedAnswer | undefined;
  for await (const item of runModel(exchange, state, asked)) {
    if (item.kind === 'text') text += item.text;
    else if (item.kind === 'thinking') thinking += item.text;
    else if (item.kind === 'toolCalls') calls = item.calls;
    else if (item.kind === 'error') throw Refusal.json(500, item.text);
    else if (item.kind === 'cut') exchange.kill(item.how === 'fin' ? 'fin' : 'rst');
    else whole = { text, thinking, calls: [...calls, ...item.calls], reason: item.reason, counters: item.counters };
  }
  return whole;
}
