import { nothing, type TemplateResult } from 'lit';
import { errorCatalogue } from '../../protocol/errors.ts';
import { ollamaErrors } from '../../protocol/status.ts';
import type { MendAction } from '../../protocol/webviewMessages.ts';
import { OLLAMA_DOWNLOAD_URL } from '../../status/ollamaLinks.ts';
import type { ChatController } from '../chatController.ts';
import { isUp, modelOf, type ChatModel } from '../chatModel.ts';
import { pullSpoken } from '../modelWords.ts';
import { missingModel, modelRights } from '../modelWork.ts';
import { ollamaTrouble } from '../ollamaTrouble.ts';
import { fire } from './fire.ts';
import { downIcon, warningIcon } from './icons.ts';
import { isWithoutModels, refusedWork } from './pullRows.ts';
import { html, say } from '../speech.ts';

const at = (event: Event): Element => event.currentTarget as Element;

/** What stands above the composer of Ollama and its models: what is wrong and what mends it, and what is being downloaded. */
export function ollamaNotices(model: ChatModel, controller: ChatController): TemplateResult {
  // What is behind a line that is down is not known: the nearest trouble is the one to show.
  if (!isUp(model)) return html``;
  const isEmpty = model.conversation.messages.length === 0;
  // The empty chat has room for more than a card.
  if (isEmpty && isWithoutModels(model)) return html``;
  return html`${pullLines(model)} ${missingCard(model)} ${troubleCard(model, controller)}`;
}

function troubleCard(model: ChatModel, controller: ChatController): TemplateResult | typeof nothing {
  const trouble = ollamaTrouble(model.ollama);
  if (!trouble) return nothing;
  return html`<section class="card" aria-label="Ollama">
    ${warningIcon}
    <div>
      <strong>${trouble.title}</strong>
      <p>${trouble.text}</p>
    </div>
    <div class="card-buttons">
      ${mendButton(model, controller)}
      <button
        type="button"
        class="secondary"
        @click=${(): void => {
          controller.checkOllama();
        }}
      >
        Check again
      </button>
    </div>
  </section>`;
}

/** The one button that mends it, where this host can. */
function mendButton(model: ChatModel, { capabilities }: ChatController): TemplateResult | typeof nothing {
  const code = ollamaErrors[model.ollama.state];
  switch (code === undefined ? 'none' : errorCatalogue[code].action) {
    case 'installOllama':
      return capabilities.editorActions
        ? hostButton('installOllama', say('Install Ollama'))
        : html`<a class="primary" href=${OLLAMA_DOWNLOAD_URL} target="_blank" rel="noopener noreferrer">Install Ollama</a>`;
    case 'startOllama':
      return capabilities.editorActions ? hostButton('startOllama', say('Start Ollama')) : nothing;
    case 'checkOllama':
      return capabilities.editorActions ? hostButton('openOllamaSettings', say('Open settings')) : nothing;
    case 'pullModel':
      return modelRights(model).mayPull ? modelsButton(say('Pull a model')) : nothing;
    default:
      return nothing;
  }
}

function hostButton(action: MendAction, label: string): TemplateResult {
  return html`<button
    type="button"
    class="primary"
    @click=${(event: Event): void => {
      fire(at(event), 'c2l-mend', action);
    }}
  >
    ${label}
  </button>`;
}

function modelsButton(label: string): TemplateResult {
  return html`<button
    type="button"
    class="primary"
    @click=${(event: Event): void => {
      fire(at(event), 'c2l-show-models', 'pull');
    }}
  >
    ${label}
  </button>`;
}

/** The model that this chat used is gone. What is typed stays typed. */
function missingCard(model: ChatModel): TemplateResult | typeof nothing {
  const name = missingModel(model);
  const next = modelOf(model);
  if (name === undefined || next === undefined) return nothing;
  const isComing = model.pulls?.some((pull) => pull.name === name && pull.state === 'running') === true;
  return html`<section class="card" aria-label="Model">
    ${warningIcon}
    <div>
      <strong>${name} is no longer there.</strong>
      <p>This chat used it. Until it is back, or another is chosen, ${next} answers.</p>
      ${refusedWork(model, name)}
    </div>
    <div class="card-buttons">
      ${
        modelRights(model).mayPull && !isComing
          ? html`<button
              type="button"
              class="primary"
              @click=${(event: Event): void => {
                fire(at(event), 'c2l-models', { kind: 'pull', model: name });
              }}
            >
              Pull again
            </button>`
          : nothing
      }
      <button
        type="button"
        class="secondary"
        @click=${(event: Event): void => {
          fire(at(event), 'c2l-choose-model', undefined);
        }}
      >
        Choose another
      </button>
    </div>
  </section>`;
}

/** One line for the downloads under way, one for the last that failed; the sheet has them all. */
function pullLines({ pulls = [] }: ChatModel): TemplateResult {
  const running = pulls.filter(({ state }) => state === 'running');
  const first = running[0];
  const failed = pulls.findLast(({ state }) => state === 'failed');
  const more = running.length > 1 ? say(', and {0} more', running.length - 1) : '';
  return html`${first ? pullLine(first.name, `${pullSpoken(first)}${more}`, true) : nothing}
  ${failed ? pullLine(failed.name, say('{0} was not pulled', failed.name), false) : nothing}`;
}

function pullLine(name: string, text: string, isRunning: boolean): TemplateResult {
  return html`<div class="notice ${isRunning ? 'pulling' : ''}" role="group" aria-label="Download of ${name}">
    ${isRunning ? downIcon : warningIcon}<span>${text}</span>
    <button
      type="button"
      class="text-button"
      @click=${(event: Event): void => {
        fire(at(event), 'c2l-show-models', 'list');
      }}
    >
      Show
    </button>
  </div>`;
}
