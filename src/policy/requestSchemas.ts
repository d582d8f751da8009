import * as v from 'valibot';
import * as part from './requestParts.ts';

/**
 * The bodies that may reach Ollama, field by field (`api/types.go`, `openai/openai.go`); what is not named here is dropped, a wrong type is
 * refused. Left out on purpose: `template` (a program for Ollama to run), `_debug_render_only`, `shift` and every option that decides how a
 * model is loaded. Each schema is made once.
 */

/** Inputs of one embedding request: each is a task of its own in Ollama. */
const MAX_INPUTS = 512;
const MAX_CONTEXT_IDS = 262_144;

const { maybe, modelName, text } = part;

const shared = {
  model: modelName,
  stream: maybe(v.boolean()),
  format: maybe(part.format),
  keep_alive: maybe(part.keepAlive),
  options: maybe(part.options),
  think: maybe(part.think),
  truncate: maybe(v.boolean()),
  logprobs: maybe(v.boolean()),
  top_logprobs: maybe(part.topLogprobs),
};

export const chatBody = v.object({
  ...shared,
  messages: maybe(part.messageList(part.nativeMessage, ({ images }) => images?.length ?? 0)),
  tools: maybe(part.tools),
});

export const generateBody = v.object({
  ...shared,
  prompt: maybe(text),
  suffix: maybe(text),
  system: maybe(text),
  raw: maybe(v.boolean()),
  context: maybe(v.pipe(v.array(v.pipe(v.number(), v.safeInteger())), v.maxLength(MAX_CONTEXT_IDS, 'context too long'))),
  images: maybe(part.images),
});

const inputs = v.union([text, v.pipe(v.array(text), v.maxLength(MAX_INPUTS, 'too many inputs'))], 'invalid input type');
const dimensions = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_536));

export const embedBody = v.object({
  model: modelName,
  input: maybe(inputs),
  truncate: maybe(v.boolean()),
  dimensions: maybe(dimensions),
  keep_alive: maybe(part.keepAlive),
  options: maybe(part.options),
});

export const embeddingsBody = v.object({
  model: modelName,
  prompt: maybe(text),
  keep_alive: maybe(part.keepAlive),
  options: maybe(part.options),
});

/** `verbose` is off whatever is asked, and what a caller would put in place of the model's own is not taken. */
export const showBody = v.pipe(
  v.object({ model: maybe(v.string()), name: maybe(v.string()) }),
  v.transform(({ model, name }) => ({ model: model ?? name })),
  v.object({ model: modelName }),
);

export const chatCompletionsBody = v.object({
  model: modelName,
  messages: part.messageList(part.openAiMessage, ({ content }) =>
    Array.isArray(content) ? content.filter(({ type }) => type === 'image_url').length : 0,
  ),
  ...part.openAiSampling,
  max_completion_tokens: part.openAiSampling.max_tokens,
  response_format: maybe(
    v.object({
      type: v.picklist(['text', 'json_object', 'json_schema']),
      json_schema: maybe(part.fields({ schema: maybe(part.jsonObject) })),
    }),
  ),
  tools: maybe(part.tools),
  reasoning_effort: maybe(v.pipe(text, v.maxLength(16))),
  reasoning: maybe(part.fields({ effort: maybe(v.pipe(text, v.maxLength(16))) })),
  logprobs: maybe(v.boolean()),
  top_logprobs: maybe(part.topLogprobs),
});

export const completionsBody = v.object({
  model: modelName,
  prompt: maybe(text),
  suffix: maybe(text),
  ...part.openAiSampling,
  logprobs: maybe(part.topLogprobs),
});

export const openAiEmbeddingsBody = v.object({
  model: modelName,
  input: inputs,
  encoding_format: maybe(v.picklist(['float', 'base64'])),
  dimensions: maybe(dimensions),
});
