import { nothing, type TemplateResult } from 'lit';
import { badgesOf, type ModelInfo } from '../../protocol/chatModels.ts';
import type { ChatModel } from '../chatModel.ts';
import { memoryText } from '../modelWords.ts';
import { modelRights, workOf } from '../modelWork.ts';
import { modelDetails } from '../words.ts';
import { fire } from './fire.ts';
import { checkIcon, deleteIcon } from './icons.ts';
import { refusedWork } from './pullRows.ts';
import { html, say } from '../speech.ts';

export interface ModelRowOptions {
  readonly index: number;
  /** Wall clock, ms. */
  readonly now: number;
  /** The next question goes to it. */
  readonly isChosen: boolean;
  readonly choose: () => void;
  readonly confirmDeletion: () => void;
}

/** One model of the sheet. */
export function modelRow(model: ChatModel, info: ModelInfo, options: ModelRowOptions): TemplateResult {
  const { name } = info;
  const { mayPull, mayDelete } = modelRights(model);
  const work = workOf(model, name);
  const doing = work?.error === undefined ? work?.kind : undefined;
  const loaded = model.loaded?.find((one) => one.name === name);
  const id = `c2l-row-${String(options.index)}`;
  // What is in memory has a line of its own as soon as its figures are known.
  const details = modelDetails(loaded ? { ...info, loaded: false } : info);
  return html`<li class="model-row">
    <div class="pull-text">
      <span class="model-name" id=${id}>${name}</span>
      <span class="model-details">${details}</span>
      ${badgesOf(info).map((badge) => html`<span class="badge">${say(badge)}</span> `)}
      ${loaded ? html`<span class="model-details memory">${memoryText(loaded, options.now)}</span>` : nothing}
      ${doing === 'unload' || doing === 'delete' ? html`<span class="model-details">${doing === 'unload' ? say('Unloading…') : say('Deleting…')}</span>` : nothing}
      ${refusedWork(model, name)}
    </div>
    <div class="model-actions">
      ${
        loaded && mayPull
          ? html`<button
              type="button"
              class="quiet"
              aria-describedby=${id}
              aria-disabled=${doing === undefined ? nothing : 'true'}
              @click=${(event: Event): void => {
                if (doing === undefined) fire(event.currentTarget as Element, 'c2l-models', { kind: 'unload', model: name });
              }}
            >
              Unload
            </button>`
          : nothing
      }
      ${
        options.isChosen
          ? html`<span class="chosen">${checkIcon}<span class="visually-hidden">Chosen</span></span>`
          : html`<button type="button" class="quiet" aria-describedby=${id} @click=${options.choose}>Use</button>`
      }
      ${
        mayDelete
          ? html`<button
              type="button"
              class="icon-button small"
              aria-label="Delete"
              title="Delete"
              aria-describedby=${id}
              aria-disabled=${doing === undefined ? nothing : 'true'}
              @click=${(): void => {
                if (doing === undefined) options.confirmDeletion();
              }}
            >
              ${deleteIcon}
            </button>`
          : nothing
      }
    </div>
  </li>`;
}
