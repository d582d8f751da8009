import type { Exchange } from './exchange.ts';
import { readAsked, runModel } from './generating.ts';
import { goJson } from './goJson.ts';
import { LineWriter } from './lineWriter.ts';
import { Refusal } from './refusal.ts';
import type { StandInState } from './state.ts';

/** POST /v1/chat/completions: a translation of each native write, with the swallowed error that comes of it. */
export async function answerChatCompletions(exchange: Exchange, state: StandInState): Promise<void> {
  try {
    await translate(exchange, state);
  } catch (error) {
    throw error instanceof Refusal ? openAiRefusal(error) : error;
  }
}

async function translate(exchange: Exchange, state: StandInState): Promise<void> {
  const body = exchange.json();
  if (Array.isArray(body['messages']) && body['messages'].length === 0) throw Refusal.json(400, "[] is too short - 'messages'");
  const wantsUsage = (body['stream_options'] as { include_usage?: unknown } | undefined)?.include_usage === true;
  const asked = readAsked(exchange, state, true, {
    ...body,
    stream: body['stream'] === true,
    keep_alive: undefined,
    options: { num_predict: body['max_tokens'] },
  });
  const id = `chatcmpl-${String(asked.view.index % 999)}`;
  const created = Math.floor(state.clock.now() / 1000);
  const base = { id, object: 'chat.completion.chunk', created, model: asked.requested, system_fingerprint: 'fp_ollama' };
  const writer = new LineWriter(exchange, state.clock, 'text/event-stream');
  const event = (value: unknown): Promise<void> => writer.line(`data: ${typeof value === 'string' ? value : goJson(value)}\n`);
  let role: object = { role: 'assistant' };
  let whole = '';

  for await (const item of runModel(exchange, state, asked)) {
    if (item.kind === 'text') whole += item.text;
    if (!asked.stream && item.kind !== 'done') {
      if (item.kind === 'error') throw Refusal.json(500, item.text);
      continue;
    }
    switch (item.kind) {
      case 'text':
      case 'thinking': {
        const delta = item.kind === 'text' ? { ...role, content: item.text } : { ...role, content: '', reasoning: item.text };
        await event({ ...base, choices: [{ index: 0, delta, finish_reason: null }] });
        role = {};
        break;
      }
      case 'toolCalls':
        break;
      case 'error':
        if (exchange.record.firstByteAt === undefined) throw Refusal.json(500, item.text);
        if (exchange.knobs.faithfulErrors)
          await event({ ...base, model: '', choices: [{ index: 0, delta: { content: '' }, finish_reason: null }] });
        else await event({ error: { message: item.text, type: 'api_error', param: null, code: null } });
        break;
      case 'cut':
        if (item.how !== 'cleanEnd') await writer.break(item.how);
        break;
      case 'done': {
        const { prompt_eval_count: prompt_tokens, eval_count: completion_tokens } = item.counters;
        const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
        if (!asked.stream) {
          const choices = [{ index: 0, message: { role: 'assistant', content: whole }, finish_reason: item.reason }];
          exchange.sendJson(200, { ...base, object: 'chat.completion', choices, usage });
          return;
        }
        await event({ ...base, choices: [{ index: 0, delta: {}, finish_reason: item.reason }] });
        if (wantsUsage) await event({ ...base, choices: [], usage });
        await event('[DONE]');
      }
    }
  }
  await writer.end();
}

function openAiRefusal(refusal: Refusal): Refusal {
  const text = typeof refusal.body === 'object' && 'error' in refusal.body ? String(refusal.body.error) : '';
  const type = refusal.status === 404 ? 'not_found_error' : refusal.status < 500 ? 'invalid_request_error' : 'api_error';
  return new Refusal(refusal.status, { error: { message: text, type, param: null, code: null } });
}
