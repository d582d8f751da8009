import { keepAliveMs } from './durations.ts';
import { playAnswer, type AnswerItem } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { Gone } from './gate.ts';
import { fullName, isCloudName, type FakeModel } from './models.ts';
import { Refusal } from './refusal.ts';
import { playScript, words, type ScriptView } from './script.ts';
import type { StandInState } from './state.ts';

/** A chat or generate request, read and found valid. */
export interface Asked {
  readonly requested: string;
  readonly model: FakeModel;
  readonly view: ScriptView;
  readonly isChat: boolean;
  readonly stream: boolean;
  readonly keepAliveMs: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly isEmpty: boolean;
}

/** Options that are fixed when a model is loaded: another value loads it anew. */
const loadTimeOptions = ['num_ctx', 'num_batch', 'num_gpu', 'main_gpu', 'use_mmap', 'num_thread', 'draft_num_predict'];

/** Validates in the order of Ollama's handlers. @throws Refusal */
export function readAsked(exchange: Exchange, state: StandInState, isChat: boolean, body: Record<string, unknown>): Asked {
  const { knobs } = exchange;
  const logprobs = body['top_logprobs'];
  if (typeof logprobs === 'number' && (logprobs < 0 || logprobs > 20)) throw Refusal.json(400, 'top_logprobs must be between 0 and 20');
  const requested = typeof body['model'] === 'string' ? body['model'] : '';
  if (requested === '') throw isChat ? Refusal.json(400, 'model is required') : Refusal.json(404, "model '' not found");
  if (knobs.queueFull) throw Refusal.queueFull();
  if (isCloudName(requested) && knobs.cloud) throw cloudRefusal(knobs.cloud);
  const model = state.models.get(fullName(requested).toLowerCase());
  if (knobs.modelMissing === 'double') throw Refusal.json(404, `model "${requested}" not found, try pulling it first`);
  if (!model || knobs.modelMissing === 'single') throw Refusal.json(404, `model '${requested}' not found`);
  const messages = readMessages(body['messages']);
  const prompt = typeof body['prompt'] === 'string' ? body['prompt'] : '';
  const keepAlive = keepAliveMs(body['keep_alive']);
  if (keepAlive === undefined) throw Refusal.json(400, `time: invalid duration ${JSON.stringify(body['keep_alive'])}`);
  if (!model.capabilities.includes('completion'))
    throw Refusal.json(400, `"${requested}" does not support ${isChat ? 'chat' : 'generate'}`);
  if (Array.isArray(body['tools']) && body['tools'].length > 0 && !model.capabilities.includes('tools'))
    throw Refusal.json(400, `registry.ollama.ai/library/${model.name} does not support tools`);
  if (Boolean(body['think']) && !model.capabilities.includes('thinking'))
    throw Refusal.json(400, `"${requested}" does not support thinking`);
  const options = body['options'];
  return {
    requested,
    model,
    isChat,
    stream: body['stream'] !== false,
    keepAliveMs: keepAlive,
    options: typeof options === 'object' && options !== null ? (options as Record<string, unknown>) : {},
    isEmpty: isChat ? messages.length === 0 : prompt === '',
    view: {
      model: requested,
      prompt: isChat ? (messages.findLast((message) => message.role === 'user')?.content ?? '') : prompt,
      messages,
      index: state.asked++,
    },
  };
}

function cloudRefusal(kind: 'signedOut' | 'disabled'): Refusal {
  if (kind === 'disabled') return Refusal.json(403, 'ollama cloud is disabled');
  return new Refusal(401, { error: 'unauthorized', signin_url: 'https://ollama.com/connect?name=stand-in&key=none' });
}

function readMessages(value: unknown): { role: string; content: string }[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    throw Refusal.json(400, 'json: cannot unmarshal string into Go struct field ChatRequest.messages of type []api.Message');
  return value.map((item: unknown) => {
    const message = (item ?? {}) as { role?: unknown; content?: unknown };
    return { role: String(message.role), content: typeof message.content === 'string' ? message.content : '' };
  });
}

/**
 * Schedules the request, then yields what the model does. The slot is free again as soon as the reader stops or the client has gone.
 * @throws Refusal before the first item, Gone
 */
export async function* runModel(exchange: Exchange, state: StandInState, asked: Asked): AsyncGenerator<AnswerItem> {
  const { knobs, signal } = exchange;
  if (knobs.resetAfter === 'duringLoad') {
    exchange.kill(knobs.resetKind);
    throw new Gone();
  }
  const loadOptions = JSON.stringify(loadTimeOptions.map((name) => asked.options[name] ?? null));
  const lease = await state.scheduler.acquire(asked.model, loadOptions, knobs, signal);
  try {
    if (knobs.resetAfter === 'beforeHeaders') {
      exchange.kill(knobs.resetKind);
      throw new Gone();
    }
    if (knobs.errorBefore) throw new Refusal(knobs.errorBefore.status, { error: knobs.errorBefore.text }, 'application/json');
    if (asked.isEmpty) return;
    const numPredict = asked.options['num_predict'];
    yield* playAnswer(
      exchange,
      {
        script: playScript(knobs.script, asked.view),
        promptTokens: words(asked.view.messages.map((message) => message.content).join(' ') || asked.view.prompt).length,
        loadMs: lease.waitedMs,
        numPredict: typeof numPredict === 'number' ? numPredict : -1,
      },
      state,
    );
  } finally {
    lease.release(asked.keepAliveMs);
    if (asked.keepAliveMs === 0) state.scheduler.unload(asked.model.name);
  }
}
