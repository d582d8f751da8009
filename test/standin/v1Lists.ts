import type { Exchange } from './exchange.ts';
import { vector } from './managementRoutes.ts';
import { fullName, listEntry, type FakeModel } from './models.ts';
import { Refusal } from './refusal.ts';
import type { StandInState } from './state.ts';
import { openAiError, refusingAs } from './v1Answer.ts';

/** GET /v1/models. */
export function listModels(exchange: Exchange, state: StandInState): void {
  const data = [...state.models.values()].map((model) => entry(model, (listEntry(model) as { name: string }).name));
  exchange.sendJson(200, { object: 'list', data: data.length > 0 ? data : null }, 'application/json');
}

/** GET /v1/models/:model. */
export async function retrieveModel(exchange: Exchange, state: StandInState): Promise<void> {
  await refusingAs(openAiError, () => {
    const name = decodeURIComponent(exchange.url.pathname.slice('/v1/models/'.length));
    const model = state.models.get(fullName(name).toLowerCase());
    if (!model) throw Refusal.json(404, `model '${name}' not found`);
    exchange.sendJson(200, entry(model, name), 'application/json');
  });
}

function entry(model: FakeModel, id: string): object {
  return { id, object: 'model', created: Math.floor(Date.parse(model.modifiedAt) / 1000), owned_by: 'library' };
}

/** POST /v1/embeddings. */
export async function answerEmbeddings(exchange: Exchange, state: StandInState): Promise<void> {
  await refusingAs(openAiError, () => {
    const { model: name, input, encoding_format: format } = exchange.json();
    const texts = (Array.isArray(input) ? input : [input]) as unknown[];
    if (texts.length === 0 || !texts.every((text) => typeof text === 'string')) throw Refusal.json(400, 'invalid input');
    if (typeof name !== 'string' || !state.models.has(fullName(name).toLowerCase()))
      throw Refusal.json(404, `model "${String(name)}" not found, try pulling it first`);
    const data = texts.map((text, index) => {
      const numbers = vector(text);
      const embedding = format === 'base64' ? Buffer.from(new Float32Array(numbers).buffer).toString('base64') : numbers;
      return { object: 'embedding', embedding, index };
    });
    const usage = { prompt_tokens: texts.length, total_tokens: texts.length };
    exchange.sendJson(200, { object: 'list', data, model: name, usage }, 'application/json');
  });
}
