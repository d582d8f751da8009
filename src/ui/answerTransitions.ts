import { isRunning, type AnswerState } from '../protocol/chatMessage.ts';

const ends: readonly AnswerState[] = ['done', 'stopped', 'interrupted', 'error'];

const nextStates: Readonly<Record<AnswerState, readonly AnswerState[]>> = {
  waiting: ['loading', 'streaming', ...ends],
  loading: ['waiting', 'streaming', ...ends],
  streaming: ends,
  done: [],
  stopped: [],
  interrupted: [],
  error: [],
};

/**
 * May an answer in state `from` be told to be in `to`? From `loading` back to `waiting` is the model reading the prompt once it is in
 * memory. A running state may be named again; an end is final.
 */
export function mayBecome(from: AnswerState, to: AnswerState): boolean {
  return from === to ? isRunning(from) : nextStates[from].includes(to);
}
