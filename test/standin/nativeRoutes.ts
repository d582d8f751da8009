import type { AnswerItem } from './answer.ts';
import { collectAnswer } from './collectAnswer.ts';
import type { Exchange } from './exchange.ts';
import { readAsked, runModel, type Asked } from './generating.ts';
import { goJson } from './goJson.ts';
import { LineWriter } from './lineWriter.ts';
import { Refusal } from './refusal.ts';
import type { ScriptedToolCall } from './script.ts';
import type { StandInState } from './state.ts';

/** POST /api/chat and /api/generate. */
export async function answerNatively(exchange: Exchange, state: StandInState, isChat: boolean): Promise<void> {
  const asked = readAsked(exchange, state, isChat, exchange.json());
  if (asked.isEmpty) {
    for await (const item of runModel(exchange, state, asked)) throw new Error(`an empty request was answered with ${item.kind}`);
    const done_reason = asked.keepAliveMs === 0 ? 'unload' : 'load';
    exchange.sendJson(200, { ...head(state, asked), ...textField(asked, ''), done: true, done_reason });
  } else if (asked.stream) await stream(exchange, state, asked);
  else await answerAtOnce(exchange, state, asked);
}

async function stream(exchange: Exchange, state: StandInState, asked: Asked): Promise<void> {
  const writer = new LineWriter(exchange, state.clock, 'application/x-ndjson');
  for await (const item of runModel(exchange, state, asked)) {
    switch (item.kind) {
      case 'text':
      case 'thinking':
      case 'toolCalls':
        await writer.line(goJson({ ...head(state, asked), ...fields(asked, item), done: false }));
        break;
      case 'done':
        await writer.line(doneLine(exchange, state, asked, item), true);
        break;
      case 'error':
        if (exchange.record.firstByteAt === undefined) throw new Refusal(500, { error: item.text }, 'application/json');
        await writer.line(goJson({ error: item.text }), true);
        break;
      case 'cut':
        if (item.how !== 'cleanEnd') await writer.break(item.how);
    }
  }
  await writer.end();
}

async function answerAtOnce(exchange: Exchange, state: StandInState, asked: Asked): Promise<void> {
  const whole = await collectAnswer(exchange, state, asked);
  if (!whole) return;
  const { text, thinking, calls, reason, counters } = whole;
  const message = { ...textField(asked, text, thinking), ...toolField(calls) };
  exchange.sendJson(200, { ...head(state, asked), ...message, done: true, done_reason: reason, ...counters });
}

function doneLine(exchange: Exchange, state: StandInState, asked: Asked, item: Extract<AnswerItem, { kind: 'done' }>): string {
  const message =
    item.calls.length > 0 && asked.isChat
      ? { message: { role: 'assistant', content: '', ...toolField(item.calls) } }
      : textField(asked, '');
  const context = asked.isChat ? {} : { context: [1, 2, 3] };
  const line = { ...head(state, asked), ...message, done: true, done_reason: item.reason, ...context, ...item.counters };
  const text = goJson(line);
  const missing = exchange.knobs.lineSize - text.length;
  return missing > 0 ? `${text.slice(0, -1)},"context":[${'12345,'.repeat(Math.ceil(missing / 6))}1]}` : text;
}

function head(state: StandInState, asked: Asked): object {
  return { model: asked.requested, created_at: state.now() };
}

function fields(asked: Asked, item: Extract<AnswerItem, { kind: 'text' | 'thinking' | 'toolCalls' }>): object {
  if (item.kind === 'text') return textField(asked, item.text);
  if (item.kind === 'thinking') return textField(asked, '', item.text);
  return { message: { role: 'assistant', content: '', ...toolField(item.calls) } };
}

function textField(asked: Asked, text: string, thinking = ''): object {
  const thought = thinking === '' ? {} : { thinking };
  return asked.isChat ? { message: { role: 'assistant', content: text, ...thought } } : { response: text, ...thought };
}

function toolField(calls: readonly ScriptedToolCall[]): object {
  if (calls.length === 0) return {};
  return { tool_calls: calls.map((call, index) => ({ id: `call_${String(index).padStart(8, '0')}`, function: { index, ...call } })) };
}
