import type { ChatMessage } from '../../protocol/chatMessage.ts';
import { deviceNameOf, isUp, mayBranch, mayContinue, visiblePending, type ChatModel } from '../chatModel.ts';
import { runningAnswer } from '../conversationModel.ts';
import { isHeld } from '../sending.ts';
import { phaseText } from '../words.ts';
import { say } from '../speech.ts';

/** One article of the transcript. */
export interface TranscriptRow {
  readonly key: string;
  readonly message: ChatMessage;
  /** Accessible name. */
  readonly label: string;
  readonly phase: string;
  readonly note: string;
  /** Of a question that waits its turn. */
  readonly queued: 'queued' | 'held' | undefined;
  readonly mayBranch: boolean;
  readonly mayContinue: boolean;
  /** Of a question that is being edited. */
  readonly editDraft: string | undefined;
}

/** The articles in their order: what the conversation holds, then questions on their way and the answers that they wait for. */
export function transcriptRows(model: ChatModel, now: number): TranscriptRow[] {
  const running = runningAnswer(model.conversation);
  const messages = [...model.conversation.messages];
  const notes = new Map<string, string>();
  const phases = new Map<string, string>();
  const queue = new Map<string, 'queued' | 'held'>();
  if (running && running.text === '') {
    const waited = model.phase?.answerId === running.id ? Math.max(0, now - model.phase.since) : 0;
    phases.set(
      running.id,
      phaseText(
        running,
        waited,
        model.models?.find(({ name }) => name === running.model),
      ),
    );
  }
  for (const send of visiblePending(model)) {
    if (send.state === 'refused') continue;
    const { requestId: id, text, images } = send;
    messages.push({ id, role: 'user', text, createdAt: now, ...(images ? { images: [...images] } : {}) });
    if (send.state === 'queued') {
      const state = isHeld(model, id) ? 'held' : 'queued';
      queue.set(id, state);
      notes.set(
        id,
        state === 'held'
          ? say('Not sent: the answer broke off.')
          : isUp(model)
            ? say('Queued')
            : say('Waits for {0}', deviceNameOf(model) ?? say('the computer')),
      );
      continue;
    }
    notes.set(id, isUp(model) ? say('Sending…') : say('Sent, not confirmed yet'));
    // Nothing is promised of an answer while the question has nowhere to go.
    if (isUp(model))
      messages.push({ id: `${id}-answer`, role: 'assistant', text: '', createdAt: now, model: send.model, state: 'waiting' });
  }
  const branch = mayBranch(model);
  return label(messages).map((row) => ({
    ...row,
    phase: phases.get(row.key) ?? '',
    note: notes.get(row.key) ?? '',
    queued: queue.get(row.key),
    mayBranch: branch,
    mayContinue: branch && mayContinue(model, row.message),
    editDraft: row.key === model.editing ? (model.drafts[row.key] ?? '') : undefined,
  }));
}

function label(messages: readonly ChatMessage[]): Pick<TranscriptRow, 'key' | 'message' | 'label'>[] {
  const questions = messages.filter(({ role }) => role === 'user').length;
  const answers = messages.length - questions;
  let question = 0;
  let answer = 0;
  return messages.map((message) => {
    const isQuestion = message.role === 'user';
    const number = isQuestion ? ++question : ++answer;
    const name = isQuestion
      ? say('You, message {0} of {1}', number, questions)
      : say('{0}, answer {1} of {2}', message.model ?? say('Model'), number, answers);
    return { key: message.id, message, label: name };
  });
}
