import { assertNever } from '../base/assertNever.ts';
import type { SavedPrompt } from '../protocol/chatPrompts.ts';
import type { ChatModel } from './chatModel.ts';
import { step, type ChatStep } from './chatStep.ts';

/** What a person does with saved prompts. */
export type PromptAction =
  | { readonly type: 'list' }
  | { readonly type: 'save'; readonly requestId: string; readonly prompt: SavedPrompt }
  | { readonly type: 'delete'; readonly requestId: string; readonly promptId: string }
  /** Takes the last deletion back. */
  | { readonly type: 'restore'; readonly requestId: string }
  /** What was said of it has been read. */
  | { readonly type: 'forgetUndo' };

export function prompting(model: ChatModel, action: PromptAction): ChatStep {
  switch (action.type) {
    case 'list':
      return model.prompts === undefined ? step(model, { type: 'listPrompts' }) : step(model);
    case 'save':
      return save(model, action.requestId, action.prompt);
    case 'delete': {
      const { requestId, promptId } = action;
      const found = model.prompts?.find(({ id }) => id === promptId);
      if (!found) return step(model);
      const prompts = model.prompts?.filter((prompt) => prompt !== found);
      return step({ ...model, prompts, promptUndo: found }, { type: 'deletePrompt', requestId, promptId });
    }
    case 'restore':
      return model.promptUndo ? save(withoutUndo(model), action.requestId, model.promptUndo) : step(model);
    case 'forgetUndo':
      return step(withoutUndo(model));
    default:
      return assertNever(action);
  }
}

/** The prompts that a draft calls up, those whose name begins so first; undefined when it calls up none. */
export function calledPrompts(draft: string, prompts: readonly SavedPrompt[] | undefined): readonly SavedPrompt[] | undefined {
  if (!prompts || !/^\/\S*$/.test(draft)) return undefined;
  const wanted = draft.slice(1).toLowerCase();
  const begins = ({ name }: SavedPrompt): boolean => name.toLowerCase().startsWith(wanted);
  const holds = (prompt: SavedPrompt): boolean => !begins(prompt) && prompt.name.toLowerCase().includes(wanted);
  const found = [...prompts.filter(begins), ...prompts.filter(holds)];
  return found.length === 0 && wanted !== '' ? undefined : found;
}

function save(model: ChatModel, requestId: string, { id: promptId, name, text }: SavedPrompt): ChatStep {
  return step(model, { type: 'savePrompt', requestId, promptId, name, text });
}

function withoutUndo(model: ChatModel): ChatModel {
  const { promptUndo: _, ...rest } = model;
  return rest;
}

/** The first line that holds something. */
export function excerptOf(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}
