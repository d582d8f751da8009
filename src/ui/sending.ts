import { assertNever } from '../base/assertNever.ts';
import type { ChatReply } from '../protocol/chat.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { MAX_ATTACHMENTS, MAX_MESSAGE_IMAGES } from '../protocol/limits.ts';
import { ollamaErrors } from '../protocol/status.ts';
import { attachmentLabel, joinQuestion, splitQuestion, type Attachment } from './attachments.ts';
import { attachmentsOf, canSend, draftOf, imagesOf, isBusy, isUp, modelOf, type ChatModel, type PendingSend } from './chatModel.ts';
import { step, withDraft, withRequests, type ChatStep } from './chatStep.ts';
import { withImages } from './composerImages.ts';
import { runningAnswer } from './conversationModel.ts';

/** The way of a question from the composer to its turn in the conversation. */
export type SendAction =
  | { readonly type: 'send'; readonly requestId: string }
  /** A queued question that waits although nothing is under way any more. */
  | { readonly type: 'sendNow'; readonly requestId: string }
  /** A refusal has been read, or a queued question is taken back; with `edit` its text comes into the composer. */
  | { readonly type: 'dismiss'; readonly requestId?: string; readonly edit?: boolean }
  | { readonly type: 'attach'; readonly items: readonly Attachment[] }
  | { readonly type: 'detach'; readonly index: number };

export function sending(model: ChatModel, action: SendAction): ChatStep {
  switch (action.type) {
    case 'send':
      return send(model, action.requestId);
    case 'sendNow':
      return isHeld(model, action.requestId) ? sendWaiting(release(model, action.requestId)) : step(model);
    case 'dismiss':
      return step(dismiss(model, action.requestId, action.edit ?? false));
    case 'attach':
      return step(attach(model, model.conversation.id, action.items));
    case 'detach':
      return step(withAttachments(model, model.conversation.id, attachmentsOf(model).toSpliced(action.index, 1)));
    default:
      return assertNever(action);
  }
}

/** Sends what waits, if it is known by now which models there are; without one the text comes back. */
export function sendWaiting(model: ChatModel): ChatStep {
  const waiting = model.pending.filter(({ state }) => state === 'waiting');
  if (model.models === undefined || waiting.length === 0) return step(model);
  const name = modelOf(model);
  if (name === undefined) {
    const refused = (next: ChatModel, { requestId }: PendingSend): ChatModel =>
      refuse(next, { type: 'refused', requestId, error: 'ollamaNoModels' });
    return step(waiting.reduce(refused, model));
  }
  const modelFor = (send: PendingSend): string => model.models?.find((info) => info.name === send.model)?.name ?? name;
  const pending = model.pending.map((send): PendingSend =>
    send.state === 'waiting' ? { ...send, state: 'sending', model: modelFor(send) } : send,
  );
  const requests = waiting.map((send) => {
    const { requestId, conversationId, text, images } = send;
    const withThem = images ? { images: images.map(({ id }) => id) } : {};
    return { type: 'send', requestId, conversationId, text, model: modelFor(send), ...withThem } as const;
  });
  return step({ ...model, pending }, ...requests);
}

/** Sends the first question of each queue whose turn has come; none while the computer is away, so that each can still be taken back. */
export function sendQueued(model: ChatModel): ChatStep {
  if (!isUp(model)) return step(model);
  const first = new Map<string, PendingSend>();
  for (const send of model.pending) if (send.state === 'queued' && !first.has(send.conversationId)) first.set(send.conversationId, send);
  let next: ChatStep = step(model);
  for (const { requestId, conversationId } of first.values()) {
    if (!mayGo(next.model, conversationId)) continue;
    const { model: after, requests } = sendWaiting(release(next.model, requestId));
    next = withRequests({ model: after, requests: next.requests }, ...requests);
  }
  return next;
}

/** A queued question that does not go by itself: the answer before it broke off, and whoever asked should look first. */
export function isHeld(model: ChatModel, requestId: string): boolean {
  const send = model.pending.find((one) => one.requestId === requestId);
  return send?.state === 'queued' && send.conversationId === model.conversation.id && isUp(model) && isFree(model) && endedBadly(model);
}

function mayGo(model: ChatModel, conversationId: string): boolean {
  const isOnItsWay = model.pending.some((send) => send.conversationId === conversationId && isUnderWay(send));
  if (isOnItsWay) return false;
  if (conversationId === model.conversation.id) return isFree(model) && !endedBadly(model);
  // One that is not listed was never begun, or has rested for long.
  return model.conversations?.every(({ id, running }) => id !== conversationId || !running) ?? false;
}

const isUnderWay = ({ state }: PendingSend): boolean => state !== 'queued' && state !== 'refused';

function isFree(model: ChatModel): boolean {
  const { id, phase } = model.conversation;
  const isOnItsWay = model.pending.some((send) => send.conversationId === id && isUnderWay(send));
  return phase === 'ready' && !isOnItsWay && runningAnswer(model.conversation) === undefined && model.asked?.conversationId !== id;
}

function endedBadly({ conversation }: ChatModel): boolean {
  const state = conversation.messages.at(-1)?.state;
  return state === 'error' || state === 'interrupted';
}

function release(model: ChatModel, requestId: string): ChatModel {
  const free = (send: PendingSend): PendingSend => (send.requestId === requestId ? { ...send, state: 'waiting' } : send);
  return { ...model, pending: model.pending.map(free) };
}

function send(model: ChatModel, requestId: string): ChatStep {
  if (!canSend(model)) return step(model);
  const conversationId = model.conversation.id;
  const text = joinQuestion({ text: draftOf(model).trim(), attachments: attachmentsOf(model) });
  const name = modelOf(model);
  const state = isUp(model) && !isBusy(model) ? 'waiting' : 'queued';
  const infos = imagesOf(model).map(({ info }) => info);
  const pending: PendingSend = {
    ...{ requestId, conversationId, text, state, seen: false },
    ...(infos.length === 0 ? {} : { images: infos }),
    ...(name === undefined ? {} : { model: name }),
  };
  const others = model.pending.filter((other) => other.conversationId !== conversationId || other.state !== 'refused');
  const { fileNote: _, ...read } = model;
  const empty = withImages(withAttachments(withDraft(read, conversationId, ''), conversationId, []), conversationId, []);
  return sendWaiting({ ...empty, pending: [...others, pending] });
}

function dismiss(model: ChatModel, requestId: string | undefined, edit: boolean): ChatModel {
  if (requestId === undefined) {
    const { refusal: _, ...rest } = model;
    return rest;
  }
  const taken = model.pending.find((send) => send.requestId === requestId && !isUnderWay(send));
  if (!taken) return model;
  const rest = { ...model, pending: model.pending.filter((send) => send !== taken) };
  return edit ? giveBack(rest, taken) : rest;
}

/** Puts a question into the composer again, before what is there. */
function giveBack(before: ChatModel, { conversationId, text: whole, images = [] }: PendingSend): ChatModel {
  const held = before.images[conversationId] ?? [];
  const given = images.filter(({ id }) => !held.some(({ info }) => info.id === id)).map((info) => ({ info, state: 'ready' }) as const);
  const model = withImages(before, conversationId, [...given, ...held].slice(0, MAX_MESSAGE_IMAGES));
  const { text, attachments } = splitQuestion(whole);
  const draft = model.drafts[conversationId] ?? '';
  return attach(withDraft(model, conversationId, draft === '' ? text : `${text}\n\n${draft}`), conversationId, attachments);
}

export function accept(model: ChatModel, { requestId, answerId }: Extract<ChatReply, { type: 'accepted' }>): ChatModel {
  const accepted = (send: PendingSend): PendingSend => {
    if (send.requestId !== requestId || send.state !== 'sending') return send;
    return answerId === undefined ? { ...send, state: 'accepted' } : { ...send, state: 'accepted', answerId };
  };
  return { ...model, pending: model.pending.map(accepted) };
}

/** A turn with the text of a question on its way is, until the acceptance says otherwise, that question. */
export function seeTurn(model: ChatModel, text: string): ChatModel {
  const { id } = model.conversation;
  const first = model.pending.find((send) => send.conversationId === id && isUnderWay(send) && !send.seen && send.text === text);
  return first ? { ...model, pending: model.pending.map((send) => (send === first ? { ...send, seen: true } : send)) } : model;
}

/**
 * Drops accepted questions whose turn is in the conversation, a branch that is there, and a stop whose answer has ended.
 * @param isNewest the conversation has just come as it stands: what was accepted is in it, be it further up than is shown or on another branch
 */
export function settle(model: ChatModel, isNewest = false): ChatModel {
  const { conversation, stopping, asked } = model;
  const isThere = (answerId: string): boolean => conversation.messages.some(({ id }) => id === answerId);
  const arrived = (send: PendingSend): boolean =>
    send.state === 'accepted' && (isNewest || send.seen || send.answerId === undefined || isThere(send.answerId));
  const pending = model.pending.filter((send) => send.conversationId !== conversation.id || !arrived(send));
  let next = pending.length === model.pending.length ? model : { ...model, pending };
  if (asked?.answerId !== undefined && isThere(asked.answerId)) {
    const { asked: _, ...rest } = next;
    next = rest;
  }
  if (stopping === undefined || runningAnswer(conversation)?.id === stopping.answerId) return next;
  const { stopping: _, ...rest } = next;
  return rest;
}

export function refuse(model: ChatModel, reply: Extract<ChatReply, { type: 'refused' }>): ChatModel {
  const { requestId, error } = reply;
  const detail = reply.detail === undefined ? {} : { detail: reply.detail };
  if (requestId !== undefined && model.stopping?.requestId === requestId) {
    const { stopping: _, ...rest } = model;
    return rest;
  }
  const pending = model.pending.find((send) => send.requestId === requestId);
  if (!pending) return isOllamaCondition(error) ? model : { ...model, refusal: { error, ...detail } };
  const givenBack = (model.drafts[pending.conversationId] ?? '') === '';
  const refused: PendingSend = { ...pending, state: 'refused', seen: false, error, ...detail, givenBack };
  const next = { ...model, pending: model.pending.map((send) => (send === pending ? refused : send)) };
  return givenBack ? giveBack(next, pending) : next;
}

/** What ails Ollama stands on a card of its own, which goes by itself when it is well: said twice, the second would stay. */
function isOllamaCondition(error: ErrorCode): boolean {
  return Object.values(ollamaErrors).some((condition) => condition === error);
}

/** Adds what is not there yet, as far as there is room. */
function attach(model: ChatModel, conversationId: string, items: readonly Attachment[]): ChatModel {
  const held = model.attachments[conversationId] ?? [];
  const names = new Set(held.map(attachmentLabel));
  const added = items.filter((item) => !names.has(attachmentLabel(item)));
  return withAttachments(model, conversationId, [...held, ...added].slice(0, MAX_ATTACHMENTS));
}

function withAttachments(model: ChatModel, conversationId: string, items: readonly Attachment[]): ChatModel {
  const others = Object.entries(model.attachments).filter(([id]) => id !== conversationId);
  return { ...model, attachments: Object.fromEntries(items.length === 0 ? others : [...others, [conversationId, items] as const]) };
}
