import * as v from 'valibot';
import { parseAttachments, type Attachment } from '../protocol/webviewMessages.ts';
import { MAX_DRAFTS, MAX_QUEUED, type ChatModel, type PendingSend } from './chatModel.ts';

/** What a view remembers of itself over a reload: where it was and what was typed. Nothing that the device owns. */
export interface ViewState {
  readonly conversationId?: string;
  readonly drafts: Readonly<Record<string, string>>;
  readonly model?: string;
  /** The question that is being edited in its place. */
  readonly editing?: string;
  readonly attachments?: Readonly<Record<string, readonly Attachment[]>>;
  /** Questions that were not sent yet, with their ids: sent twice, they are still asked once. */
  readonly queued?: readonly QueuedQuestion[];
}

export interface QueuedQuestion {
  readonly requestId: string;
  readonly conversationId: string;
  readonly text: string;
  readonly model?: string;
}

/** Where a host keeps a view's state: the webview's own, or the tab's. Both may fail to keep it; neither throws. */
export interface ViewStorage {
  load(): unknown;
  save(state: ViewState): void;
}

const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/));
const modelName = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const schema = v.object({
  conversationId: v.optional(id),
  drafts: v.optional(v.record(v.string(), v.string()), {}),
  model: v.optional(modelName),
  editing: v.optional(id),
  attachments: v.optional(v.record(v.string(), v.unknown()), {}),
  queued: v.optional(v.array(v.object({ requestId: id, conversationId: id, text: v.string(), model: v.optional(modelName) })), []),
});

/** Reads what was kept; what does not decode is as good as nothing. */
export function readViewState(value: unknown): ViewState {
  const result = v.safeParse(schema, value);
  if (!result.success) return { drafts: {} };
  const { conversationId, drafts, model, editing, queued } = result.output;
  const attachments = Object.entries(result.output.attachments).map(([key, items]) => [key, readAttachments(items)] as const);
  return {
    drafts: Object.fromEntries(Object.entries(drafts).slice(-MAX_DRAFTS)),
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(model === undefined ? {} : { model }),
    ...(editing === undefined ? {} : { editing }),
    ...(attachments.length === 0 ? {} : { attachments: Object.fromEntries(attachments.slice(-MAX_DRAFTS)) }),
    ...(queued.length === 0
      ? {}
      : {
          queued: queued
            .slice(0, MAX_QUEUED)
            .map(({ model: name, ...send }) => ({ ...send, ...(name === undefined ? {} : { model: name }) })),
        }),
  };
}

/** What a view keeps of its model. */
export function viewStateOf({ conversation, drafts, chosenModel, editing, attachments, pending }: ChatModel): ViewState {
  const queued = pending.filter(({ state }) => state === 'queued' || state === 'waiting');
  return {
    conversationId: conversation.id,
    drafts,
    ...(chosenModel === undefined ? {} : { model: chosenModel }),
    ...(editing === undefined ? {} : { editing }),
    ...(Object.keys(attachments).length === 0 ? {} : { attachments }),
    ...(queued.length === 0 ? {} : { queued: queued.map(questionOf) }),
  };
}

/** The part of a model that was kept. */
export function restoredModel({ drafts, model, editing, attachments, queued }: ViewState): Partial<ChatModel> {
  return {
    drafts,
    ...(model === undefined ? {} : { chosenModel: model }),
    ...(editing === undefined ? {} : { editing }),
    ...(attachments === undefined ? {} : { attachments }),
    ...(queued === undefined ? {} : { pending: queued.map((send) => ({ ...send, state: 'queued', seen: false })) }),
  };
}

function questionOf({ requestId, conversationId, text, model }: PendingSend): QueuedQuestion {
  return { requestId, conversationId, text, ...(model === undefined ? {} : { model }) };
}

function readAttachments(value: unknown): readonly Attachment[] {
  try {
    return parseAttachments(value);
  } catch {
    return [];
  }
}
