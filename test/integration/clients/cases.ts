import type { FakeOllamaKnobs } from '../../standin/knobs.ts';
import { collect, type Clients } from './officialClients.ts';

/** Something that a client does. What it resolves to, or throws, is compared. */
export interface Case {
  readonly name: string;
  readonly knobs?: Partial<FakeOllamaKnobs>;
  readonly run: (clients: Clients) => Promise<unknown>;
}

const model = 'stand-in:latest';
const smart = 'smart:latest';
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const user = (content: unknown): object => ({ role: 'user', content });
const messages = [user('hello, wörld ✓ <b>')];
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const description = 'Tells the weather';
const weather = { type: 'function', function: { name: 'get_weather', description, parameters } };

/** Thinks, asks for the weather, and speaks once it knows it. */
const script: FakeOllamaKnobs['script'] = ({ model: asked, prompt, messages: all }) => {
  const text = `You said: ${prompt} – and then some more words to stream.`;
  if (asked !== smart) return text;
  const knows = all.some(({ role }) => role === 'tool');
  return knows
    ? { text: 'It is sunny.' }
    : { thinking: 'Let me see.', text: '', toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] };
};
export const defaultKnobs = { script } as const;

const ofOllama: readonly Case[] = [
  { name: 'chats, streamed', run: async ({ ollama }) => collect(await ollama.chat({ model, messages, stream: true })) },
  { name: 'chats at once', run: ({ ollama }) => ollama.chat({ model, messages, options: { temperature: 0, seed: 7 }, keep_alive: 300 }) },
  { name: 'generates, streamed', run: async ({ ollama }) => collect(await ollama.generate({ model, prompt: 'hello', stream: true })) },
  { name: 'generates at once', run: ({ ollama }) => ollama.generate({ model, prompt: 'hello', system: 'be brief' }) },
  { name: 'loads a model', run: async ({ ollama }) => collect(await ollama.chat({ model, messages: [], stream: true })) },
  { name: 'shows an image', run: ({ ollama }) => ollama.chat({ model, messages: [{ role: 'user', content: 'see', images: [png] }] }) },
  { name: 'asks for a form', run: ({ ollama }) => ollama.chat({ model, messages, format: parameters }) },
  { name: 'embeds', run: ({ ollama }) => ollama.embed({ model, input: ['one', 'two'] }) },
  { name: 'embeds the old way', run: ({ ollama }) => ollama.embeddings({ model, prompt: 'one' }) },
  { name: 'lists', run: async ({ ollama }) => [await ollama.list(), await ollama.version()] },
  {
    name: 'uses a tool',
    run: async ({ ollama }) => {
      const first = await collect(await ollama.chat({ model: smart, messages, tools: [weather], think: true, stream: true }));
      const { message } = first.at(-1) as { message: object };
      const result = { role: 'tool', tool_name: 'get_weather', content: 'sunny' };
      return [first, await ollama.chat({ model: smart, messages: [...messages, message, result], tools: [weather] })];
    },
  },
  {
    name: 'uses a tool that comes before the end',
    knobs: { toolPlacement: 'intermediate' },
    run: async ({ ollama }) => collect(await ollama.chat({ model: smart, messages, tools: [weather], stream: true })),
  },
  { name: 'asks for a model that is not there', run: ({ ollama }) => ollama.chat({ model: 'nobody', messages }) },
  { name: 'embeds with a model that is not there', run: ({ ollama }) => ollama.embed({ model: 'nobody', input: 'x' }) },
  { name: 'asks a model for what it cannot', run: ({ ollama }) => ollama.chat({ model, messages, tools: [weather] }) },
  { name: 'asks without a model', run: ({ ollama }) => ollama.chat({ model: '', messages }) },
  { name: 'finds the queue full', knobs: { queueFull: true }, run: ({ ollama }) => ollama.chat({ model, messages }) },
  {
    name: 'gets an error before the first token',
    knobs: { errorBefore: { status: 500, text: 'llama-server process has terminated: signal: killed' } },
    run: async ({ ollama }) => collect(await ollama.chat({ model, messages, stream: true })),
  },
  {
    name: 'gets an error in mid-stream',
    knobs: { errorAfter: 2 },
    run: async ({ ollama }) => collect(await ollama.chat({ model, messages, stream: true })),
  },
  {
    name: 'gets an end without the last line',
    knobs: { endWithoutDone: 2 },
    run: async ({ ollama }) => collect(await ollama.chat({ model, messages, stream: true })),
  },
  {
    name: 'is cut off in mid-stream',
    knobs: { resetAfter: 2, resetKind: 'fin' },
    run: async ({ ollama }) => collect(await ollama.chat({ model, messages, stream: true })),
  },
];

const items = [{ type: 'message', ...messages[0] }];
const functionTool = { type: 'function', name: 'get_weather', description, strict: null, parameters };
const streamed = { model, messages, stream: true, stream_options: { include_usage: true } };
const ofOpenAi: readonly Case[] = [
  { name: 'completes a chat, streamed, with usage', run: async ({ openai }) => collect(await openai.chat.completions.create(streamed)) },
  {
    name: 'completes a chat at once',
    run: ({ openai }) => openai.chat.completions.create({ model, messages, temperature: 0, max_tokens: 3 }),
  },
  {
    name: 'shows an image',
    run: ({ openai }) => {
      const image_url = { url: `data:image/png;base64,${png}` };
      const content = [{ type: 'text', text: 'see' }, { type: 'image_url', image_url }]; // prettier-ignore
      return openai.chat.completions.create({ model, messages: [user(content)] });
    },
  },
  {
    name: 'uses a tool',
    run: async ({ openai }) => {
      const ask = (more: readonly unknown[], stream: boolean): Promise<unknown> =>
        openai.chat.completions.create({ model: smart, messages: [...messages, ...more], tools: [weather], stream });
      const first = (await ask([], false)) as { choices: { message: object }[] };
      const result = { role: 'tool', tool_call_id: 'call_00000000', content: 'sunny' };
      return [first, await collect(await ask([], true)), await ask([first.choices[0]?.message, result], false)];
    },
  },
  {
    name: 'completes a text, streamed',
    run: async ({ openai }) => collect(await openai.completions.create({ model, prompt: 'x', stream: true })),
  },
  { name: 'completes a text at once', run: ({ openai }) => openai.completions.create({ model, prompt: 'x', max_tokens: 2, stop: ['.'] }) },
  { name: 'embeds', run: ({ openai }) => openai.embeddings.create({ model, input: ['one', 'two'] }) },
  { name: 'embeds in numbers', run: ({ openai }) => openai.embeddings.create({ model, input: 'one', encoding_format: 'float' }) },
  { name: 'lists', run: async ({ openai }) => [(await openai.models.list()).data, await openai.models.retrieve(model)] },
  {
    name: 'responds, streamed',
    run: async ({ openai }) => collect(await openai.responses.create({ model, input: 'hello', stream: true })),
  },
  { name: 'responds at once', run: ({ openai }) => openai.responses.create({ model, input: items, instructions: 'be brief' }) },
  {
    name: 'responds with a tool',
    run: async ({ openai }) => {
      const body = { model: smart, tools: [functionTool] };
      const first = await collect(await openai.responses.create({ ...body, input: items, stream: true }));
      const { response } = first.at(-1) as { response: { output: { call_id?: string }[] } };
      const output = { type: 'function_call_output', call_id: response.output.at(-1)?.call_id, output: 'sunny' };
      return [first, await openai.responses.create({ ...body, input: [...items, output] })];
    },
  },
  { name: 'gathers a streamed response', run: ({ openai }) => openai.responses.stream({ model, input: 'hello' }).finalResponse() },
  { name: 'asks for a model that is not there', run: ({ openai }) => openai.chat.completions.create({ ...streamed, model: 'nobody' }) },
  { name: 'retrieves a model that is not there', run: ({ openai }) => openai.models.retrieve('nobody') },
  { name: 'embeds with a model that is not there', run: ({ openai }) => openai.embeddings.create({ model: 'nobody', input: 'x' }) },
  { name: 'asks without messages', run: ({ openai }) => openai.chat.completions.create({ model, messages: [] }) },
  { name: 'asks a model for what it cannot', run: ({ openai }) => openai.chat.completions.create({ ...streamed, tools: [weather] }) },
  {
    name: 'gets an error before the first token',
    knobs: { errorBefore: { status: 500, text: 'llama-server process has terminated: signal: killed' } },
    run: async ({ openai }) => collect(await openai.chat.completions.create(streamed)),
  },
  { name: 'finds the queue full', knobs: { queueFull: true }, run: ({ openai }) => openai.responses.create({ model, input: 'x' }) },
  {
    name: 'gets an error in mid-stream from a version that does not swallow it',
    knobs: { errorAfter: 2, faithfulErrors: false },
    run: async ({ openai }) => collect(await openai.chat.completions.create(streamed)),
  },
  {
    name: 'is cut off in mid-stream',
    knobs: { resetAfter: 2, resetKind: 'fin' },
    run: async ({ openai }) => collect(await openai.chat.completions.create(streamed)),
  },
];

const customTool = { name: 'get_weather', description, input_schema: parameters };
const letter = { model, max_tokens: 100, messages };
const ofAnthropic: readonly Case[] = [
  {
    name: 'sends a message, streamed',
    run: async ({ anthropic }) => collect(await anthropic.messages.create({ ...letter, stream: true })),
  },
  { name: 'gathers a streamed message', run: ({ anthropic }) => anthropic.messages.stream(letter).finalMessage() },
  { name: 'sends a message at once', run: ({ anthropic }) => anthropic.messages.create({ ...letter, max_tokens: 2, system: 'be brief' }) },
  {
    name: 'shows an image',
    run: ({ anthropic }) => {
      const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } };
      return anthropic.messages.create({ ...letter, messages: [user([{ type: 'text', text: 'see' }, image])] });
    },
  },
  {
    name: 'uses a tool',
    run: async ({ anthropic }) => {
      const body = { ...letter, model: smart, tools: [customTool], thinking: { type: 'enabled', budget_tokens: 1024 } };
      const first = (await anthropic.messages.stream(body).finalMessage()) as { content: { type: string; id?: string }[] };
      const { id } = first.content.find(({ type }) => type === 'tool_use') ?? {};
      const result = { type: 'tool_result', tool_use_id: id, content: 'sunny' };
      const [, call] = first.content;
      const next = { ...body, messages: [...messages, { role: 'assistant', content: [call] }, user([result])] };
      return [first, await anthropic.messages.create(next)];
    },
  },
  { name: 'asks for a model that is not there', run: ({ anthropic }) => anthropic.messages.create({ ...letter, model: 'nobody' }) },
  { name: 'finds the queue full', knobs: { queueFull: true }, run: ({ anthropic }) => anthropic.messages.create(letter) },
  {
    name: 'is cut off in mid-stream',
    knobs: { resetAfter: 2, resetKind: 'fin' },
    run: async ({ anthropic }) => collect(await anthropic.messages.create({ ...letter, stream: true })),
  },
];

/** What must be the same through gateway and proxy as it is directly. */
export const sameCases: Readonly<Record<string, readonly Case[]>> = {
  ollama: ofOllama,
  openai: ofOpenAi,
  '@anthropic-ai/sdk': ofAnthropic,
};
