import type { Counters } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { readAsked } from './generating.ts';
import type { StandInState } from './state.ts';
import { answerV1, openAiError, refusingAs, textOf, type NamedCall, type Translator, type V1Event } from './v1Answer.ts';

/** POST /v1/responses (`openai/responses.go`). */
export async function answerResponses(exchange: Exchange, state: StandInState): Promise<void> {
  await refusingAs(openAiError, async () => {
    const body = exchange.json();
    const input = typeof body['input'] === 'string' ? [{ role: 'user', content: body['input'] }] : (body['input'] as unknown[]);
    const system = typeof body['instructions'] === 'string' ? [{ role: 'system', content: body['instructions'] }] : [];
    const asked = readAsked(exchange, state, true, {
      model: body['model'],
      messages: [...system, ...input.flatMap(toNative)],
      tools: body['tools'],
      stream: body['stream'] === true,
      options: { num_predict: body['max_output_tokens'] ?? undefined },
    });
    const translator = new ResponsesTranslator(body, asked.requested, asked.view.index, () => Math.floor(state.clock.now() / 1000));
    await answerV1(exchange, state, asked, translator);
  });
}

function toNative(item: unknown): object[] {
  const { type = 'message', role, content, output } = item as Readonly<Record<string, unknown>>;
  if (type === 'message') return [{ role, content: textOf(content) }];
  return type === 'function_call_output' ? [{ role: 'tool', content: textOf(output) }] : [];
}

class ResponsesTranslator implements Translator {
  readonly swallowed: readonly V1Event[] = [];
  readonly #request: Readonly<Record<string, unknown>>;
  readonly #model: string;
  readonly #now: () => number;
  readonly #id: string;
  readonly #itemId: string;
  readonly #reasoningId: string;
  #sequence = 0;
  #output = 0;
  #text: string | undefined;
  #thinking: string | undefined;
  #isThinkingOver = false;
  #calls: object[] = [];

  constructor(request: Readonly<Record<string, unknown>>, model: string, index: number, now: () => number) {
    this.#request = request;
    this.#model = model;
    this.#now = now;
    this.#id = `resp_${String(index)}`;
    this.#itemId = `msg_${String(index)}`;
    this.#reasoningId = `rs_${String(index)}`;
  }

  piece(text: string, thinking: string): V1Event[] {
    return [...this.#begin(), ...(thinking === '' ? [] : this.#think(thinking)), ...(text === '' ? [] : this.#say(text))];
  }

  calls(calls: readonly NamedCall[]): V1Event[] {
    const events = [...this.#begin(), ...this.#endThinking()];
    for (const [i, call] of calls.entries()) {
      const id = `fc_${this.#id.slice(5)}_${String(i)}`;
      const output_index = this.#output + i;
      const given = JSON.stringify(call.arguments);
      const item = { id, type: 'function_call', status: 'completed', call_id: call.id, name: call.name, arguments: given };
      this.#calls.push(item);
      events.push(
        this.#event('response.output_item.added', { output_index, item: { ...item, status: 'in_progress', arguments: '' } }),
        this.#event('response.function_call_arguments.delta', { item_id: id, output_index, delta: given }),
        this.#event('response.function_call_arguments.done', { item_id: id, output_index, arguments: given }),
        this.#event('response.output_item.done', { output_index, item }),
      );
    }
    return events;
  }

  done(_reason: string, counters: Counters): V1Event[] {
    const events = [...this.#begin(), ...this.#endThinking()];
    const place = { item_id: this.#itemId, output_index: this.#output, content_index: 0 };
    const text = this.#text;
    if (text !== undefined && this.#calls.length === 0)
      events.push(
        this.#event('response.output_text.done', { ...place, text, logprobs: [] }),
        this.#event('response.content_part.done', { ...place, part: part(text) }),
        this.#event('response.output_item.done', { output_index: this.#output, item: this.#message(text) }),
      );
    const output = [
      ...(this.#thinking === undefined ? [] : [this.#reasoning(this.#thinking)]),
      ...(this.#calls.length > 0 ? this.#calls : text === undefined ? [] : [this.#message(text)]),
    ];
    events.push(this.#event('response.completed', { response: this.#response('completed', output, counters) }));
    return events;
  }

  error(message: string): V1Event[] {
    return [this.#event('response.failed', { response: { ...this.#response('failed', []), error: { code: 'server_error', message } } })];
  }

  whole({ text, thinking, calls, counters }: Parameters<Translator['whole']>[0]): object {
    const output = [
      ...(thinking === '' ? [] : [this.#reasoning(thinking)]),
      ...(calls.length > 0
        ? calls.map(({ id, name, arguments: given }, i) => ({
            id: `fc_${this.#id}_${String(i)}`,
            type: 'function_call',
            status: 'completed',
            call_id: id,
            name,
            arguments: JSON.stringify(given),
          }))
        : [this.#message(text)]),
    ];
    return this.#response('completed', output, counters);
  }

  #begin(): V1Event[] {
    if (this.#sequence > 0) return [];
    return ['response.created', 'response.in_progress'].map((name) => this.#event(name, { response: this.#response('in_progress', []) }));
  }

  #think(delta: string): V1Event[] {
    const place = { item_id: this.#reasoningId, output_index: this.#output };
    const item = { id: this.#reasoningId, type: 'reasoning', summary: [] };
    const first = this.#thinking === undefined ? [this.#event('response.output_item.added', { output_index: this.#output, item })] : [];
    this.#thinking = (this.#thinking ?? '') + delta;
    return [...first, this.#event('response.reasoning_summary_text.delta', { ...place, summary_index: 0, delta })];
  }

  #endThinking(): V1Event[] {
    if (this.#thinking === undefined || this.#isThinkingOver) return [];
    this.#isThinkingOver = true;
    const place = { item_id: this.#reasoningId, output_index: this.#output };
    const events = [
      this.#event('response.reasoning_summary_text.done', { ...place, summary_index: 0, text: this.#thinking }),
      this.#event('response.output_item.done', { output_index: this.#output, item: this.#reasoning(this.#thinking) }),
    ];
    this.#output++;
    return events;
  }

  #say(delta: string): V1Event[] {
    const events = this.#endThinking();
    const place = { item_id: this.#itemId, output_index: this.#output, content_index: 0 };
    if (this.#text === undefined)
      events.push(
        this.#event('response.output_item.added', {
          output_index: this.#output,
          item: { ...this.#message(''), status: 'in_progress', content: [] },
        }),
        this.#event('response.content_part.added', { ...place, part: part('') }),
      );
    this.#text = (this.#text ?? '') + delta;
    events.push(this.#event('response.output_text.delta', { ...place, delta, logprobs: [] }));
    return events;
  }

  #event(type: string, data: object): V1Event {
    return { event: type, data: { ...data, type, sequence_number: this.#sequence++ } };
  }

  #message(text: string): object {
    return { id: this.#itemId, type: 'message', status: 'completed', role: 'assistant', content: [part(text)] };
  }

  #reasoning(text: string): object {
    return { id: this.#reasoningId, type: 'reasoning', summary: [{ type: 'summary_text', text }], encrypted_content: text };
  }

  /** What was asked is said again, with its defaults. */
  #response(status: string, output: readonly object[], counters?: Counters): object {
    const asked = this.#request;
    const { effort = null, summary = null } = (asked['reasoning'] ?? {}) as { effort?: unknown; summary?: unknown };
    const { format = { type: 'text' } } = (asked['text'] ?? {}) as { format?: unknown };
    const input_tokens = counters?.prompt_eval_count ?? 0;
    const output_tokens = counters?.eval_count ?? 0;
    return {
      id: this.#id,
      object: 'response',
      created_at: this.#now(),
      completed_at: status === 'completed' ? this.#now() : null,
      status,
      incomplete_details: null,
      model: this.#model,
      previous_response_id: null,
      instructions: asked['instructions'] ?? null,
      output,
      error: null,
      tools: ((asked['tools'] ?? []) as Readonly<Record<string, unknown>>[]).map((tool) => ({
        type: tool['type'],
        name: tool['name'],
        description: tool['description'] ?? null,
        strict: tool['strict'] ?? null,
        parameters: tool['parameters'] ?? null,
      })),
      tool_choice: 'auto',
      truncation: asked['truncation'] ?? 'disabled',
      parallel_tool_calls: true,
      text: { format },
      top_p: asked['top_p'] ?? 1,
      temperature: asked['temperature'] ?? 1,
      reasoning: effort === null && summary === null ? null : { effort, summary },
      usage: counters && {
        input_tokens,
        output_tokens,
        total_tokens: input_tokens + output_tokens,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 0 },
      },
      max_output_tokens: asked['max_output_tokens'] ?? null,
      store: false,
      background: false,
      service_tier: 'default',
      metadata: {},
    };
  }
}

function part(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}
