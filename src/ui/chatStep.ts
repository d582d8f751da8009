import type { ChatRequest } from '../protocol/chat.ts';
import { MAX_DRAFTS, type ChatModel } from './chatModel.ts';

/** What an action leads to: the next model, and what to ask of the hub. */
export interface ChatStep {
  readonly model: ChatModel;
  readonly requests: readonly ChatRequest[];
}

export const step = (model: ChatModel, ...requests: readonly ChatRequest[]): ChatStep => ({ model, requests });

export const withRequests = ({ model, requests }: ChatStep, ...more: readonly ChatRequest[]): ChatStep => ({
  model,
  requests: [...requests, ...more],
});

/** Keeps what is typed for a conversation or for a question; the newest {@link MAX_DRAFTS} are kept. */
export function withDraft(model: ChatModel, id: string, text: string): ChatModel {
  const others = Object.entries(model.drafts).filter(([key]) => key !== id);
  const entries = text === '' ? others : [...others, [id, text] as const];
  return { ...model, drafts: Object.fromEntries(entries.slice(-MAX_DRAFTS)) };
}
