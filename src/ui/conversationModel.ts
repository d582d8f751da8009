import { assertNever } from '../base/assertNever.ts';
import { type ChatReply, type ConversationEvent, type Since } from '../protocol/chat.ts';
import type { ChatSettings } from '../protocol/chatSettings.ts';
import { isRunning, type ChatMessage } from '../protocol/chatMessage.ts';
import { mayBecome } from './answerTransitions.ts';

/** A conversation as a view knows it. */
export interface Conversation {
  readonly id: string;
  /** `opening`: asked for, nothing known yet. `resyncing`: shown, but events are dropped until a fresh snapshot comes. */
  readonly phase: 'opening' | 'ready' | 'resyncing';
  /** Run of the hub that `sequence` belongs to; empty while `opening`. */
  readonly hubEpoch: string;
  /** The last event applied. */
  readonly sequence: number;
  readonly title: string;
  readonly messages: readonly ChatMessage[];
  /** There are earlier messages at the device. */
  readonly more: boolean;
  readonly loadingOlder: boolean;
  /** How its model is asked; absent when nothing is set. */
  readonly settings?: ChatSettings | undefined;
  /** Never written down; over when it is left. */
  readonly temporary?: true | undefined;
}

type Snapshot = Extract<ChatReply, { type: 'snapshot' }>;
type Page = Extract<ChatReply, { type: 'page' }>;

/** `lost`: a gap or something impossible; only a fresh snapshot tells the truth again. */
export type Applied =
  { readonly kind: 'applied'; readonly conversation: Conversation } | { readonly kind: 'known' } | { readonly kind: 'lost' };

const known: Applied = { kind: 'known' };
const lost: Applied = { kind: 'lost' };

export function openingConversation(id: string, isTemporary = false): Conversation {
  const temporary = isTemporary ? ({ temporary: true } as const) : {};
  return { id, phase: 'opening', hubEpoch: '', sequence: 0, title: '', messages: [], more: false, loadingOlder: false, ...temporary };
}

/** @param before what was shown of it: one that was begun as temporary stays so, though the hub knows it only from its first question on */
export function fromSnapshot(snapshot: Snapshot, before: Conversation): Conversation {
  const { conversationId: id, hubEpoch, sequence, title, messages, more, settings } = snapshot;
  const temporary = snapshot.temporary ?? before.temporary;
  return {
    ...{ id, phase: 'ready', hubEpoch, sequence, title, messages, more, loadingOlder: false },
    ...(settings ? { settings } : {}),
    ...(temporary ? { temporary } : {}),
  };
}

/** Where to go on from; undefined when nothing trustworthy is held. */
export function sinceOf(conversation: Conversation): Since | undefined {
  return conversation.phase === 'ready' ? { hubEpoch: conversation.hubEpoch, sequence: conversation.sequence } : undefined;
}

/** Puts earlier messages in front; those already held are not taken twice. */
export function withOlder(conversation: Conversation, page: Page): Conversation {
  const held = new Set(conversation.messages.map((message) => message.id));
  const older = page.messages.filter((message) => !held.has(message.id));
  return { ...conversation, messages: [...older, ...conversation.messages], more: page.more, loadingOlder: false };
}

/** Applies one event exactly once and in order. */
export function applyEvent(conversation: Conversation, sequence: number, event: ConversationEvent): Applied {
  if (conversation.phase !== 'ready' || sequence <= conversation.sequence) return known;
  if (sequence !== conversation.sequence + 1) return lost;
  const changed = change(conversation, event);
  return changed === undefined ? lost : { kind: 'applied', conversation: { ...changed, sequence } };
}

/** The answer that the model is at work on, if any: only the last message can be. */
export function runningAnswer(conversation: Conversation): ChatMessage | undefined {
  const last = conversation.messages.at(-1);
  return last?.state !== undefined && isRunning(last.state) ? last : undefined;
}

function change(conversation: Conversation, event: ConversationEvent): Conversation | undefined {
  switch (event.type) {
    case 'turn': {
      const taken = conversation.messages.some(({ id }) => id === event.question.id || id === event.answer.id);
      return taken ? undefined : { ...conversation, messages: [...conversation.messages, event.question, event.answer] };
    }
    case 'answerState':
      return changeAnswer(conversation, event.answerId, (answer) => {
        if (!mayBecome(answer.state ?? 'waiting', event.state)) return undefined;
        const { error, errorDetail, stats } = event;
        return {
          ...answer,
          state: event.state,
          ...(error === undefined ? {} : { error }),
          ...(errorDetail === undefined ? {} : { errorDetail }),
          ...(stats === undefined ? {} : { stats }),
        };
      });
    case 'chunk':
      return changeAnswer(conversation, event.message.id, (answer) => append(answer, event.message));
    case 'title':
      return { ...conversation, title: event.title };
    case 'thought':
      return changeAnswer(conversation, event.answerId, (answer) => think(answer, event));
    case 'settings':
      return { ...conversation, settings: event.settings };
    default:
      return assertNever(event);
  }
}

type Chunk = Extract<ConversationEvent, { type: 'chunk' }>['message'];

function append(answer: ChatMessage, { chunk, sequence }: Chunk): ChatMessage | undefined {
  const state = answer.state ?? 'waiting';
  const expected = answer.nextSequence ?? 0;
  if (sequence < expected) return answer;
  if (sequence > expected || !isRunning(state)) return undefined;
  return { ...answer, text: answer.text + chunk, nextSequence: expected + 1, state: chunk === '' ? state : 'streaming' };
}

function think(answer: ChatMessage, { offset, text, ms }: Extract<ConversationEvent, { type: 'thought' }>): ChatMessage | undefined {
  const { thinking = '', state = 'waiting' } = answer;
  if (thinking.length !== offset || !isRunning(state)) return undefined;
  return { ...answer, thinking: thinking + text, thinkingMs: ms };
}

function changeAnswer(
  conversation: Conversation,
  id: string,
  update: (answer: ChatMessage) => ChatMessage | undefined,
): Conversation | undefined {
  const at = conversation.messages.findLastIndex((message) => message.id === id);
  const answer = conversation.messages[at];
  if (answer?.role !== 'assistant') return undefined;
  const updated = update(answer);
  return updated && { ...conversation, messages: conversation.messages.with(at, updated) };
}
