import * as v from 'valibot';
import type { Random } from '../base/random.ts';
import { message as messageSchema, model as modelName, type ChatMessage } from '../protocol/chatMessage.ts';
import { TunnelError } from '../protocol/errors.ts';
import { MAX_ANSWER_BYTES, MAX_IMPORT_CONVERSATIONS, MAX_IMPORT_MESSAGES, MAX_IMPORT_UNITS, MAX_TITLE_UNITS } from '../protocol/limits.ts';
import type { ArchivedConversation, ArchivedMessage } from './chatArchive.ts';
import { ARCHIVE_FORMAT, ARCHIVE_VERSION } from './exportChats.ts';
import type { ForeignConversation, ForeignMessage } from './foreignChats.ts';
import { readChatGpt } from './importChatGpt.ts';
import { readOpenWebUi } from './importOpenWebUi.ts';
import { ImportedImages } from './importedImages.ts';
import { newId } from './ids.ts';
import { wellFormed } from './textPieces.ts';
import { titleFrom } from './title.ts';

export interface Imported {
  readonly format: 'own' | 'chatGpt' | 'openWebUi';
  readonly conversations: readonly ArchivedConversation[];
  /** Conversations left out, because they hold nothing that can be shown or make no sense. */
  readonly skipped: number;
}

/** Latest time that a Date can hold, ms. */
const MAX_TIME = 8.64e15;

/**
 * Reads exported conversations: our own JSON, ChatGPT's `conversations.json`, or Open WebUI's export. Everything gets new ids, so that an
 * import never touches what is there. A conversation comes whole or not at all.
 * @throws TunnelError `importFailed` when it is none of the three, or more than an import may hold
 */
export function importChats(json: string, options: { readonly random: Random; readonly now: number }): Imported {
  if (json.length > MAX_IMPORT_UNITS) throw new TunnelError('importFailed', 'the file is too large');
  const { format, entries, read } = recognise(parse(json));
  if (entries.length > MAX_IMPORT_CONVERSATIONS) throw new TunnelError('importFailed', 'the file holds too many conversations');
  const conversations: ArchivedConversation[] = [];
  for (const entry of entries) {
    const foreign = read(entry);
    const conversation = foreign && adopt(foreign, options);
    if (conversation) conversations.push(conversation);
  }
  return { format, conversations, skipped: entries.length - conversations.length };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json.replace(/^\uFEFF/, '')) as unknown;
  } catch {
    throw new TunnelError('importFailed', 'the file is not JSON');
  }
}

const ownFile = v.object({ format: v.literal(ARCHIVE_FORMAT), version: v.number(), conversations: v.array(v.unknown()) });

interface Recognised {
  readonly format: Imported['format'];
  readonly entries: readonly unknown[];
  /** Undefined for an entry that makes no sense. */
  readonly read: (entry: unknown) => ForeignConversation | undefined;
}

function recognise(value: unknown): Recognised {
  const own = v.safeParse(ownFile, value);
  if (own.success) {
    if (own.output.version > ARCHIVE_VERSION) throw new TunnelError('importFailed', 'a newer version wrote the file');
    return { format: 'own', entries: own.output.conversations, read: readOwn };
  }
  // One conversation by itself is taken for a list of one.
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (entries.some((entry) => has(entry, 'mapping'))) return { format: 'chatGpt', entries, read: readChatGpt };
  if (entries.some((entry) => has(entry, 'chat'))) return { format: 'openWebUi', entries, read: readOpenWebUi };
  throw new TunnelError('importFailed', 'the file is no export of CloudToLocalLLM, ChatGPT or Open WebUI');
}

function has(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
}

const ownConversation = v.object({
  title: v.string(),
  createdAt: v.number(),
  updatedAt: v.number(),
  headId: v.string(),
  images: v.optional(v.record(v.string(), v.string())),
  messages: v.array(v.object({ ...messageSchema.entries, parentId: v.nullable(v.string()) })),
});

function readOwn(entry: unknown): ForeignConversation | undefined {
  const result = v.safeParse(ownConversation, entry);
  if (!result.success) return undefined;
  const { messages, ...rest } = result.output;
  return {
    ...rest,
    messages: messages.map(({ id, parentId, role, text, createdAt, model, ...own }) => ({
      id,
      parentId,
      role,
      text,
      createdAt,
      model,
      own,
    })),
  };
}

/** The tree with new ids, parents first, without what a chat does not show: that one's children stand behind its own parent. */
function adopt(
  foreign: ForeignConversation,
  { random, now }: { readonly random: Random; readonly now: number },
): ArchivedConversation | undefined {
  const ordered = parentsFirst(foreign.messages);
  if (!ordered || ordered.length > MAX_IMPORT_MESSAGES) return undefined;
  const createdAt = timeOf(foreign.createdAt, now);
  /** New id by old one; of one that is left out, its parent's. */
  const placeOf = new Map<string, string | null>();
  const messages: ArchivedMessage[] = [];
  const images = new ImportedImages(foreign.images ?? {}, random);
  for (const old of ordered) {
    const parentId = old.parentId === null ? null : (placeOf.get(old.parentId) ?? null);
    const text = wellFormed(old.text);
    if (old.role === 'other' || text.length > MAX_ANSWER_BYTES || (text === '' && old.own === undefined)) placeOf.set(old.id, parentId);
    else {
      const id = newId(random);
      placeOf.set(old.id, id);
      const message = messageOf(old, old.role, id, text, createdAt);
      messages.push({ message: old.role === 'user' ? images.adopt(message, old.own?.images) : message, parentId });
    }
  }
  const headId = placeOf.get(foreign.headId ?? '') ?? messages.at(-1)?.message.id;
  if (headId === undefined) return undefined;
  const question = messages.find(({ message }) => message.role === 'user')?.message.text ?? '';
  const title = wellFormed(foreign.title.replace(/\s+/g, ' ').trim().slice(0, MAX_TITLE_UNITS)) || titleFrom(question) || 'Imported chat';
  const model = messages.findLast(({ message }) => message.model !== undefined)?.message.model;
  const updatedAt = Math.max(createdAt, timeOf(foreign.updatedAt, createdAt));
  return { title, createdAt, updatedAt, ...(model === undefined ? {} : { model }), messages, headId, ...images.found };
}

function messageOf(old: ForeignMessage, role: 'user' | 'assistant', id: string, text: string, fallback: number): ChatMessage {
  const createdAt = timeOf(old.createdAt, fallback);
  if (role === 'user') return { id, role, text, createdAt };
  const { state = 'done', siblings: _, textOffset: __, images: ___, ...own } = old.own ?? {};
  const ended = state === 'waiting' || state === 'loading' || state === 'streaming' ? 'interrupted' : state;
  return {
    ...own,
    ...{ id, role, text, createdAt, state: ended, nextSequence: 0 },
    ...(v.is(modelName, old.model) && { model: old.model }),
  };
}

function timeOf(value: number | undefined, fallback: number): number {
  return value !== undefined && value > 0 && value < MAX_TIME ? Math.round(value) : fallback;
}

/** Undefined when an id stands twice, or a circle leads nowhere. One whose parent is not there begins a branch of its own. */
function parentsFirst(messages: readonly ForeignMessage[]): readonly ForeignMessage[] | undefined {
  const ids = new Set(messages.map(({ id }) => id));
  if (ids.size !== messages.length) return undefined;
  const children = new Map<string | null, ForeignMessage[]>();
  for (const message of messages) {
    const parent = message.parentId !== null && ids.has(message.parentId) ? message.parentId : null;
    const beside = children.get(parent);
    if (beside) beside.push(message);
    else children.set(parent, [message]);
  }
  const ordered = [...(children.get(null) ?? [])];
  for (const message of ordered) for (const child of children.get(message.id) ?? []) ordered.push(child);
  return ordered.length === messages.length ? ordered : undefined;
}
