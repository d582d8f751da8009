import type { ChatMessage } from '../protocol/chatMessage.ts';
import type { ChatSettings } from '../protocol/chatSettings.ts';
import { MAX_PROMPT_IMAGES } from '../protocol/limits.ts';
import type { GenerationRequest, PromptMessage } from './ports.ts';
import { promptMessages } from './promptMessages.ts';

export interface Asked {
  readonly model: string;
  /** Of the branch that is shown, oldest first, with the answer that is to be written. */
  readonly messages: readonly ChatMessage[];
  readonly settings: ChatSettings;
  /** Does the model think? False while that is not known. */
  readonly canThink: boolean;
  /** Base64 text of an image, for a model that sees; it is asked for the newest {@link MAX_PROMPT_IMAGES} alone. */
  readonly imageOf?: ((imageId: string) => string | undefined) | undefined;
}

/** What the model is asked for an answer. An answer that has text already is gone on with, without thinking anew. */
export function generationRequest({ model, messages, settings, canThink, imageOf }: Asked): GenerationRequest {
  const { systemPrompt = '', temperature, contextLength, keepAliveSeconds } = settings;
  const system: readonly PromptMessage[] = systemPrompt.trim() === '' ? [] : [{ role: 'system', content: systemPrompt }];
  const think = thinkOf(messages.at(-1)?.text === '' ? settings.think : 'off', canThink);
  return {
    model,
    messages: [...system, ...promptMessages(messages, imageOf && newest(messages, imageOf))],
    ...(temperature === undefined ? {} : { temperature }),
    ...(contextLength === undefined ? {} : { contextLength }),
    ...(keepAliveSeconds === undefined ? {} : { keepAliveSeconds }),
    ...(think === undefined ? {} : { think }),
  };
}

function newest(messages: readonly ChatMessage[], imageOf: (id: string) => string | undefined): (id: string) => string | undefined {
  const ids = new Set(messages.flatMap(({ images = [] }) => images.map(({ id }) => id)).slice(-MAX_PROMPT_IMAGES));
  return (id) => (ids.has(id) ? imageOf(id) : undefined);
}

/** A model that cannot think refuses to be asked to, so it is not asked anything about it. */
function thinkOf(think: ChatSettings['think'], canThink: boolean): GenerationRequest['think'] {
  if (!canThink || think === undefined) return undefined;
  return think === 'on' || think === 'off' ? think === 'on' : think;
}
