import { createHash } from 'node:crypto';
import type { Exchange } from './exchange.ts';
import { goJson } from './goJson.ts';
import { LineWriter } from './lineWriter.ts';
import { fakeModel, fullName, listEntry, showBody, type FakeModel } from './models.ts';
import { pause } from './pause.ts';
import { Refusal } from './refusal.ts';
import type { StandInState } from './state.ts';

function nameOf(body: Record<string, unknown>): string {
  const name = body['model'] ?? body['name'];
  return typeof name === 'string' ? name : '';
}

function find(state: StandInState, name: string, quote = "'"): FakeModel {
  const model = state.models.get(fullName(name).toLowerCase());
  if (!model) throw Refusal.json(404, `model ${quote}${name}${quote} not found`);
  return model;
}

export function tags(exchange: Exchange, state: StandInState): void {
  exchange.sendJson(200, { models: [...state.models.values()].map((model) => listEntry(model, exchange.knobs.shortTags)) });
}

export function show(exchange: Exchange, state: StandInState): void {
  const name = nameOf(exchange.json());
  if (name === '') throw Refusal.json(400, 'model is required');
  exchange.sendJson(200, showBody(find(state, name)));
}

/** POST /api/pull: progress lines, then the model is there. */
export async function pull(exchange: Exchange, state: StandInState): Promise<void> {
  const body = exchange.json();
  const name = nameOf(body);
  if (name === '') throw Refusal.json(400, 'invalid model name');
  const {
    layers,
    bytes,
    tickMs,
    failAt,
    endAt = null,
    stallAt,
    cutAt,
    failText = 'pull model manifest: file does not exist',
  } = exchange.knobs.pull;
  const lines: object[] = [{ status: 'pulling manifest' }];
  for (let layer = 0; layer < layers; layer++) {
    const digest = `sha256:${createHash('sha256')
      .update(`${name}/${String(layer)}`)
      .digest('hex')}`;
    const status = `pulling ${digest.slice(7, 19)}`;
    for (const completed of [undefined, bytes / 2, bytes])
      lines.push({ status, digest, total: bytes, ...(completed === undefined ? {} : { completed }) });
  }
  lines.push({ status: 'verifying sha256 digest' }, { status: 'writing manifest' }, { status: 'success' });
  if (failAt !== null) lines.splice(failAt, lines.length, { error: failText });
  if (endAt !== null) lines.length = Math.min(lines.length, endAt);
  const succeed = (): void => {
    const model = fakeModel(name);
    state.models.set(model.name.toLowerCase(), model);
  };
  if (body['stream'] === false) {
    if (failAt !== null) throw Refusal.json(500, failText);
    succeed();
    exchange.sendJson(200, { status: 'success' });
    return;
  }
  const writer = new LineWriter(exchange, state.clock, 'application/x-ndjson');
  for (const [index, line] of lines.entries()) {
    await pause(state.clock, index === stallAt ? 'forever' : tickMs, exchange.signal);
    if (index === cutAt) await writer.break('rst');
    await writer.line(goJson(line));
  }
  if (failAt === null && endAt === null) succeed();
  await writer.end();
}

export function copy(exchange: Exchange, state: StandInState): void {
  const body = exchange.json();
  const named = (field: string): string => {
    const name = body[field];
    if (typeof name !== 'string' || name === '') throw Refusal.json(400, `${field} "" is invalid`);
    return name;
  };
  const source = named('source');
  const destination = named('destination');
  const model = fakeModel({ ...find(state, source, '"'), name: destination });
  state.models.set(model.name.toLowerCase(), model);
  exchange.sendEmpty(200);
}

export function remove(exchange: Exchange, state: StandInState): void {
  const name = nameOf(exchange.json());
  if (name === '') throw Refusal.json(400, 'model is required');
  const model = find(state, name);
  state.models.delete(model.name.toLowerCase());
  state.scheduler.unload(model.name);
  exchange.sendEmpty(200);
}

export function blob(exchange: Exchange, state: StandInState): void {
  const digest = exchange.url.pathname.slice('/api/blobs/'.length).replace('sha256-', 'sha256:');
  if (!/^sha256:[0-9a-fA-F]{64}$/.test(digest)) throw Refusal.json(400, 'invalid digest format');
  const isThere = state.blobs.has(digest);
  if (exchange.req.method === 'HEAD') {
    exchange.sendEmpty(isThere ? 200 : 404);
    return;
  }
  const got = `sha256:${createHash('sha256').update(exchange.record.body).digest('hex')}`;
  if (!isThere && got !== digest) throw Refusal.json(400, `digest mismatch, expected "${digest}", got "${got}"`);
  state.blobs.add(digest);
  exchange.sendEmpty(isThere ? 200 : 201);
}

/** POST /api/embed and the legacy /api/embeddings. The vectors depend on the text alone. */
export function embed(exchange: Exchange, state: StandInState, isLegacy: boolean): void {
  const body = exchange.json();
  const name = nameOf(body);
  const model = state.models.get(fullName(name).toLowerCase());
  if (!model) throw Refusal.json(404, `model "${name}" not found, try pulling it first`);
  if (isLegacy) {
    const prompt = typeof body['prompt'] === 'string' ? body['prompt'] : '';
    exchange.sendJson(200, { embedding: prompt === '' ? [] : vector(prompt) });
    return;
  }
  const input: unknown = body['input'] ?? [];
  const texts: unknown[] = Array.isArray(input) ? input : [input];
  if (!texts.every((text) => typeof text === 'string')) throw Refusal.json(400, 'invalid input type');
  exchange.sendJson(200, {
    model: name,
    embeddings: texts.map(vector),
    total_duration: 5_000_000,
    load_duration: 1_000_000,
    prompt_eval_count: texts.length,
  });
}

/** Of unit length, and of the text alone. */
export function vector(text: string): number[] {
  const numbers = [...createHash('sha256').update(text).digest().subarray(0, 8)].map((byte) => byte - 127.5);
  const length = Math.hypot(...numbers);
  return numbers.map((number) => number / length);
}
