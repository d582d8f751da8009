import type * as v from 'valibot';
import { hubReplySchema, requestSchema } from '../../../src/protocol/chat.ts';
import { requestHead, responseHead } from '../../../src/protocol/http.ts';

type Schema = v.GenericSchema & {
  readonly wrapped?: Schema;
  readonly item?: Schema;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown }[];
};

/** Shapes that stand in several messages, by their schema: they are written once, under their name. */
const named = new Map<Schema, string>();

function inside(schema: Schema | undefined, ...path: readonly string[]): Schema {
  let at = schema;
  for (const name of path) {
    const next = at?.entries?.[name];
    at = next?.wrapped ?? next?.item ?? next;
  }
  if (!at) throw new Error(`no field ${path.join('.')}`);
  return at;
}

function optionOf(variant: Schema, type: string): Schema {
  const found = (variant.options as readonly Schema[]).find(({ entries }) => entries?.['type']?.literal === type);
  if (!found) throw new Error(`no message ${type}`);
  return found;
}

const message = inside(optionOf(hubReplySchema, 'snapshot'), 'messages');
named.set(message, 'message');
named.set(inside(message, 'stats'), 'stats');
named.set(inside(message, 'state'), 'state');
named.set(inside(optionOf(hubReplySchema, 'event'), 'event'), 'event');
named.set(inside(optionOf(hubReplySchema, 'conversations'), 'items'), 'conversation');
named.set(inside(optionOf(hubReplySchema, 'models'), 'items'), 'model');

/** A schema as people read it: `{conversationId: id, since?: {hubEpoch: id, sequence: count}}`. */
function shapeOf(schema: Schema): string {
  return named.get(schema) ?? bareShapeOf(schema);
}

function bareShapeOf(schema: Schema): string {
  switch (schema.type) {
    case 'optional':
      return schema.wrapped ? shapeOf(schema.wrapped) : 'unknown';
    case 'array':
      return schema.item ? `[${shapeOf(schema.item)}]` : '[]';
    case 'literal':
      return JSON.stringify(schema.literal);
    case 'picklist':
      return (schema.options ?? []).map((option) => JSON.stringify(option)).join(' or ');
    case 'variant':
      return (schema.options as readonly Schema[]).map(shapeOf).join(' or ');
    case 'object':
    case 'strict_object':
      return fieldsOf(schema);
    case 'number':
      return schema.pipe?.some(({ type }) => type === 'safe_integer' || type === 'integer') ? 'count' : 'number';
    case 'string':
      return isId(schema) ? 'id' : 'string';
    default:
      return schema.type;
  }
}

function isId({ pipe = [] }: Schema): boolean {
  return pipe.some(({ requirement }) => requirement instanceof RegExp && requirement.source.includes('{22}'));
}

function fieldsOf({ entries = {} }: Schema, without?: string): string {
  const fields = Object.entries(entries).filter(([name]) => name !== without);
  return `{${fields.map(([name, schema]) => `${name}${schema.type === 'optional' ? '?' : ''}: ${shapeOf(schema)}`).join(', ')}}`;
}

function messages(variant: Schema): string {
  return (variant.options as readonly Schema[])
    .map((schema) => `- \`${String(schema.entries?.['type']?.literal)}\` \`${fieldsOf(schema, 'type')}\``)
    .join('\n');
}

export const chatRequests = (): string => messages(requestSchema);
export const chatReplies = (): string => messages(hubReplySchema);
export const chatShapes = (): string => [...named].map(([schema, name]) => `- *${name}*: \`${bareShapeOf(schema)}\``).join('\n');
export const httpHeads = (): string =>
  [`- of a request: \`${fieldsOf(requestHead)}\``, `- of an answer: \`${fieldsOf(responseHead)}\``].join('\n');
