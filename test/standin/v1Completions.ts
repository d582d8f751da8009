import type { Counters } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { readAsked } from './generating.ts';
import { Refusal } from './refusal.ts';
import type { StandInState } from './state.ts';
import { answerV1, openAiError, refusingAs, textOf, type NamedCall, type Translator, type V1Event } from './v1Answer.ts';

/** POST /v1/chat/completions and /v1/completions (`openai/openai.go`). */
export async function answerCompletions(exchange: Exchange, state: StandInState, isChat: boolean): Promise<void> {
  await refusingAs(openAiError, async () => {
    const body = exchange.json();
    const messages = body['messages'];
    if (isChat && (!Array.isArray(messages) || messages.length === 0)) throw Refusal.json(400, "[] is too short - 'messages'");
    const asked = readAsked(exchange, state, isChat, {
      model: body['model'],
      messages: Array.isArray(messages) ? messages.map(toNative) : [],
      prompt: body['prompt'],
      tools: body['tools'],
      stream: body['stream'] === true,
      options: { num_predict: body['max_tokens'] ?? undefined },
    });
    const wantsUsage = (body['stream_options'] as { include_usage?: unknown } | null | undefined)?.include_usage === true;
    const created = Math.floor(state.clock.now() / 1000);
    const number = String(asked.view.index % 999);
    const base = { created, model: asked.requested, system_fingerprint: 'fp_ollama' };
    const translator = isChat
      ? chatTranslator({ id: `chatcmpl-${number}`, object: 'chat.completion.chunk', ...base }, wantsUsage)
      : textTranslator({ id: `cmpl-${number}`, object: 'text_completion', ...base }, wantsUsage);
    await answerV1(exchange, state, asked, translator);
  });
}

function toNative(message: unknown): object {
  const { role, content } = message as { role?: unknown; content?: unknown };
  return { role, content: textOf(content) };
}

const usageOf = ({ prompt_eval_count: prompt_tokens, eval_count: completion_tokens }: Counters): object => ({
  prompt_tokens,
  completion_tokens,
  total_tokens: prompt_tokens + completion_tokens,
});

const callsOf = (calls: readonly NamedCall[]): object[] =>
  calls.map(({ id, name, arguments: given }, index) => ({
    id,
    index,
    type: 'function',
    function: { name, arguments: JSON.stringify(given) },
  }));

const laterError = (text: string): V1Event[] => [{ data: openAiError(500, text) }];

function chatTranslator(base: object, wantsUsage: boolean): Translator {
  let role: object = { role: 'assistant' };
  let hasCalled = false;
  const chunk = (delta: object, finish_reason: string | null = null): V1Event => {
    const event = { data: { ...base, choices: [{ index: 0, delta: { ...role, ...delta }, finish_reason }] } };
    role = {};
    return event;
  };
  return {
    piece: (content, reasoning) => [chunk({ content, ...(reasoning === '' ? {} : { reasoning }) })],
    calls: (calls) => {
      hasCalled = true;
      return [chunk({ content: '', tool_calls: callsOf(calls) })];
    },
    done: (reason, counters) => [
      chunk({}, hasCalled ? 'tool_calls' : reason),
      ...(wantsUsage ? [{ data: { ...base, choices: [], usage: usageOf(counters) } }] : []),
      { data: '[DONE]' },
    ],
    swallowed: [{ data: { ...base, model: '', choices: [{ index: 0, delta: { content: '' }, finish_reason: null }] } }],
    error: laterError,
    whole: ({ text, thinking, calls, reason, counters }) => {
      const reasoning = thinking === '' ? {} : { reasoning: thinking };
      const message = { role: 'assistant', content: text, ...reasoning, ...(calls.length > 0 ? { tool_calls: callsOf(calls) } : {}) };
      const choices = [{ index: 0, message, finish_reason: calls.length > 0 ? 'tool_calls' : reason }];
      return { ...base, object: 'chat.completion', choices, usage: usageOf(counters) };
    },
  };
}

function textTranslator(base: object, wantsUsage: boolean): Translator {
  const noUsage = wantsUsage ? { usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } } : {};
  const chunk = (text: string, finish_reason: string | null): V1Event => ({
    data: { ...base, choices: [{ text, index: 0, finish_reason }], ...noUsage },
  });
  return {
    piece: (text) => [chunk(text, null)],
    calls: () => [],
    done: (reason, counters) => [
      chunk('', reason),
      ...(wantsUsage ? [{ data: { ...base, choices: [], usage: usageOf(counters) } }] : []),
      { data: '[DONE]' },
    ],
    swallowed: [{ data: { ...base, model: '', choices: [{ text: '', index: 0, finish_reason: null }] } }],
    error: laterError,
    whole: ({ text, reason, counters }) => ({
      ...base,
      choices: [{ text, index: 0, finish_reason: reason }],
      usage: usageOf(counters),
    }),
  };
}
