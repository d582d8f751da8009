import { isRunning, type ChatMessage } from '../protocol/chatMessage.ts';
import { deviceNameOf, isUp, type ChatModel } from './chatModel.ts';
import { modelNewsIn } from './modelWork.ts';
import { countWords } from './words.ts';
import { say, wordsOf } from './speech.ts';

/** What a screen reader hears of a change: `status` waits its turn, `alert` does not. The streamed text itself is never spoken. */
export interface Announcement {
  readonly kind: 'status' | 'alert';
  readonly text: string;
}

export function announce(before: ChatModel, after: ChatModel): Announcement | undefined {
  if (after.undo && after.undo !== before.undo) return { kind: 'status', text: say('Chat deleted') };
  const news = modelNewsIn(before, after);
  if (news !== undefined) return { kind: 'status', text: news };
  const { items } = after.search ?? {};
  if (items && items !== before.search?.items) return { kind: 'status', text: say('{0} found', items.length) };
  if (after.conversation.id !== before.conversation.id || before.conversation.phase === 'opening') return undefined;
  const refused = after.pending.find(
    (send) => send.state === 'refused' && !before.pending.some((old) => old.requestId === send.requestId && old.state === 'refused'),
  );
  if (refused?.error !== undefined) return { kind: 'alert', text: say('Not sent. {0}', wordsOf(refused.error)) };
  if (after.refusal && after.refusal !== before.refusal) return { kind: 'alert', text: wordsOf(after.refusal.error) };
  const queued = (model: ChatModel): number => model.pending.filter(({ state }) => state === 'queued').length;
  const wait = isUp(after) ? '' : say(', waits for {0}', deviceNameOf(after) ?? say('the computer'));
  if (queued(after) > queued(before)) return { kind: 'status', text: say('Queued{0}', wait) };
  if (before.asked?.kind === 'choose' && !after.asked) return { kind: 'status', text: branchWords(before, after) };
  if (after.stopping && !before.stopping) return { kind: 'status', text: isUp(after) ? say('Stopping') : say('Stop{0}', wait) };
  const answer = after.conversation.messages.at(-1);
  if (answer?.role !== 'assistant') return undefined;
  return ofAnswer(
    before.conversation.messages.find(({ id }) => id === answer.id),
    answer,
  );
}

function ofAnswer(before: ChatMessage | undefined, after: ChatMessage): Announcement | undefined {
  const wasRunning = before === undefined || (before.state !== undefined && isRunning(before.state));
  if (!wasRunning || after.state === undefined) return undefined;
  switch (after.state) {
    case 'streaming':
      return before?.state === 'streaming' ? undefined : { kind: 'status', text: say('Answer started') };
    case 'done':
      return { kind: 'status', text: say('Answer finished, {0}', words(after)) };
    case 'stopped':
      return { kind: 'status', text: say('Answer stopped, {0}', words(after)) };
    case 'interrupted':
    case 'error':
      return { kind: 'alert', text: answerTrouble(after) ?? say('The answer broke off.') };
    case 'waiting':
    case 'loading':
      return undefined;
  }
}

/** What is said of an answer that has been on its way for long. */
export function progressOf(answer: ChatMessage): Announcement {
  return { kind: 'status', text: answer.text === '' ? say('Still waiting for the answer') : say('Still answering, {0}', words(answer)) };
}

/** Counted now and then alone: an answer that grows would have all of it counted with each frame. */
function words({ text }: ChatMessage): string {
  const count = countWords(text);
  return count === 1 ? say('1 word') : say('{0} words', count);
}

/** The words of an answer that did not come to its end. */
export function answerTrouble(answer: ChatMessage): string | undefined {
  if (answer.state !== 'error' && answer.state !== 'interrupted') return undefined;
  if (answer.error === undefined && answer.state === 'interrupted') return say('The answer was interrupted; what had come is kept.');
  return wordsOf(answer.error ?? 'ollamaFailed', answer.errorDetail);
}

/** Which of its siblings is shown now. */
function branchWords(before: ChatModel, { conversation }: ChatModel): string {
  const shown = conversation.messages.find(({ id }) => id === before.asked?.messageId);
  const { position, count } = shown?.siblings ?? { position: 1, count: 1 };
  return shown?.role === 'user' ? say('Version {0} of {1}', position, count) : say('Answer {0} of {1}', position, count);
}
