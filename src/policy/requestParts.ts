import * as v from 'valibot';
import { MAX_CONTEXT_LENGTH, MAX_REMOTE_CONTEXT_LENGTH, MAX_REMOTE_KEEP_ALIVE_S } from '../protocol/limits.ts';
import { fromBase64url } from '../base/bytes.ts';

/** Load of one request; what is longer is refused, or clamped where that keeps its meaning. */
const MAX_MESSAGES = 2_000;
const MAX_TOOLS = 64;
const MAX_IMAGES = 8;
const MAX_STOPS = 16;
const MAX_STOP_CHARS = 256;
const MAX_SCHEMA_CHARS = 64 * 1024;
/** Tokens of one answer. A request that names none is bounded by Ollama, at ten contexts. */
const MAX_ANSWER_TOKENS = 32_768;
const MAX_REPEAT_TOKENS = MAX_REMOTE_CONTEXT_LENGTH;
const MAX_KEEP_ALIVE_S = MAX_REMOTE_KEEP_ALIVE_S;
const MAX_TOP_LOGPROBS = 20;

/** A model's name as Ollama reads one: `[host/][namespace/]model[:tag]`. */
export const modelName = v.pipe(
  v.string('model is required'),
  v.minLength(1, 'model is required'),
  v.maxLength(256, 'invalid model name'),
  v.regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(?:[/:][A-Za-z0-9_][A-Za-z0-9._-]*)*$/, 'invalid model name'),
);

/** Clients send `null` for what they do not set, as Ollama accepts. */
export const maybe = <TSchema extends v.GenericSchema>(schema: TSchema): v.NullishSchema<TSchema, undefined> => v.nullish(schema);

/** An object whose fields are all optional: without a look at that, a list would pass for an empty one. */
export const fields = <TEntries extends v.ObjectEntries>(entries: TEntries) =>
  v.pipe(v.unknown(), v.check(isNoList, 'wrong type, expected Object'), v.object(entries));

function isNoList(value: unknown): boolean {
  return !Array.isArray(value);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number, brought into its range. */
export const clamped = (min: number, max: number) =>
  v.pipe(
    v.number(),
    v.transform((value) => Math.min(max, Math.max(min, value))),
  );
const whole = (min: number, max: number) => v.pipe(v.number(), v.safeInteger(), clamped(min, max));

/** So many tokens of one answer at most. */
export const answerTokens = whole(1, MAX_ANSWER_TOKENS);

const penalty = maybe(clamped(-2, 2));
const anySeed = maybe(v.pipe(v.number(), v.safeInteger()));

export const stops = v.pipe(
  v.array(v.pipe(v.string(), v.maxLength(MAX_STOP_CHARS, 'stop too long'))),
  v.maxLength(MAX_STOPS, 'too many stops'),
);

/** Of `options`, what shapes an answer. What decides how a model is loaded is the owner's, but for a context of bounded size. */
export const options = fields({
  temperature: maybe(clamped(0, 5)),
  top_k: maybe(whole(0, 100_000)),
  top_p: maybe(clamped(0, 1)),
  min_p: maybe(clamped(0, 1)),
  typical_p: maybe(clamped(0, 1)),
  seed: anySeed,
  stop: maybe(stops),
  num_predict: maybe(whole(-2, MAX_ANSWER_TOKENS)),
  // what the owner allows is less: `rebuildRequest` knows it
  num_ctx: maybe(whole(1, MAX_CONTEXT_LENGTH)),
  repeat_last_n: maybe(whole(-1, MAX_REPEAT_TOKENS)),
  repeat_penalty: maybe(clamped(0, 5)),
  presence_penalty: penalty,
  frequency_penalty: penalty,
});

/** Seconds, or a duration as Go writes it; never for ever. */
export const keepAlive = v.pipe(
  v.union([
    v.number(),
    v.pipe(v.string(), v.maxLength(32), v.regex(/^-?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$|^-?\d+$/, 'invalid duration')),
  ]),
  v.transform((value) => {
    const seconds = typeof value === 'number' ? value : secondsOf(value);
    return seconds < 0 ? MAX_KEEP_ALIVE_S : Math.min(MAX_KEEP_ALIVE_S, seconds);
  }),
);

const secondsPerUnit: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, '': 1 };

function secondsOf(text: string): number {
  let seconds = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)([a-zµ]*)/g)) seconds += Number(count) * (secondsPerUnit[unit] ?? 0);
  return text.startsWith('-') ? -seconds : seconds;
}

/** JSON whose fields are the caller's own: a schema, a tool's arguments. Depth and count are bounded for the body as a whole. */
const ownJson = v.pipe(
  v.unknown(),
  v.check(isNoList, 'wrong type, expected Object'),
  v.record(v.string(), v.unknown()),
  v.check((value) => JSON.stringify(value).length <= MAX_SCHEMA_CHARS, 'schema too long'),
);

export const format = v.union([v.picklist(['json', '']), ownJson]);
export const think = v.union([v.boolean(), v.picklist(['low', 'medium', 'high', 'max'])]);
export const topLogprobs = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_TOP_LOGPROBS, 'top_logprobs must be 0 to 20'));
export const text = v.string();

/** Tools that a model may ask for, whatever one of them looks like. */
export const toolList = <TTool extends v.GenericSchema>(tool: TTool) => v.pipe(v.array(tool), v.maxLength(MAX_TOOLS, 'too many tools'));

export const tools = toolList(
  v.object({
    type: maybe(v.literal('function')),
    function: v.object({
      name: v.pipe(text, v.maxLength(256)),
      description: maybe(text),
      parameters: maybe(ownJson),
      strict: maybe(v.boolean()),
    }),
  }),
);

/** Base64 of an image; its first bytes must be those of a format that Ollama decodes. */
export const image = v.pipe(
  v.string(),
  v.check((value) => /^[A-Za-z0-9+/]+={0,2}$/.test(value) && isImage(value), 'not a PNG, JPEG or WebP image in base64'),
);
export const images = v.pipe(v.array(image), v.maxLength(MAX_IMAGES, 'too many images'));

function isImage(base64: string): boolean {
  if (base64.length < 16) return false;
  const bytes = fromBase64url(base64.slice(0, 16).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', 'A'));
  const begins = (magic: string): boolean => startsWith(bytes, 0, magic);
  return begins('\x89PNG\r\n\x1a\n') || begins('\xff\xd8\xff') || (begins('RIFF') && startsWith(bytes, 8, 'WEBP'));
}

function startsWith(bytes: Uint8Array, at: number, magic: string): boolean {
  for (let i = 0; i < magic.length; i++) if (bytes[at + i] !== magic.charCodeAt(i)) return false;
  return true;
}

/** A data URI, for an address would make Ollama or a later version of it fetch something. */
export const imageUri = v.pipe(
  v.string(),
  v.check((value) => {
    const match = /^data:image\/(?:png|jpe?g|webp);base64,/.exec(value.slice(0, 64));
    return match !== null && v.is(image, value.slice(match[0].length));
  }, 'images must be data URIs of a PNG, JPEG or WebP image'),
);

/** Messages of a chat, whatever one of them looks like. @param imagesIn how many images it holds */
export function messageList<TOutput>(message: v.GenericSchema<unknown, TOutput>, imagesIn: (message: TOutput) => number) {
  return v.pipe(
    v.array(message, 'messages must be a list'),
    v.maxLength(MAX_MESSAGES, 'too many messages'),
    v.check((list) => list.reduce((sum, one) => sum + imagesIn(one), 0) <= MAX_IMAGES, 'too many images'),
  );
}

export const role = v.picklist(['system', 'developer', 'user', 'assistant', 'tool'], 'invalid role');
const shortText = v.pipe(text, v.maxLength(256));

export const nativeMessage = v.object({
  role,
  content: maybe(text),
  thinking: maybe(text),
  images: maybe(images),
  tool_calls: maybe(
    v.pipe(
      v.array(
        v.object({ id: maybe(shortText), function: v.object({ index: maybe(v.number()), name: shortText, arguments: maybe(ownJson) }) }),
      ),
      v.maxLength(MAX_TOOLS, 'too many tool calls'),
    ),
  ),
  tool_name: maybe(shortText),
  tool_call_id: maybe(shortText),
});

const contentPart = v.variant('type', [
  v.object({ type: v.literal('text'), text }),
  v.object({ type: v.literal('image_url'), image_url: v.union([imageUri, v.object({ url: imageUri })]) }),
]);

export const openAiMessage = v.object({
  role,
  content: maybe(v.union([text, v.pipe(v.array(contentPart), v.maxLength(MAX_MESSAGES))])),
  reasoning: maybe(text),
  name: maybe(shortText),
  tool_call_id: maybe(shortText),
  tool_calls: maybe(
    v.pipe(
      v.array(
        v.object({
          id: maybe(shortText),
          index: maybe(v.number()),
          type: maybe(v.literal('function')),
          // arguments are a JSON string in OpenAI's shape
          function: v.object({ name: shortText, arguments: maybe(text) }),
        }),
      ),
      v.maxLength(MAX_TOOLS, 'too many tool calls'),
    ),
  ),
});

/** Sampling as OpenAI names it. */
export const openAiSampling = {
  temperature: maybe(clamped(0, 5)),
  top_p: maybe(clamped(0, 1)),
  seed: anySeed,
  stop: maybe(v.union([v.pipe(v.string(), v.maxLength(MAX_STOP_CHARS, 'stop too long')), stops])),
  max_tokens: maybe(answerTokens),
  frequency_penalty: penalty,
  presence_penalty: penalty,
  stream: maybe(v.boolean()),
  stream_options: maybe(fields({ include_usage: maybe(v.boolean()) })),
};

export const jsonObject = ownJson;
