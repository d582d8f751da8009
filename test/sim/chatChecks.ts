import assert from 'node:assert/strict';
import { isRunning, type ChatMessage } from '../../src/protocol/chatMessage.ts';
import type { ChatModel } from '../../src/ui/chatModel.ts';
import type { SimDevice } from './simDevice.ts';
import type { ModelRun } from './simModel.ts';
import type { Question } from './simPerson.ts';

/** What is checked of a world. */
export interface CheckedWorld {
  readonly device: SimDevice;
  /** All that the store holds. */
  readonly messages: readonly ChatMessage[];
}

/** Whatever a view shows at any moment is the beginning of what the model says to that question. */
export function checkView(world: CheckedWorld, { conversation }: ChatModel): void {
  const question = conversation.messages.at(-2);
  const answer = conversation.messages.at(-1);
  if (!question || !answer) return;
  const run = world.device.models.runs.get(question.text);
  if (!run) return;
  assert.ok(run.said.startsWith(answer.text) || isHalfCut(run, answer), 'a view shows what the model did not say');
}

/** The store, at the end: each question at most once, and each answer as the model gave it or marked for what it is. */
export function checkStore(world: CheckedWorld, questions: readonly Question[]): void {
  const stored = world.messages;
  const { turns } = world.device.conversations;
  assert.equal(stored.length, 2 * turns.length);
  assert.equal(new Set(turns.map(({ requestId }) => requestId)).size, turns.length, 'a turn is stored twice');
  for (const { requestId, prompt, state, life } of questions) {
    const isStored = turns.some((turn) => turn.requestId === requestId);
    if (state === 'answered') assert.ok(isStored, `question ${prompt.slice(0, 6)} is gone`);
    if (state === 'refused') assert.ok(!isStored, 'a refused question is stored');
    const answered = life.watch.answered.get(requestId);
    if (life.process.isAlive) assert.equal(answered?.type, state === 'refused' ? 'refused' : 'accepted');
  }
  for (const { question, answer } of turns) {
    const at = stored.findIndex(({ id }) => id === question?.id);
    const [asked, given] = [stored[at], stored[at + 1]];
    assert.ok(asked && given?.id === answer.id, 'question and answer do not stand together');
    assert.ok(
      questions.some(({ prompt }) => prompt === asked.text),
      'a question that nobody asked',
    );
    checkAnswer(world.device.models.runs.get(asked.text), given, questions.find(({ prompt }) => prompt === asked.text)?.stopAsked === true);
  }
}

function checkAnswer(run: ModelRun | undefined, answer: ChatMessage, mayBeStopped: boolean): void {
  const { state, text } = answer;
  assert.ok(run, 'an answer for which the model was never asked');
  assert.ok(state !== undefined && !isRunning(state), 'an answer that runs for ever');
  switch (run.end) {
    case 'done':
      assert.equal(state, 'done');
      assert.equal(text, run.text);
      return;
    case 'failed':
      assert.ok(state === 'error' ? text === '' : state === 'interrupted', `${state} after a failure`);
      assertWhole(run, text);
      return;
    case 'stopped':
      assert.ok(state === 'stopped' ? mayBeStopped : state === 'interrupted', `${state} after a stop`);
      assertWhole(run, text);
      return;
    case undefined:
      assert.equal(state, 'interrupted');
      assert.ok(run.said.startsWith(text), 'an interrupted answer holds what was never said');
  }
}

/** Everything that was said is there; half a character at the very end is not text. */
function assertWhole(run: ModelRun, text: string): void {
  const missing = run.said.length - text.length;
  assert.ok(
    run.said.startsWith(text) && (missing === 0 || (missing === 1 && endsInHalf(run.said))),
    `${String(missing)} units are missing`,
  );
}

function isHalfCut(run: ModelRun, answer: ChatMessage): boolean {
  return run.said === run.text && answer.text === run.text;
}

function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last < 0xdc00;
}
