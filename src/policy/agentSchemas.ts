import * as v from 'valibot';
import * as part from './requestParts.ts';

/**
 * The bodies of the two APIs that coding agents speak, OpenAI's Responses (`openai/responses.go`) and Anthropic's Messages
 * (`anthropic/anthropic.go`). Field by field as in `requestSchemas.ts`. Refused besides: every tool that Ollama would run itself (web search
 * leaves the machine, signed with its owner's key), files, and images by address.
 */

const MAX_PARTS = 2_000;

const { maybe, modelName, text } = part;
const name = v.pipe(text, v.maxLength(256));
const parts = <TPart extends v.GenericSchema>(one: TPart) => v.pipe(v.array(one), v.maxLength(MAX_PARTS, 'too many parts'));

const inputPart = v.variant(
  'type',
  [
    v.object({ type: v.literal('input_text'), text }),
    v.object({ type: v.literal('output_text'), text }),
    v.object({ type: v.literal('input_image'), detail: maybe(name), image_url: part.imageUri }),
  ],
  'only texts and images are taken',
);
const inputContent = v.union([text, parts(inputPart)], 'wrong type, expected a text or parts');

const inputItem = v.variant(
  'type',
  [
    v.object({ type: v.literal('message'), role: part.role, content: maybe(inputContent) }),
    v.object({ type: v.literal('function_call'), id: maybe(name), call_id: name, name, arguments: text }),
    v.object({ type: v.literal('function_call_output'), call_id: name, output: inputContent }),
    v.object({
      type: v.literal('reasoning'),
      id: maybe(name),
      summary: maybe(parts(v.object({ type: v.literal('summary_text'), text }))),
      encrypted_content: maybe(text),
    }),
  ],
  'an item of this type is not taken',
);

/** A message may come without saying that it is one. */
const typedItem = v.pipe(
  v.unknown(),
  v.transform((item) => (part.isRecord(item) && item['type'] === undefined ? { ...item, type: 'message' } : item)),
  inputItem,
);

const functionTool = v.object({
  type: v.literal('function', 'only function tools are taken'),
  name,
  description: maybe(text),
  strict: maybe(v.boolean()),
  parameters: maybe(part.jsonObject),
});

export const responsesBody = v.object({
  model: modelName,
  input: v.union([text, part.messageList(typedItem, imagesInItem)], describeInput),
  instructions: maybe(text),
  max_output_tokens: maybe(part.answerTokens),
  reasoning: maybe(part.fields({ effort: maybe(name), generate_summary: maybe(name), summary: maybe(name) })),
  temperature: part.openAiSampling.temperature,
  text: maybe(
    part.fields({
      format: maybe(
        v.object({
          type: v.picklist(['text', 'json_schema', 'json_object']),
          name: maybe(name),
          schema: maybe(part.jsonObject),
          strict: maybe(v.boolean()),
        }),
      ),
    }),
  ),
  top_p: part.openAiSampling.top_p,
  truncation: maybe(name),
  tools: maybe(part.toolList(functionTool)),
  stream: maybe(v.boolean()),
});

/** What is wrong with the list says more than that it is no text either. */
function describeInput(issue: v.UnionIssue<v.BaseIssue<unknown>>): string {
  const inner = issue.issues?.at(-1);
  return inner && Array.isArray(issue.input) && !/Received/.test(inner.message) ? inner.message : 'wrong type, expected a text or items';
}

function imagesInItem(item: v.InferOutput<typeof inputItem>): number {
  const content = item.type === 'message' ? item.content : item.type === 'function_call_output' ? item.output : undefined;
  return Array.isArray(content) ? content.filter(({ type }) => type === 'input_image').length : 0;
}

const textBlock = v.object({ type: v.literal('text'), text });
const imageBlock = v.object({
  type: v.literal('image'),
  source: v.object({ type: v.literal('base64', 'images must be sent in base64'), media_type: maybe(name), data: part.image }),
});
const resultContent = v.union([text, parts(v.variant('type', [textBlock, imageBlock]))], 'wrong type, expected a text or parts');
const block = v.variant(
  'type',
  [
    textBlock,
    imageBlock,
    v.object({ type: v.literal('thinking'), thinking: text, signature: maybe(text) }),
    v.object({ type: v.literal('tool_use'), id: name, name, input: maybe(part.jsonObject) }),
    v.object({ type: v.literal('tool_result'), tool_use_id: name, content: maybe(resultContent), is_error: maybe(v.boolean()) }),
  ],
  'a block of this type is not taken',
);
const message = v.object({
  role: part.role,
  content: v.union([text, parts(block)], 'wrong type, expected a text or blocks'),
});

const customTool = v.object({
  type: maybe(v.literal('custom', 'only custom tools are taken')),
  name,
  description: maybe(text),
  input_schema: maybe(part.jsonObject),
});

export const messagesBody = v.object({
  model: modelName,
  max_tokens: maybe(part.answerTokens),
  messages: maybe(part.messageList(message, imagesInMessage)),
  system: maybe(v.union([text, parts(textBlock)], 'wrong type, expected a text or blocks')),
  stream: maybe(v.boolean()),
  temperature: part.openAiSampling.temperature,
  top_p: part.openAiSampling.top_p,
  top_k: maybe(v.pipe(v.number(), v.safeInteger(), part.clamped(0, 100_000))),
  stop_sequences: maybe(part.stops),
  tools: maybe(part.toolList(customTool)),
  tool_choice: maybe(part.fields({ type: name, name: maybe(name), disable_parallel_tool_use: maybe(v.boolean()) })),
  thinking: maybe(part.fields({ type: name, budget_tokens: maybe(v.pipe(v.number(), v.safeInteger(), part.clamped(0, 1_000_000))) })),
  output_config: maybe(part.fields({ effort: maybe(name) })),
});

function imagesInMessage({ content }: v.InferOutput<typeof message>): number {
  if (!Array.isArray(content)) return 0;
  const inner = content.flatMap((one) => (one.type === 'tool_result' && Array.isArray(one.content) ? one.content : []));
  return [...content, ...inner].filter(({ type }) => type === 'image').length;
}
