import type { Counters } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { readAsked } from './generating.ts';
import { Refusal } from './refusal.ts';
import type { StandInState } from './state.ts';
import { answerV1, refusingAs, textOf, type NamedCall, type Translator, type V1Event } from './v1Answer.ts';

/** POST /v1/messages (`anthropic/anthropic.go`, `middleware/anthropic.go`). */
export async function answerMessages(exchange: Exchange, state: StandInState): Promise<void> {
  await refusingAs(
    (status, text) => anthropicError(status, text, state.asked),
    async () => {
      const body = exchange.json();
      const messages = body['messages'];
      if (typeof body['model'] !== 'string' || body['model'] === '') throw Refusal.json(400, 'model is required');
      if (!(Number(body['max_tokens']) > 0)) throw Refusal.json(400, 'max_tokens is required and must be positive');
      if (!Array.isArray(messages) || messages.length === 0) throw Refusal.json(400, 'messages is required');
      const system = body['system'] === undefined ? [] : [{ role: 'system', content: textOf(body['system']) }];
      const asked = readAsked(exchange, state, true, {
        model: body['model'],
        messages: [...system, ...messages.flatMap(toNative)],
        tools: body['tools'],
        stream: body['stream'] === true,
        options: { num_predict: body['max_tokens'] },
      });
      const id = `msg_${String(asked.view.index).padStart(24, '0')}`;
      await answerV1(exchange, state, asked, new MessagesTranslator(id, asked.requested, estimateTokens(body)));
    },
  );
}

function toNative(message: unknown): object[] {
  const { role, content } = message as { role?: unknown; content?: unknown };
  const blocks = (Array.isArray(content) ? content : []) as Readonly<Record<string, unknown>>[];
  const results = blocks.filter(({ type }) => type === 'tool_result');
  return [
    ...results.map((block) => ({ role: 'tool', content: textOf(block['content']) })),
    ...(results.length < blocks.length || blocks.length === 0 ? [{ role, content: textOf(content) }] : []),
  ];
}

/** A rough guess, a token for four characters; tools and their results count by their JSON. */
function estimateTokens({ messages, system, tools }: Readonly<Record<string, unknown>>): number {
  const length = (content: unknown): number => {
    if (typeof content === 'string') return content.length;
    const blocks = (content ?? []) as Readonly<Record<string, unknown>>[];
    const isTool = (type: unknown): boolean => type === 'tool_use' || type === 'tool_result';
    return blocks.reduce((sum, block) => sum + (isTool(block['type']) ? JSON.stringify(block).length : textOf([block]).length), 0);
  };
  let total = length(system);
  for (const { role, content } of messages as { role: string; content: unknown }[]) total += role.length + length(content);
  for (const { name, description = '', input_schema = '' } of (tools ?? []) as {
    name: string;
    description?: string;
    input_schema?: object;
  }[])
    total += name.length + description.length + JSON.stringify(input_schema).length;
  return Math.max(1, Math.floor(total / 4));
}

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  503: 'overloaded_error',
};

function anthropicError(status: number, message: string, index: number): object {
  const error = { type: errorTypes[status] ?? 'api_error', message };
  return { type: 'error', error, request_id: `req_${String(index).padStart(24, '0')}` };
}

class MessagesTranslator implements Translator {
  readonly swallowed: readonly V1Event[] = [];
  readonly #head: object;
  readonly #estimate: number;
  #hasBegun = false;
  #index = 0;
  #open: 'thinking' | 'text' | undefined;
  #hasCalled = false;

  constructor(id: string, model: string, estimate: number) {
    this.#head = { id, type: 'message', role: 'assistant', model };
    this.#estimate = estimate;
  }

  piece(text: string, thinking: string): V1Event[] {
    const kind = text === '' ? 'thinking' : 'text';
    const delta = kind === 'text' ? { type: 'text_delta', text } : { type: 'thinking_delta', thinking };
    const events = this.#begin();
    if (this.#open !== kind) {
      events.push(...this.#close(), named('content_block_start', { index: this.#index, content_block: { type: kind, [kind]: '' } }));
      this.#open = kind;
    }
    events.push(named('content_block_delta', { index: this.#index, delta }));
    return events;
  }

  calls(calls: readonly NamedCall[]): V1Event[] {
    const events = [...this.#begin(), ...this.#close()];
    this.#hasCalled = true;
    for (const { id, name, arguments: given } of calls) {
      const index = this.#index++;
      events.push(
        named('content_block_start', { index, content_block: { type: 'tool_use', id, name, input: {} } }),
        named('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: JSON.stringify(given) } }),
        named('content_block_stop', { index }),
      );
    }
    return events;
  }

  done(reason: string, counters: Counters): V1Event[] {
    return [
      ...this.#begin(),
      ...this.#close(),
      named('message_delta', { delta: { stop_reason: stopReason(reason, this.#hasCalled) }, usage: usageOf(counters) }),
      named('message_stop', {}),
    ];
  }

  error(message: string): V1Event[] {
    return [named('error', { error: { type: 'api_error', message } })];
  }

  whole({ text, thinking, calls, reason, counters }: Parameters<Translator['whole']>[0]): object {
    const content = [
      ...(thinking === '' ? [] : [{ type: 'thinking', thinking }]),
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...calls.map(({ id, name, arguments: input }) => ({ type: 'tool_use', id, name, input })),
    ];
    return { ...this.#head, content, stop_reason: stopReason(reason, calls.length > 0), usage: usageOf(counters) };
  }

  #begin(): V1Event[] {
    if (this.#hasBegun) return [];
    this.#hasBegun = true;
    return [named('message_start', { message: { ...this.#head, content: [], usage: { input_tokens: this.#estimate, output_tokens: 0 } } })];
  }

  #close(): V1Event[] {
    if (this.#open === undefined) return [];
    this.#open = undefined;
    return [named('content_block_stop', { index: this.#index++ })];
  }
}

function named(type: string, data: object): V1Event {
  return { event: type, data: { type, ...data } };
}

function usageOf({ prompt_eval_count: input_tokens, eval_count: output_tokens }: Counters): object {
  return { input_tokens, output_tokens };
}

function stopReason(reason: string, hasCalls: boolean): string {
  if (hasCalls) return 'tool_use';
  return reason === 'length' ? 'max_tokens' : 'end_turn';
}
