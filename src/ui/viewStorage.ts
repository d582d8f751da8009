import * as v from 'valibot';
import { MAX_DRAFTS } from './chatModel.ts';

/** What a view remembers of itself over a reload: where it was and what was typed. Nothing that the device owns. */
export interface ViewState {
  readonly conversationId?: string;
  readonly drafts: Readonly<Record<string, string>>;
  readonly model?: string;
}

/** Where a host keeps a view's state: the webview's own, or the tab's. Both may fail to keep it; neither throws. */
export interface ViewStorage {
  load(): unknown;
  save(state: ViewState): void;
}

const schema = v.object({
  conversationId: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/))),
  drafts: v.optional(v.record(v.string(), v.string()), {}),
  model: v.optional(v.pipe(v.string(), v.maxLength(256))),
});

/** Reads what was kept; what does not decode is as good as nothing. */
export function readViewState(value: unknown): ViewState {
  const result = v.safeParse(schema, value);
  if (!result.success) return { drafts: {} };
  const { conversationId, drafts, model } = result.output;
  return {
    drafts: Object.fromEntries(Object.entries(drafts).slice(-MAX_DRAFTS)),
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(model === undefined ? {} : { model }),
  };
}
