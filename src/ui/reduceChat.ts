import { assertNever } from '../base/assertNever.ts';
import type { ChatReply, ConversationEvent } from '../protocol/chat.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';
import type { ChatPortStatus } from '../protocol/chatPort.ts';
import { arrange, arranged, pursue, unasked, withoutGoal, type ArrangeAction } from './arrange.ts';
import { MAX_KEPT_CONVERSATIONS, type ChatModel, type ConversationReply } from './chatModel.ts';
import { composerImages, type ImageAction } from './composerImages.ts';
import { step, withDraft, withRequests, type ChatStep } from './chatStep.ts';
import {
  applyEvent,
  fromSnapshot,
  openingConversation,
  runningAnswer,
  sinceOf,
  withOlder,
  type Conversation,
} from './conversationModel.ts';
import { takePulls, workDone, workOnModels, workRefused, type ModelAction } from './modelWork.ts';
import { prompting, type PromptAction } from './prompts.ts';
import { tellIfOver, withoutTraces } from './temporaryChat.ts';
import { accept, refuse, seeTurn, sending, sendQueued, sendWaiting, settle, type SendAction } from './sending.ts';

/** Everything that can happen to a chat view. `now` is wall clock, ms. */
export type ChatAction =
  | { readonly type: 'reply'; readonly reply: ChatReply; readonly now: number }
  | { readonly type: 'status'; readonly status: ChatPortStatus }
  | { readonly type: 'online'; readonly online: boolean }
  | { readonly type: 'open'; readonly conversationId: string; readonly temporary?: boolean }
  /** Earlier messages of the conversation. */
  | { readonly type: 'older' }
  /** Earlier conversations. */
  | { readonly type: 'olderChats' }
  | { readonly type: 'draft'; readonly text: string }
  | { readonly type: 'chooseModel'; readonly model: string }
  | { readonly type: 'stop'; readonly requestId: string }
  | { readonly type: 'prompts'; readonly action: PromptAction }
  | SendAction
  | ModelAction
  | ImageAction
  | ArrangeAction;

export function reduceChat(model: ChatModel, action: ChatAction): ChatStep {
  switch (action.type) {
    case 'reply':
      return onReply(model, action.reply, action.now);
    case 'status':
      return sendQueued({ ...model, connection: action.status });
    case 'online':
      return step({ ...model, online: action.online });
    case 'open':
      return open(model, action.conversationId, action.temporary);
    case 'older':
      return older(model);
    case 'olderChats':
      return olderChats(model);
    case 'draft':
      return draft(model, action.text);
    case 'chooseModel':
      return step({ ...model, chosenModel: action.model });
    case 'stop':
      return stop(model, action.requestId);
    case 'prompts':
      return prompting(model, action.action);
    case 'addImage':
    case 'dropImage':
    case 'imagePut':
    case 'fileNote':
      return step(composerImages(model, action));
    case 'send':
    case 'sendNow':
    case 'dismiss':
    case 'attach':
    case 'detach':
      return sending(model, action);
    case 'models':
      return workOnModels(model, action);
    default:
      return arrange(model, action);
  }
}

function onReply(model: ChatModel, reply: ChatReply, now: number): ChatStep {
  switch (reply.type) {
    case 'welcome': {
      const { refusal: _, viewers: __, ...rest } = model;
      const { type: ___, version: ____, ...hub } = reply;
      const next = { ...rest, hub };
      // On a new line to the hub the lists may have changed meanwhile; the port itself goes on with the conversation.
      if (!model.hub) return step(next);
      return step(
        next,
        { type: 'listModels' },
        { type: 'listConversations' },
        ...(model.prompts ? [{ type: 'listPrompts' } as const] : []),
      );
    }
    case 'conversations': {
      const next = sendQueued({ ...model, ...mergeConversations(model, reply) });
      return model.isBinOpen ? withRequests(next, { type: 'listDeleted' }) : next;
    }
    case 'deleted':
      return step({ ...model, deleted: reply.items });
    case 'found':
      return step(reply.query === model.search?.query ? { ...model, search: { query: reply.query, items: reply.items } } : model);
    case 'models':
      return sendWaiting({ ...model, models: reply.items, suggestedModel: reply.suggested });
    case 'loaded':
      return step({ ...model, loaded: reply.items });
    case 'pulls':
      return step(takePulls(model, reply.items, now));
    case 'prompts':
      return step({ ...model, prompts: reply.items });
    case 'ollama': {
      const recovered = reply.status.state === 'ok' && model.ollama.state !== 'ok' && model.ollama.state !== 'unknown';
      return recovered ? step({ ...model, ollama: reply.status }, { type: 'listModels' }) : step({ ...model, ollama: reply.status });
    }
    case 'viewers':
      return step({ ...model, viewers: { conversationId: reply.conversationId, names: reply.names } });
    case 'snapshot':
    case 'page':
    case 'event':
      return reply.conversationId === model.conversation.id ? onConversation(model, reply, now) : step(model);
    case 'imageHeld':
    case 'imagePart':
    case 'chatFilePart':
    case 'chatFileHeld':
      return step(model); // of those who carry images and files
    case 'accepted':
      return sendQueued(settle(arranged(accept(workDone(model, reply.requestId), reply), reply)));
    case 'refused':
      // A message that was found may be on a branch that cannot be shown now: the chat stays where it is.
      if (reply.requestId !== undefined && model.goal?.requestId === reply.requestId) return step(withoutGoal(model));
      return step(workRefused(model, reply) ?? refuse(unasked(model, reply.requestId), reply));
    default:
      return assertNever(reply);
  }
}

function onConversation(model: ChatModel, reply: ConversationReply, now: number): ChatStep {
  switch (reply.type) {
    case 'snapshot':
      return pursue(
        sendQueued(settle(timed(tellIfOver(model, { ...model, conversation: fromSnapshot(reply, model.conversation) }), now), true)),
      );
    case 'page':
      return pursue(sendQueued(settle({ ...model, conversation: withOlder(model.conversation, reply) })));
    case 'event': {
      const applied = applyEvent(model.conversation, reply.sequence, reply.event);
      if (applied.kind === 'known') return step(model);
      if (applied.kind === 'lost') {
        const conversation: Conversation = { ...model.conversation, phase: 'resyncing' };
        return step({ ...model, conversation }, { type: 'open', conversationId: conversation.id });
      }
      const next = timed(summarised({ ...model, conversation: applied.conversation }, reply.event), now);
      const seen = sendQueued(settle(reply.event.type === 'turn' ? seeTurn(next, reply.event.question.text) : next));
      return isModelGone(reply.event) ? withRequests(seen, { type: 'listModels' }) : seen;
    }
    default:
      return assertNever(reply);
  }
}

/** A draft that begins with a slash calls up saved prompts. */
function draft(model: ChatModel, text: string): ChatStep {
  const next = withDraft(model, model.conversation.id, text);
  return text.startsWith('/') ? prompting(next, { type: 'list' }) : step(next);
}

/** The list of models is older than what an answer found. */
function isModelGone(event: ConversationEvent): boolean {
  return event.type === 'answerState' && event.error === 'ollamaModelMissing';
}

function open(model: ChatModel, conversationId: string, temporary = false): ChatStep {
  const left = model.conversation;
  if (left.id === conversationId) return step(model);
  const found = model.kept.find(({ id }) => id === conversationId);
  const conversation = found ?? openingConversation(conversationId, temporary);
  const since = sinceOf(conversation);
  const keep = left.phase === 'ready' && left.messages.length > 0 && left.temporary !== true ? [left] : [];
  const kept = [...keep, ...model.kept.filter(({ id }) => id !== conversationId)].slice(0, MAX_KEPT_CONVERSATIONS);
  const { phase: _, stopping: __, editing: ___, viewers: ____, ...rest } = withoutTraces(model, left);
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

function stop(model: ChatModel, requestId: string): ChatStep {
  const answer = runningAnswer(model.conversation);
  if (!answer || model.stopping?.answerId === answer.id) return step(model);
  return step(
    { ...model, stopping: { requestId, answerId: answer.id } },
    { type: 'stop', requestId, conversationId: model.conversation.id, answerId: answer.id },
  );
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
