import * as v from 'valibot';
import { imageInfo, type ImageInfo } from '../protocol/chatImages.ts';
import { MAX_MESSAGE_IMAGES } from '../protocol/limits.ts';
import { parseAttachments, type Attachment } from '../protocol/webviewMessages.ts';
import { withoutTraces } from './temporaryChat.ts';
import { MAX_DRAFTS, MAX_QUEUED, type ChatModel, type PendingSend } from './chatModel.ts';

/** What a view remembers of itself over a reload: where it was and what was typed. Nothing that the device owns. */
export interface ViewState {
  readonly conversationId?: string;
  /** The conversation is a temporary one: what was typed in it is not kept. */
  readonly temporary?: true;
  readonly drafts: Readonly<Record<string, string>>;
  readonly model?: string;
  /** The question that is being edited in its place. */
  readonly editing?: string;
  readonly attachments?: Readonly<Record<string, readonly Attachment[]>>;
  /** Images that the device has and no question yet, by conversation: what they are, not how they look. */
  readonly images?: Readonly<Record<string, readonly ImageInfo[]>>;
  /** Questions that are not confirmed yet, with their ids: sent twice, they are still asked once. */
  readonly queued?: readonly QueuedQuestion[];
  /** A stop that may not have arrived, of an answer of the chat that is shown. */
  readonly stopping?: { readonly requestId: string; readonly answerId: string };
}

export interface QueuedQuestion {
  readonly requestId: string;
  readonly conversationId: string;
  readonly text: string;
  readonly model?: string;
  readonly images?: readonly ImageInfo[];
  /** It was on its way: it can be taken back no longer. */
  readonly isSent?: true;
}

/** Where a host keeps a view's state: the webview's own, or the tab's. Both may fail to keep it; neither throws. */
export interface ViewStorage {
  load(): unknown;
  save(state: ViewState): void;
}

/** Queued ones, and one on its way in each conversation that was shown; a view never has more. */
const MAX_KEPT_QUESTIONS = 2 * MAX_QUEUED;

const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/));
const modelName = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const imageList = v.pipe(v.array(imageInfo), v.maxLength(MAX_MESSAGE_IMAGES));
const schema = v.object({
  conversationId: v.optional(id),
  temporary: v.optional(v.literal(true)),
  drafts: v.optional(v.record(v.string(), v.string()), {}),
  model: v.optional(modelName),
  editing: v.optional(id),
  attachments: v.optional(v.record(v.string(), v.unknown()), {}),
  images: v.optional(v.record(v.string(), imageList), {}),
  queued: v.optional(
    v.array(
      v.object({
        requestId: id,
        conversationId: id,
        text: v.string(),
        model: v.optional(modelName),
        images: v.optional(imageList),
        isSent: v.optional(v.literal(true)),
      }),
    ),
    [],
  ),
  stopping: v.optional(v.object({ requestId: id, answerId: id })),
});

/** Reads what was kept; what does not decode is as good as nothing. */
export function readViewState(value: unknown): ViewState {
  const result = v.safeParse(schema, value);
  if (!result.success) return { drafts: {} };
  const { conversationId, temporary, drafts, model, editing, images, queued, stopping } = result.output;
  const attachments = Object.entries(result.output.attachments).map(([key, items]) => [key, readAttachments(items)] as const);
  return {
    drafts: Object.fromEntries(Object.entries(drafts).slice(-MAX_DRAFTS)),
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(temporary === undefined ? {} : { temporary }),
    ...(model === undefined ? {} : { model }),
    ...(editing === undefined ? {} : { editing }),
    ...(attachments.length === 0 ? {} : { attachments: Object.fromEntries(attachments.slice(-MAX_DRAFTS)) }),
    ...(Object.keys(images).length === 0 ? {} : { images }),
    ...(queued.length === 0
      ? {}
      : {
          queued: queued.slice(0, MAX_KEPT_QUESTIONS).map(({ model: name, images: sent, isSent, ...send }) => ({
            ...send,
            ...(name === undefined ? {} : { model: name }),
            ...(sent === undefined ? {} : { images: sent }),
            ...(isSent ? { isSent } : {}),
          })),
        }),
    ...(stopping === undefined ? {} : { stopping }),
  };
}

/** What a view keeps of its model. */
export function viewStateOf(model: ChatModel): ViewState {
  const { conversation, drafts, chosenModel, editing, attachments, images, pending, stopping } = withoutTraces(model, model.conversation);
  const queued = pending.filter(({ state }) => state === 'queued' || state === 'waiting' || state === 'sending');
  return {
    conversationId: conversation.id,
    ...(conversation.temporary ? { temporary: conversation.temporary } : {}),
    drafts,
    ...(chosenModel === undefined ? {} : { model: chosenModel }),
    ...(editing === undefined ? {} : { editing }),
    ...(Object.keys(attachments).length === 0 ? {} : { attachments }),
    ...(Object.keys(images).length === 0 ? {} : { images: infosOf(images) }),
    ...(queued.length === 0 ? {} : { queued: queued.map(questionOf) }),
    ...(stopping === undefined ? {} : { stopping }),
  };
}

/** Has something changed that is kept at once? Typing may rest first. */
export function isWorthKeeping(before: ChatModel, after: ChatModel): boolean {
  if (before.conversation.id !== after.conversation.id) return true;
  return (['chosenModel', 'pending', 'editing', 'attachments', 'images', 'stopping'] as const).some((name) => before[name] !== after[name]);
}

/** The part of a model that was kept. */
export function restoredModel({ drafts, model, editing, attachments, images = {}, queued, stopping }: ViewState): Partial<ChatModel> {
  return {
    drafts,
    ...(model === undefined ? {} : { chosenModel: model }),
    ...(editing === undefined ? {} : { editing }),
    ...(attachments === undefined ? {} : { attachments }),
    images: Object.fromEntries(
      Object.entries(images).map(([key, infos]) => [key, infos.map((info) => ({ info, state: 'ready' }) as const)]),
    ),
    ...(queued === undefined ? {} : { pending: queued.map(pendingOf) }),
    ...(stopping === undefined ? {} : { stopping }),
  };
}

function questionOf({ requestId, conversationId, text, model, images, state }: PendingSend): QueuedQuestion {
  return {
    ...{ requestId, conversationId, text },
    ...(model === undefined ? {} : { model }),
    ...(images === undefined ? {} : { images }),
    ...(state === 'sending' ? { isSent: true } : {}),
  };
}

/** What was on its way is asked about again at once: under its old id it is the same question. */
function pendingOf({ isSent, ...send }: QueuedQuestion): PendingSend {
  return { ...send, state: isSent ? 'waiting' : 'queued', seen: false };
}

/** One that was on its way is added again by whoever wants it. */
function infosOf(images: ChatModel['images']): Record<string, readonly ImageInfo[]> {
  return Object.fromEntries(
    Object.entries(images).map(([key, items]) => [key, items.filter(({ state }) => state === 'ready').map(({ info }) => info)]),
  );
}

function readAttachments(value: unknown): readonly Attachment[] {
  try {
    return parseAttachments(value);
  } catch {
    return [];
  }
}
