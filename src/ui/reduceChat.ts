import { assertNever } from '../base/assertNever.ts';
import type { ChatReply, ChatRequest, ConversationEvent } from '../protocol/chat.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';
import type { ChatPortStatus } from '../protocol/chatPort.ts';
import {
  canSend,
  draftOf,
  MAX_DRAFTS,
  MAX_KEPT_CONVERSATIONS,
  modelOf,
  type ChatModel,
  type ConversationReply,
  type PendingSend,
} from './chatModel.ts';
import {
  applyEvent,
  fromSnapshot,
  openingConversation,
  runningAnswer,
  sinceOf,
  withOlder,
  type Conversation,
} from './conversationModel.ts';

/** Everything that can happen to a chat view. `now` is wall clock, ms. */
export type ChatAction =
  | { readonly type: 'reply'; readonly reply: ChatReply; readonly now: number }
  | { readonly type: 'status'; readonly status: ChatPortStatus }
  | { readonly type: 'online'; readonly online: boolean }
  | { readonly type: 'open'; readonly conversationId: string }
  /** Earlier messages of the conversation. */
  | { readonly type: 'older' }
  /** Earlier conversations. */
  | { readonly type: 'olderChats' }
  | { readonly type: 'draft'; readonly text: string }
  | { readonly type: 'chooseModel'; readonly model: string }
  | { readonly type: 'send'; readonly requestId: string }
  | { readonly type: 'stop'; readonly requestId: string }
  /** A refusal has been read; with `edit` its text comes into the composer. */
  | { readonly type: 'dismiss'; readonly requestId?: string; readonly edit?: boolean };

/** What an action leads to: the next model, and what to ask of the hub. */
export interface ChatStep {
  readonly model: ChatModel;
  readonly requests: readonly ChatRequest[];
}

const step = (model: ChatModel, ...requests: ChatRequest[]): ChatStep => ({ model, requests });

export function reduceChat(model: ChatModel, action: ChatAction): ChatStep {
  switch (action.type) {
    case 'reply':
      return onReply(model, action.reply, action.now);
    case 'status':
      return step({ ...model, connection: action.status });
    case 'online':
      return step({ ...model, online: action.online });
    case 'open':
      return open(model, action.conversationId);
    case 'older':
      return older(model);
    case 'olderChats':
      return olderChats(model);
    case 'draft':
      return step(withDraft(model, model.conversation.id, action.text));
    case 'chooseModel':
      return step({ ...model, chosenModel: action.model });
    case 'send':
      return send(model, action.requestId);
    case 'stop':
      return stop(model, action.requestId);
    case 'dismiss':
      return dismiss(model, action.requestId, action.edit ?? false);
    default:
      return assertNever(action);
  }
}

function onReply(model: ChatModel, reply: ChatReply, now: number): ChatStep {
  switch (reply.type) {
    case 'welcome': {
      const { refusal: _, ...rest } = model;
      const { hubEpoch, deviceName, scope } = reply;
      const next = { ...rest, hub: { hubEpoch, deviceName, scope } };
      // On a new line to the hub the lists may have changed meanwhile; the port itself goes on with the conversation.
      return model.hub ? step(next, { type: 'listModels' }, { type: 'listConversations' }) : step(next);
    }
    case 'conversations':
      return step({ ...model, ...mergeConversations(model, reply) });
    case 'deleted':
      return step({ ...model, deleted: reply.items });
    case 'found':
      return step(reply.query === model.search?.query ? { ...model, search: reply } : model);
    case 'models':
      return sendWaiting({ ...model, models: reply.items, suggestedModel: reply.suggested });
    case 'loaded':
    case 'pulls':
      return step({ ...model, [reply.type]: reply.items });
    case 'ollama': {
      const recovered = reply.status.state === 'ok' && model.ollama.state !== 'ok' && model.ollama.state !== 'unknown';
      return recovered ? step({ ...model, ollama: reply.status }, { type: 'listModels' }) : step({ ...model, ollama: reply.status });
    }
    case 'snapshot':
    case 'page':
    case 'event':
      return reply.conversationId === model.conversation.id ? onConversation(model, reply, now) : step(model);
    case 'accepted':
      return step(settle({ ...model, pending: model.pending.map((send) => accept(send, reply.requestId, reply.answerId)) }));
    case 'refused':
      return step(refuse(model, reply));
    default:
      return assertNever(reply);
  }
}

function onConversation(model: ChatModel, reply: ConversationReply, now: number): ChatStep {
  switch (reply.type) {
    case 'snapshot':
      return step(settle(timed({ ...model, conversation: fromSnapshot(reply) }, now)));
    case 'page':
      return step({ ...model, conversation: withOlder(model.conversation, reply) });
    case 'event': {
      const applied = applyEvent(model.conversation, reply.sequence, reply.event);
      if (applied.kind === 'known') return step(model);
      if (applied.kind === 'lost') {
        const conversation: Conversation = { ...model.conversation, phase: 'resyncing' };
        return step({ ...model, conversation }, { type: 'open', conversationId: conversation.id });
      }
      const next = timed(summarised({ ...model, conversation: applied.conversation }, reply.event), now);
      return step(settle(reply.event.type === 'turn' ? seeTurn(next, reply.event.question.text) : next));
    }
    default:
      return assertNever(reply);
  }
}

function open(model: ChatModel, conversationId: string): ChatStep {
  const left = model.conversation;
  if (left.id === conversationId) return step(model);
  const found = model.kept.find(({ id }) => id === conversationId);
  const conversation = found ?? openingConversation(conversationId);
  const since = sinceOf(conversation);
  const keep = left.phase === 'ready' && left.messages.length > 0 ? [left] : [];
  const kept = [...keep, ...model.kept.filter(({ id }) => id !== conversationId)].slice(0, MAX_KEPT_CONVERSATIONS);
  const { phase: _, stopping: __, ...rest } = model;
  return step(
    { ...rest, conversation, kept },
    { type: 'close', conversationId: left.id },
    { type: 'open', conversationId, ...(since ? { since } : {}) },
  );
}

function older(model: ChatModel): ChatStep {
  const { conversation } = model;
  const first = conversation.messages[0];
  if (!conversation.more || conversation.loadingOlder || first === undefined) return step(model);
  const next = { ...model, conversation: { ...conversation, loadingOlder: true } };
  return step(next, { type: 'page', conversationId: conversation.id, before: first.id });
}

function olderChats(model: ChatModel): ChatStep {
  const last = model.conversations?.at(-1);
  return model.moreConversations === true && last ? step(model, { type: 'listConversations', before: last.id }) : step(model);
}

function send(model: ChatModel, requestId: string): ChatStep {
  if (!canSend(model)) return step(model);
  const conversationId = model.conversation.id;
  const pending: PendingSend = { requestId, conversationId, text: draftOf(model).trim(), state: 'waiting', seen: false };
  const others = model.pending.filter((other) => other.conversationId !== conversationId || other.state !== 'refused');
  return sendWaiting(withDraft({ ...model, pending: [...others, pending] }, conversationId, ''));
}

/** Sends what waits, if it is known by now which models there are; without one the text comes back. */
function sendWaiting(model: ChatModel): ChatStep {
  const waiting = model.pending.filter(({ state }) => state === 'waiting');
  if (model.models === undefined || waiting.length === 0) return step(model);
  const name = modelOf(model);
  if (name === undefined) {
    const refused = (next: ChatModel, { requestId }: PendingSend): ChatModel =>
      refuse(next, { type: 'refused', requestId, error: 'ollamaNoModels' });
    return step(waiting.reduce(refused, model));
  }
  const pending = model.pending.map((send): PendingSend => (send.state === 'waiting' ? { ...send, state: 'sending', model: name } : send));
  const requests = waiting.map(
    ({ requestId, conversationId, text }) => ({ type: 'send', requestId, conversationId, text, model: name }) as const,
  );
  return step({ ...model, pending }, ...requests);
}

function stop(model: ChatModel, requestId: string): ChatStep {
  const answer = runningAnswer(model.conversation);
  if (!answer || model.stopping?.answerId === answer.id) return step(model);
  return step(
    { ...model, stopping: { requestId, answerId: answer.id } },
    { type: 'stop', requestId, conversationId: model.conversation.id, answerId: answer.id },
  );
}

function dismiss(model: ChatModel, requestId: string | undefined, edit: boolean): ChatStep {
  if (requestId === undefined) {
    const { refusal: _, ...rest } = model;
    return step(rest);
  }
  const refused = model.pending.find((send) => send.requestId === requestId && send.state === 'refused');
  if (!refused) return step(model);
  const rest = { ...model, pending: model.pending.filter((send) => send !== refused) };
  if (!edit) return step(rest);
  const draft = rest.drafts[refused.conversationId] ?? '';
  return step(withDraft(rest, refused.conversationId, draft === '' ? refused.text : `${refused.text}\n\n${draft}`));
}

function accept(send: PendingSend, requestId: string, answerId: string | undefined): PendingSend {
  if (send.requestId !== requestId || send.state !== 'sending') return send;
  return answerId === undefined ? { ...send, state: 'accepted' } : { ...send, state: 'accepted', answerId };
}

/** A turn with the text of a question on its way is, until the acceptance says otherwise, that question. */
function seeTurn(model: ChatModel, text: string): ChatModel {
  const { id } = model.conversation;
  const first = model.pending.find((send) => send.conversationId === id && send.state !== 'refused' && !send.seen && send.text === text);
  return first ? { ...model, pending: model.pending.map((send) => (send === first ? { ...send, seen: true } : send)) } : model;
}

/** Drops accepted questions whose turn is in the conversation, and a stop whose answer has ended. */
function settle(model: ChatModel): ChatModel {
  const { conversation, stopping } = model;
  const arrived = (send: PendingSend): boolean =>
    send.state === 'accepted' && (send.seen || send.answerId === undefined || conversation.messages.some(({ id }) => id === send.answerId));
  const pending = model.pending.filter((send) => send.conversationId !== conversation.id || !arrived(send));
  const next = pending.length === model.pending.length ? model : { ...model, pending };
  if (stopping === undefined || runningAnswer(conversation)?.id === stopping.answerId) return next;
  const { stopping: _, ...rest } = next;
  return rest;
}

function refuse(model: ChatModel, reply: Extract<ChatReply, { type: 'refused' }>): ChatModel {
  const { requestId, error } = reply;
  const detail = reply.detail === undefined ? {} : { detail: reply.detail };
  if (requestId !== undefined && model.stopping?.requestId === requestId) {
    const { stopping: _, ...rest } = model;
    return rest;
  }
  const pending = model.pending.find((send) => send.requestId === requestId);
  if (!pending) return { ...model, refusal: { error, ...detail } };
  const givenBack = (model.drafts[pending.conversationId] ?? '') === '';
  const refused: PendingSend = { ...pending, state: 'refused', seen: false, error, ...detail, givenBack };
  const next = { ...model, pending: model.pending.map((send) => (send === pending ? refused : send)) };
  return givenBack ? withDraft(next, pending.conversationId, pending.text) : next;
}

function withDraft(model: ChatModel, conversationId: string, text: string): ChatModel {
  const others = Object.entries(model.drafts).filter(([id]) => id !== conversationId);
  const entries = text === '' ? others : [...others, [conversationId, text] as const];
  return { ...model, drafts: Object.fromEntries(entries.slice(-MAX_DRAFTS)) };
}

/** Puts a page of older chats behind those held; the newest ones replace the front and leave what is older. */
function mergeConversations(
  model: ChatModel,
  { items, before, more }: Extract<ChatReply, { type: 'conversations' }>,
): Pick<ChatModel, 'conversations' | 'moreConversations'> {
  const held = model.conversations ?? [];
  const ids = new Set(items.map(({ id }) => id));
  if (before !== undefined)
    return { conversations: [...held.filter(({ id }) => !ids.has(id)), ...items], moreConversations: more ?? false };
  const oldest = items.at(-1)?.updatedAt ?? 0;
  const older = more === true ? held.filter(({ id, updatedAt }) => !ids.has(id) && updatedAt < oldest) : [];
  return {
    conversations: [...items, ...older],
    moreConversations: older.length > 0 ? (model.moreConversations ?? false) : (more ?? false),
  };
}

/** Keeps the list of chats in step with what happens in the one that is shown. */
function summarised(model: ChatModel, event: ConversationEvent): ChatModel {
  if (event.type === 'chunk' || !model.conversations) return model;
  const { id, title } = model.conversation;
  const running = runningAnswer(model.conversation) !== undefined;
  return { ...model, conversations: model.conversations.map((item) => (item.id === id ? { ...item, title, running } : item)) };
}

/** How long an answer that was already under way may have been so: a device's clock further off than this is not believed. */
const BELIEVED_MS = 10 * 60_000;

/** Notes since when the running answer is in its state. */
function timed(model: ChatModel, now: number): ChatModel {
  const answer = runningAnswer(model.conversation);
  const { phase, ...rest } = model;
  if (!answer) return phase === undefined ? model : rest;
  if (phase?.answerId === answer.id && phase.state === answer.state) return model;
  return {
    ...rest,
    phase: { answerId: answer.id, state: answer.state, since: phase?.answerId === answer.id ? now : startOf(answer, now) },
  };
}

function startOf(answer: ChatMessage, now: number): number {
  return answer.createdAt <= now && now - answer.createdAt < BELIEVED_MS ? answer.createdAt : now;
}
