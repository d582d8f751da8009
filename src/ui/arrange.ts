import { assertNever } from '../base/assertNever.ts';
import type { ChatReply } from '../protocol/chat.ts';
import type { ChatSettings } from '../protocol/chatSettings.ts';
import { joinQuestion, splitQuestion } from './attachments.ts';
import { mayBranch, mayContinue, modelOf, type Asked, type ChatModel } from './chatModel.ts';
import { step, withDraft, withRequests, type ChatStep } from './chatStep.ts';
import { openingConversation } from './conversationModel.ts';

/** What a person does with messages and chats that are there. */
export type ArrangeAction =
  | { readonly type: 'regenerate'; readonly requestId: string; readonly answerId: string }
  | { readonly type: 'continue'; readonly requestId: string; readonly answerId: string }
  /** Ask the model so from the next question on. */
  | { readonly type: 'configure'; readonly requestId: string; readonly settings: ChatSettings }
  /** Begin to edit a question in its place, or leave that again; what was typed is kept. */
  | { readonly type: 'editing'; readonly questionId: string | undefined }
  | { readonly type: 'editDraft'; readonly questionId: string; readonly text: string }
  | { readonly type: 'edit'; readonly requestId: string; readonly questionId: string }
  | { readonly type: 'choose'; readonly requestId: string; readonly messageId: string }
  | { readonly type: 'rename'; readonly requestId: string; readonly conversationId: string; readonly title: string }
  | { readonly type: 'delete'; readonly requestId: string; readonly conversationId: string }
  | { readonly type: 'restore'; readonly requestId: string; readonly conversationId: string }
  /** What the notice of the last deletion said has been read. */
  | { readonly type: 'forgetUndo' }
  | { readonly type: 'bin'; readonly isOpen: boolean }
  /** Words to look for; none ends the search. */
  | { readonly type: 'search'; readonly query: string }
  | { readonly type: 'goal'; readonly conversationId: string; readonly messageId: string; readonly requestId: string }
  /** The goal is on the screen, or nobody wants it any more. */
  | { readonly type: 'arrived' };

export function arrange(model: ChatModel, action: ArrangeAction): ChatStep {
  switch (action.type) {
    case 'regenerate':
    case 'edit':
    case 'choose':
      return branch(model, action);
    case 'continue':
      return goOn(model, action.requestId, action.answerId);
    case 'configure': {
      const { requestId, settings } = action;
      return step(model, { type: 'configure', requestId, conversationId: model.conversation.id, settings });
    }
    case 'editing':
      return step(editing(model, action.questionId));
    case 'editDraft':
      return step(withDraft(model, action.questionId, action.text));
    case 'rename': {
      const { requestId, conversationId } = action;
      const title = action.title.trim();
      return title === ''
        ? step(model)
        : step(retitled(model, conversationId, title), { type: 'rename', requestId, conversationId, title });
    }
    case 'delete': {
      const { requestId, conversationId } = action;
      // A temporary chat has no bin to come back from.
      if (model.conversation.id === conversationId && model.conversation.temporary === true)
        return step(model, { type: 'deleteConversation', requestId, conversationId });
      return step(withoutChat(model, conversationId), { type: 'deleteConversation', requestId, conversationId });
    }
    case 'restore': {
      const { requestId, conversationId } = action;
      const next = model.undo?.conversationId === conversationId ? withoutUndo(model) : model;
      return step(next, { type: 'restoreConversation', requestId, conversationId });
    }
    case 'forgetUndo':
      return step(withoutUndo(model));
    case 'bin':
      return action.isOpen ? step({ ...model, isBinOpen: true }, { type: 'listDeleted' }) : step({ ...model, isBinOpen: false });
    case 'search':
      return search(model, action.query.trim());
    case 'goal': {
      const { conversationId, messageId, requestId } = action;
      return pursue(step({ ...model, goal: { conversationId, messageId, requestId, isChosen: false } }));
    }
    case 'arrived':
      return step(withoutGoal(model));
    default:
      return assertNever(action);
  }
}

/** The hub has accepted what was asked of a branch: a draft of an edit has become a question. */
export function arranged(model: ChatModel, { requestId, answerId }: Extract<ChatReply, { type: 'accepted' }>): ChatModel {
  if (model.asked?.requestId !== requestId) return model;
  const { asked } = model;
  const sent = asked.kind === 'edit' ? withDraft(model, asked.messageId, '') : model;
  return { ...sent, asked: { ...asked, answerId: answerId ?? asked.messageId } };
}

/** Whatever is refused is no longer asked for; an edit goes on in its place. */
export function unasked(model: ChatModel, requestId: string | undefined): ChatModel {
  if (requestId === undefined || model.asked?.requestId !== requestId) return model;
  const { asked, ...rest } = model;
  return asked.kind === 'edit' ? { ...rest, editing: asked.messageId } : rest;
}

export function withoutGoal(model: ChatModel): ChatModel {
  const { goal: _, ...rest } = model;
  return rest;
}

/** Takes the next step towards the goal: earlier pages first, and when there are none left, the branch that it is on. */
export function pursue(before: ChatStep): ChatStep {
  const { goal, conversation } = before.model;
  if (goal?.conversationId !== conversation.id || conversation.phase !== 'ready') return before;
  if (conversation.messages.some(({ id }) => id === goal.messageId)) return before;
  const first = conversation.messages[0];
  if (conversation.more && first) {
    if (conversation.loadingOlder) return before;
    const model = { ...before.model, conversation: { ...conversation, loadingOlder: true } };
    return withRequests({ ...before, model }, { type: 'page', conversationId: conversation.id, before: first.id });
  }
  if (goal.isChosen) return { ...before, model: withoutGoal(before.model) };
  const { requestId, messageId, conversationId } = goal;
  const model = { ...before.model, goal: { ...goal, isChosen: true } };
  return withRequests({ ...before, model }, { type: 'choose', requestId, conversationId, messageId });
}

function branch(model: ChatModel, action: Extract<ArrangeAction, { type: 'regenerate' | 'edit' | 'choose' }>): ChatStep {
  const name = modelOf(model);
  if (!mayBranch(model) || name === undefined) return step(model);
  const { requestId } = action;
  const conversationId = model.conversation.id;
  const ask = (kind: Asked['kind'], messageId: string): ChatModel => ({ ...model, asked: { requestId, kind, conversationId, messageId } });
  switch (action.type) {
    case 'regenerate': {
      const { answerId } = action;
      return step(ask('regenerate', answerId), { type: 'regenerate', requestId, conversationId, answerId, model: name });
    }
    case 'choose':
      return step(ask('choose', action.messageId), { type: 'choose', requestId, conversationId, messageId: action.messageId });
    case 'edit': {
      const { questionId } = action;
      const question = model.conversation.messages.find(({ id }) => id === questionId);
      const draft = model.drafts[questionId]?.trim() ?? '';
      if (!question || draft === '') return step(model);
      const text = joinQuestion({ text: draft, attachments: splitQuestion(question.text).attachments });
      const { editing: _, ...asking } = ask('edit', questionId);
      return step(asking, { type: 'edit', requestId, conversationId, questionId, text, model: name });
    }
  }
}

function goOn(model: ChatModel, requestId: string, answerId: string): ChatStep {
  const answer = model.conversation.messages.find(({ id }) => id === answerId);
  if (!answer || !mayContinue(model, answer)) return step(model);
  const conversationId = model.conversation.id;
  const asked: Asked = { requestId, kind: 'continue', conversationId, messageId: answerId };
  return step({ ...model, asked }, { type: 'continue', requestId, conversationId, answerId });
}

function editing(model: ChatModel, questionId: string | undefined): ChatModel {
  const { editing: _, ...rest } = model;
  if (questionId === undefined) return rest;
  const question = model.conversation.messages.find(({ id, role }) => id === questionId && role === 'user');
  if (!question || !mayBranch(model)) return model;
  const begun = model.drafts[questionId] === undefined ? withDraft(rest, questionId, splitQuestion(question.text).text) : rest;
  return { ...begun, editing: questionId };
}

function retitled(model: ChatModel, conversationId: string, title: string): ChatModel {
  const { conversation, conversations } = model;
  const items = conversations?.map((item) => (item.id === conversationId ? { ...item, title } : item));
  return {
    ...model,
    ...(items ? { conversations: items } : {}),
    conversation: conversation.id === conversationId ? { ...conversation, title } : conversation,
  };
}

/** Without a chat that goes into the bin: what is kept of it here would come back with it, older than it is. */
function withoutChat(model: ChatModel, conversationId: string): ChatModel {
  const chat = model.conversations?.find(({ id }) => id === conversationId);
  const title = chat?.title ?? (model.conversation.id === conversationId ? model.conversation.title : '');
  const { search, ...rest } = model;
  const found = search?.items?.filter((hit) => hit.conversationId !== conversationId);
  return {
    ...rest,
    ...(search ? { search: found ? { ...search, items: found } : search } : {}),
    ...(model.conversations ? { conversations: model.conversations.filter(({ id }) => id !== conversationId) } : {}),
    kept: model.kept.filter(({ id }) => id !== conversationId),
    pending: model.pending.filter((send) => send.conversationId !== conversationId || send.state !== 'queued'),
    // What is shown is emptied too: it is left next, and must not be kept as it was.
    ...(model.conversation.id === conversationId ? { conversation: openingConversation(conversationId) } : {}),
    undo: { conversationId, title },
  };
}

function withoutUndo(model: ChatModel): ChatModel {
  const { undo: _, ...rest } = model;
  return rest;
}

function search(model: ChatModel, query: string): ChatStep {
  const { search: before, ...rest } = model;
  if (query === '') return step(rest);
  if (query === before?.query) return step(model);
  // What was found for the words so far stays until the answer comes, so that the list does not blink.
  return step({ ...rest, search: { query, ...(before?.items ? { items: before.items } : {}) } }, { type: 'search', query });
}
