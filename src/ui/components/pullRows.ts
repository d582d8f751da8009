import { nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { fileSize } from '../words.ts';
import type { ModelPull } from '../../protocol/chatModels.ts';
import { suggestedModels, type SuggestedModel } from '../../protocol/suggestedModels.ts';
import type { ChatModel } from '../chatModel.ts';
import { pullText } from '../modelWords.ts';
import { modelRights } from '../modelWork.ts';
import { fire } from './fire.ts';
import { closeIcon, downIcon } from './icons.ts';
import { html, say, wordsOf } from '../speech.ts';

const at = (event: Event): Element => event.currentTarget as Element;

/** Every download there is word of, newest first, with what can be done about it. */
export function pullList({ pulls = [], paces }: ChatModel): TemplateResult | typeof nothing {
  if (pulls.length === 0) return nothing;
  return html`<ul class="pulls" aria-label="Downloads">
    ${repeat(
      pulls.toReversed(),
      ({ name }) => name,
      (pull) => {
        const { name, state } = pull;
        const isRunning = state === 'running';
        return html`<li class="pull ${state}">
          <div class="pull-text">
            <span class="model-name">${name}</span>
            ${isRunning ? progress(pull) : nothing}
            <span class=${state === 'failed' ? 'model-refusal' : 'model-details'}>${pullText(pull, paces?.[name])}</span>
          </div>
          ${firstButton(pull)}
          ${
            isRunning
              ? nothing
              : html`<button
                  type="button"
                  class="icon-button small"
                  aria-label="Dismiss ${name}"
                  @click=${(event: Event): void => {
                    fire(at(event), 'c2l-models', { kind: 'cancel', model: name });
                  }}
                >
                  ${closeIcon}
                </button>`
          }
        </li>`;
      },
    )}
  </ul>`;
}

/** One button through the whole life of a download, so that the focus on it stays. */
function firstButton({ name, state }: ModelPull): TemplateResult | typeof nothing {
  if (state === 'done') return nothing;
  const isRunning = state === 'running';
  const label = isRunning ? say('Cancel') : say('Try again');
  return html`<button
    type="button"
    class="quiet"
    aria-label="${label}: ${name}"
    @click=${(event: Event): void => {
      fire(at(event), 'c2l-models', { kind: isRunning ? 'cancel' : 'pull', model: name });
    }}
  >
    ${label}
  </button>`;
}

/** Without a value while it is not known how much there is. */
function progress({ name, completed = 0, total = 0, step }: ModelPull): TemplateResult {
  return step === 'manifest' || total === 0
    ? html`<progress aria-label="Pulling ${name}"></progress>`
    : html`<progress aria-label="Pulling ${name}" max=${total} .value=${completed}></progress>`;
}

/** What there is to begin with; one press pulls. */
export function suggestions({ pulls = [], modelWork = [] }: ChatModel): TemplateResult {
  const isWanted = ({ name }: SuggestedModel): boolean =>
    pulls.some((pull) => pull.name === name && pull.state !== 'done') || modelWork.some((work) => work.model === name);
  return html`<ul class="suggestions" aria-label="Models to begin with">
    ${suggestedModels
      .filter((model) => !isWanted(model))
      .map(
        ({ name, size, words }) =>
          html`<li>
            <button
              type="button"
              class="suggestion"
              aria-label="Pull ${name}, ${fileSize(size)} · ${say(words)}"
              @click=${(event: Event): void => {
                fire(at(event), 'c2l-models', { kind: 'pull', model: name });
              }}
            >
              ${downIcon}<span class="pull-text"
                ><span class="model-name">${name}</span> <span class="model-details">${fileSize(size)} · ${say(words)}</span></span
              >
            </button>
          </li>`,
      )}
  </ul>`;
}

/** What was asked about a model and refused. */
export function refusedWork({ modelWork = [] }: ChatModel, name: string): TemplateResult | typeof nothing {
  const refused = modelWork.find((work) => work.model === name && work.error !== undefined);
  return refused?.error === undefined
    ? nothing
    : html`<span class="model-refusal" role="alert">${wordsOf(refused.error, refused.detail)}</span>`;
}

/** Instead of the greeting, while there are no models and this view may pull one. */
export function firstModel(model: ChatModel): TemplateResult {
  const isPulling = model.pulls?.some(({ state }) => state === 'running') === true;
  return html`<p class="empty-title">${isPulling ? say('Your first model is on its way') : say('No models yet')}</p>
    <p class="empty-text">
      ${
        isPulling
          ? say('It goes on when this view is closed.')
          : say('A model is one big file that is downloaded once. Smaller ones are faster, bigger ones know more.')
      }
    </p>
    ${pullList(model)} ${isPulling ? nothing : suggestions(model)}
    <button
      type="button"
      class="text-button"
      @click=${(event: Event): void => {
        fire(at(event), 'c2l-show-models', 'pull');
      }}
    >
      Pull another model
    </button>`;
}

/** Is the first model this view's to pull? */
export function isWithoutModels(model: ChatModel): boolean {
  const isSo = model.ollama.state === 'noModels' || (model.ollama.state === 'ok' && model.models?.length === 0);
  return isSo && modelRights(model).mayPull;
}
