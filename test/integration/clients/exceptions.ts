import assert from 'node:assert/strict';
import { TunnelError } from '../../../src/protocol/errors.ts';
import { sameCases, type Case } from './cases.ts';
import { collect } from './officialClients.ts';
import type { Outcome } from './outcome.ts';

/** What differs through gateway and proxy, on purpose: all there is beside what the masks name, and errors later than 10 s. */
export interface Exception extends Case {
  readonly why: string;
  readonly check: (direct: Outcome, ours: Outcome) => void;
}

const model = 'stand-in:latest';
const messages = [{ role: 'user', content: 'hello' }];
const { words } = new TunnelError('ollamaEndedEarly');
const same = (direct: unknown, ours: unknown): void => {
  assert.deepEqual(ours, direct);
};
/** Ollama's user sees a success that stops; ours sees why. */
const repaired = (direct: Outcome, ours: Outcome): void => {
  assert.equal(direct.error, null);
  assert.ok(JSON.stringify(ours.error).includes(words), JSON.stringify(ours.error));
  const [theirBody, ourBody] = [direct.wire[0]?.body ?? '', ours.wire[0]?.body ?? ''];
  const count = (text: string): number => text.split('\n\n').length;
  assert.equal(count(ourBody), count(theirBody) + 1, 'one event more');
};
const why = 'Ollama swallows errors in mid-stream under /v1';
const knobs = { errorAfter: 2 };

export const exceptions: readonly Exception[] = [
  {
    name: 'options beyond their range, and those that load a model anew',
    why: 'clamped and dropped: how a model is loaded is its owner’s',
    run: ({ ollama }) =>
      ollama.chat({ model, messages, keep_alive: -1, options: { temperature: 99, num_predict: 1e6, num_gpu: 99, num_thread: 1 } }),
    check: (direct, ours) => {
      const said = ({ value }: Outcome): unknown => (value as { message: unknown }).message;
      same(said(direct), said(ours));
      same(ours.received, [{ model, messages, stream: false, keep_alive: 1800, options: { temperature: 5, num_predict: 32_768 } }]);
    },
  },
  {
    name: 'fields that Ollama does not read',
    why: 'dropped: a request is made anew from what is known',
    run: ({ openai }) => openai.chat.completions.create({ model, messages, user: 'me', n: 2, store: true, metadata: { a: 'b' } }),
    check: (direct, ours) => {
      same(ours.received, [{ model, messages }]);
      assert.equal(JSON.stringify(direct.received).includes('metadata'), true);
      const said = ({ value }: Outcome): unknown => (value as { choices: unknown }).choices;
      same(said(direct), said(ours));
    },
  },
  {
    name: 'a message that does not say that it is one',
    why: 'rebuilt: it says so to Ollama, which takes both',
    run: ({ openai }) => openai.responses.create({ model, input: messages }),
    check: (direct, ours) => {
      same(ours.received, [{ model, input: [{ type: 'message', ...messages[0] }] }]);
      const said = ({ value }: Outcome): unknown => (value as { output_text: unknown }).output_text;
      same(said(direct), said(ours));
    },
  },
  {
    name: 'what a model tells of its owner',
    why: 'dropped: paths, prompts and templates',
    run: ({ ollama }) => ollama.show({ model }),
    check: (direct, ours) => {
      const { modelfile, template, ...rest } = direct.value as Readonly<Record<string, unknown>>;
      assert.ok(typeof modelfile === 'string' && typeof template === 'string');
      same(rest, ours.value);
    },
  },
  {
    name: 'an image by its address',
    why: 'refused before Ollama sees it, in our words',
    run: ({ openai }) => {
      const image_url = { url: 'https://example.org/x.png' };
      return openai.chat.completions.create({ model, messages: [{ role: 'user', content: [{ type: 'image_url', image_url }] }] });
    },
    check: (_direct, ours) => {
      same((ours.error as { status: unknown }).status, 400);
      same(ours.received, []);
    },
  },
  {
    name: 'an error in a streamed chat of OpenAI’s',
    why,
    knobs,
    run: one('openai', 'completes a chat, streamed, with usage'),
    check: repaired,
  },
  { name: 'an error in a streamed text of OpenAI’s', why, knobs, run: one('openai', 'completes a text, streamed'), check: repaired },
  { name: 'an error in a streamed response', why, knobs, run: one('openai', 'responds, streamed'), check: repaired },
  {
    name: 'an error in a streamed message of Anthropic’s',
    why,
    knobs,
    run: one('@anthropic-ai/sdk', 'sends a message, streamed'),
    check: repaired,
  },
  {
    name: 'an end without the last event',
    why: 'as above',
    knobs: { endWithoutDone: 2 },
    run: async ({ anthropic }) => collect(await anthropic.messages.create({ model, max_tokens: 9, messages, stream: true })),
    check: repaired,
  },
];

function one(client: string, name: string): Case['run'] {
  const found = sameCases[client]?.find((each) => each.name === name);
  if (!found) throw new Error(`no case ${name}`);
  return found.run;
}
