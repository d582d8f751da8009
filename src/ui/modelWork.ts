import type { ChatReply } from '../protocol/chat.ts';
import type { ModelPull } from '../protocol/chatModels.ts';
import type { ChatModel, ModelWork } from './chatModel.ts';
import { step, type ChatStep } from './chatStep.ts';
import { pullBegins, pullEndWords, pullSpoken } from './modelWords.ts';
import { paceOf, type PullPace } from './pullPace.ts';
import { say } from './speech.ts';

/** What a view asks about models. `watch`: which there are and what is in memory, now and on each change. */
export type ModelAsk =
  { readonly kind: 'watch' } | { readonly kind: 'pull' | 'cancel' | 'unload' | 'delete' | 'forget'; readonly model: string };
export type ModelAction = { readonly type: 'models'; readonly requestId: string; readonly ask: ModelAsk };

/** Least time between two announcements of how far a download is, ms. */
const TELL_AFTER_MS = 10_000;

const requestTypes = { pull: 'pullModel', cancel: 'cancelPull', unload: 'unloadModel', delete: 'deleteModel' } as const;

export function workOnModels(model: ChatModel, { requestId, ask }: ModelAction): ChatStep {
  if (ask.kind === 'watch') return step(model, { type: 'listModels' }, { type: 'listLoaded' });
  const others = (model.modelWork ?? []).filter((work) => work.model !== ask.model);
  if (ask.kind === 'forget') return step({ ...model, modelWork: others });
  const { kind, model: name } = ask;
  if (workOf(model, name)?.kind === kind && workOf(model, name)?.error === undefined) return step(model);
  const next = { ...model, modelWork: [...others, { requestId, kind, model: name }] };
  return step(kind === 'pull' ? tell(next, pullBegins(name)) : next, { type: requestTypes[kind], requestId, model: name });
}

/** What is under way, or was refused, for a model. */
export function workOf(model: ChatModel, name: string): ModelWork | undefined {
  return model.modelWork?.find((work) => work.model === name);
}

/** The device has done it. */
export function workDone(model: ChatModel, requestId: string): ChatModel {
  const done = model.modelWork?.find((work) => work.requestId === requestId);
  if (!done) return model;
  const next = { ...model, modelWork: (model.modelWork ?? []).filter((work) => work !== done) };
  if (done.kind === 'delete') return tell(next, say('{0} is deleted', done.model));
  return done.kind === 'unload' ? tell(next, say('{0} is out of memory', done.model)) : next;
}

/** @returns undefined when the refusal is none of work on models */
export function workRefused(
  model: ChatModel,
  { requestId, error, detail }: Extract<ChatReply, { type: 'refused' }>,
): ChatModel | undefined {
  const refused = model.modelWork?.find((work) => work.requestId === requestId);
  if (!refused) return undefined;
  const told: ModelWork = { ...refused, error, ...(detail === undefined ? {} : { detail }) };
  return { ...model, modelWork: (model.modelWork ?? []).map((work) => (work === refused ? told : work)) };
}

/** Takes a report of the downloads: how fast they are, and what of it is worth saying. `now` is wall clock, ms. */
export function takePulls(model: ChatModel, pulls: readonly ModelPull[], now: number): ChatModel {
  const paces: Record<string, PullPace> = {};
  const toldAt: Record<string, number> = {};
  const before = new Map(model.pulls?.map((pull) => [pull.name, pull]));
  let said: string | undefined;
  for (const pull of pulls) {
    const { name, state } = pull;
    const wasRunning = before.get(name)?.state === 'running';
    if (state !== 'running') {
      if (wasRunning) said = pullEndWords(pull);
      continue;
    }
    paces[name] = paceOf(wasRunning ? model.paces?.[name] : undefined, pull, now);
    const last = model.modelNews?.toldAt[name];
    if (!wasRunning) {
      // A view that has just come finds downloads under way; that is no news of theirs.
      if (model.pulls !== undefined) said ??= pullBegins(name);
      toldAt[name] = now;
    } else if (last === undefined || now - last >= TELL_AFTER_MS) {
      said ??= pullSpoken(pull);
      toldAt[name] = now;
    } else toldAt[name] = last;
  }
  const next = { ...model, pulls, paces };
  return said === undefined
    ? { ...next, modelNews: { text: '', ...model.modelNews, toldAt } }
    : { ...next, modelNews: { text: said, toldAt } };
}

/** Is there something new to say? */
export function modelNewsIn(before: ChatModel, after: ChatModel): string | undefined {
  const { text } = after.modelNews ?? {};
  return text === undefined || text === '' || text === before.modelNews?.text ? undefined : text;
}

/** What the device lets this view do with models. */
export function modelRights({ hub }: ChatModel): { readonly mayPull: boolean; readonly mayDelete: boolean; readonly libraryOnly: boolean } {
  const scope = hub?.scope;
  return { mayPull: scope === 'local' || scope === 'models', mayDelete: scope === 'local', libraryOnly: scope !== 'local' };
}

/** The model that this conversation used and that is gone; undefined once another was chosen. */
export function missingModel({ models, chosenModel, conversation }: ChatModel): string | undefined {
  if (models === undefined || conversation.phase !== 'ready') return undefined;
  const isThere = (name: string | undefined): boolean => models.some((info) => info.name === name);
  const lastUsed = conversation.messages.findLast((message) => message.model !== undefined)?.model;
  return lastUsed === undefined || isThere(lastUsed) || isThere(chosenModel) ? undefined : lastUsed;
}

function tell(model: ChatModel, text: string): ChatModel {
  return { ...model, modelNews: { text, toldAt: model.modelNews?.toldAt ?? {} } };
}
